"""The language of a file, by its name, and by its first lines where several languages share a name.

A language has the name of its grammar in tree-sitter-language-pack, if it has one there. A new
language is a new row in the tables.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from ccingest.errors import UsageError
from ccingest.languages.signs import SHARED, by_signs, interpreters, modeline

PLAIN_TEXT = "text"

# language: its suffixes (with a dot) and file names (without one), separated by blanks
_ROWS = {
    "actionscript": ".as",
    "ada": ".ada .adb .ads",
    "agda": ".agda",
    "apex": ".apex .trigger",
    "arduino": ".ino .pde",
    "asm": ".asm .s .S .nasm",
    "astro": ".astro",
    "bash": """.sh .bash .zsh .ksh .bats .ebuild .command .bashrc .bash_profile .bash_aliases
        .bash_logout .profile .zshrc .zshenv .zprofile .envrc bashrc zshrc PKGBUILD APKBUILD
        gradlew""",
    "beancount": ".beancount",
    "bibtex": ".bib",
    "bicep": ".bicep .bicepparam",
    "bitbake": ".bb .bbappend .bbclass",
    "bsl": ".bsl .os",
    "c": ".c .h .idc .xpm .xbm",
    "cairo": ".cairo",
    "capnp": ".capnp",
    "chatito": ".chatito",
    "clarity": ".clar",
    "clojure": ".clj .cljs .cljc .cljd .edn .boot .joke project.clj",
    "cmake": ".cmake CMakeLists.txt",
    "cobol": ".cob .cbl .cobol .cpy .ccp",
    "commonlisp": ".lisp .lsp .cl .asd .ros",
    "cpon": ".cpon",
    "cpp": """.cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .ipp .tpp .inl .ixx .cppm .txx""",
    "csharp": ".cs .csx",
    "css": ".css .pcss .postcss .wxss",
    "csv": ".csv",
    "cuda": ".cu .cuh",
    "d": ".d .di",
    "dart": ".dart",
    "dockerfile": ".dockerfile .containerfile Dockerfile Containerfile dockerfile",
    "dtd": ".dtd .ent",
    "elisp": ".el .emacs Cask Eask",
    "elixir": ".ex .exs mix.lock",
    "elm": ".elm",
    "embeddedtemplate": ".erb .ejs .rhtml .eex",
    "erlang": ".erl .hrl .escript .app.src .xrl .yrl rebar.config rebar.config.script sys.config",
    "fennel": ".fnl",
    "firrtl": ".fir",
    "fish": ".fish",
    "fortran": ".f .f77 .f90 .f95 .f03 .f08 .for .ftn .fpp .F .F90 .F95",
    "fsharp": ".fs .fsx .fsscript",
    "fsharp_signature": ".fsi",
    "func": ".fc .func",
    "gdscript": ".gd",
    "gitattributes": ".gitattributes gitattributes",
    "gitcommit": "COMMIT_EDITMSG",
    "gitignore": """.gitignore .dockerignore .npmignore .eslintignore .prettierignore .hgignore
        .ccingestignore .gcloudignore .vscodeignore""",
    "gleam": ".gleam",
    "glsl": ".glsl .vert .frag .geom .tesc .tese .comp .vsh .fsh .glslv .glslf .rgen .rchit .rmiss",
    "gn": ".gn .gni",
    "go": ".go",
    "gomod": "go.mod go.work",
    "gosum": "go.sum go.work.sum",
    "graphql": ".graphql .gql .graphqls",
    "groovy": ".groovy .gradle .gvy .gy .nf Jenkinsfile",
    "gstlaunch": ".gstlaunch",
    "hack": ".hack .hck .hhi",
    "hare": ".ha",
    "haskell": ".hs .hs-boot .hsc .lhs",
    "haxe": ".hx .hxsl",
    "hcl": ".hcl .nomad .pkr.hcl",
    "heex": ".heex .leex",
    "hlsl": ".hlsl .hlsli .fx .fxh .cginc .shader",
    "html": ".html .htm .xhtml .shtml .hbs .mustache .njk .jinja .jinja2 .j2 .liquid",
    "hyprlang": ".hl hyprland.conf hyprpaper.conf hyprlock.conf hypridle.conf",
    "ini": """.ini .cfg .conf .editorconfig .gitconfig .gitmodules .npmrc .pylintrc .flake8
        .coveragerc .desktop .service .timer .socket .mount .target setup.cfg tox.ini""",
    "ispc": ".ispc",
    "janet": ".janet .jdn",
    "java": ".java .jav .jsh",
    "javascript": ".js .mjs .cjs .jsx .es6 .jsm .wxs .gs Jakefile",
    "json": """.json .jsonc .json5 .jsonl .ndjson .geojson .webmanifest .topojson .har .ipynb
        .avsc .code-workspace .sublime-project .babelrc .eslintrc .prettierrc .swcrc .stylelintrc
        .tern-project composer.lock Pipfile.lock flake.lock deno.lock""",
    "jsonnet": ".jsonnet .libsonnet",
    "julia": ".jl",
    "kconfig": "Kconfig Kconfig.debug Kconfig.projbuild",
    "kdl": ".kdl",
    "kotlin": ".kt .kts .ktm",
    "latex": ".tex .sty .cls .ltx .dtx .ins .tikz",
    "linkerscript": ".ld .lds",
    "llvm": ".ll",
    "lua": ".lua .rockspec .wlua .nse .luacheckrc",
    "luau": ".luau",
    "magik": ".magik",
    "make": """.mk .mak .make Makefile makefile GNUmakefile Makefile.am Makefile.in BSDmakefile
        Kbuild""",
    "markdown": ".md .markdown .mkd .mkdn .mdown .mdx .qmd .rmd .Rmd .livemd contents.lr",
    "matlab": ".m .mlx",
    "mermaid": ".mmd .mermaid",
    "meson": "meson.build meson_options.txt meson.options",
    "netlinx": ".axs .axi",
    "nim": ".nim .nims .nimble",
    "ninja": ".ninja",
    "nix": ".nix",
    "nqc": ".nqc",
    "objc": ".mm",
    "ocaml": ".ml .eliom .mll .mly",
    "ocaml_interface": ".mli",
    "odin": ".odin",
    "org": ".org",
    "pascal": ".pas .pp .dpr .dpk .lpr",
    "pem": ".pem .crt .csr",
    "perl": ".pl .pm .t .pod .psgi .al cpanfile Rexfile ack",
    "pgn": ".pgn",
    "php": ".php .php3 .php4 .php5 .phps .phtml .phpt .ctp .module .install .theme",
    "po": ".po .pot",
    "pony": ".pony",
    "powershell": ".ps1 .psm1 .psd1",
    "prisma": ".prisma",
    "properties": ".properties .env",
    "proto": ".proto .textproto .pbtxt",
    "psv": ".psv",
    "puppet": ".puppet .epp Puppetfile",
    "purescript": ".purs",
    "pymanifest": "MANIFEST.in",
    "python": """.py .pyi .pyw .py3 .gyp .gypi .wsgi .pyx .pxd .pxi .rpy .smk .sage SConstruct
        SConscript wscript Snakefile""",
    "qmldir": "qmldir",
    "qmljs": ".qml .qbs",
    "query": "highlights.scm injections.scm locals.scm tags.scm folds.scm indents.scm",
    "r": ".r .R .Rprofile .rsx",
    "racket": ".rkt .rktd .rktl .scrbl",
    "re2c": ".re2c",
    "readline": ".inputrc inputrc",
    "rego": ".rego",
    "requirements": "requirements.txt constraints.txt",
    "ron": ".ron",
    "rst": ".rst .rest",
    "ruby": """.rb .rake .gemspec .ru .rbw .podspec .jbuilder .thor .builder .arb .rbi .rbs Rakefile
        Gemfile Guardfile Podfile Vagrantfile Capfile Thorfile Fastfile Appfile Brewfile Dangerfile
        Berksfile .irbrc .pryrc config.ru""",
    "rust": ".rs",
    "scala": ".scala .sc .sbt .kojo",
    "scheme": ".scm .ss .sch .sld .sls .sps",
    "scss": ".scss .sass .less",
    "smali": ".smali",
    "smithy": ".smithy",
    "solidity": ".sol",
    "sparql": ".rq .sparql",
    "sql": ".sql .ddl .dml .pgsql .psql .plsql .hql .cql",
    "squirrel": ".nut",
    "starlark": """.bzl .bazel .star .sky .BUILD BUILD WORKSPACE MODULE.bazel BUCK TARGETS Tiltfile
        BUILD.bazel WORKSPACE.bazel""",
    "svelte": ".svelte",
    "swift": ".swift .swiftinterface",
    "tablegen": ".td .tablegen",
    "tcl": ".tcl .tk .itcl .adp .exp",
    "terraform": ".tf .tfvars .tofu",
    "thrift": ".thrift",
    "toml": ".toml Cargo.lock poetry.lock uv.lock pdm.lock Pipfile",
    "tsv": ".tsv",
    "tsx": ".tsx",
    "twig": ".twig",
    "typescript": ".ts .mts .cts",
    "typst": ".typ",
    "udev": ".rules",
    "ungrammar": ".ungram",
    "uxntal": ".tal",
    "v": ".v .vv",
    "verilog": ".sv .svh .vh .vlg",
    "vhdl": ".vhd .vhdl .vho",
    "vim": ".vim .vimrc .gvimrc .exrc vimrc _vimrc",
    "vue": ".vue",
    "wast": ".wast",
    "wat": ".wat",
    "wgsl": ".wgsl",
    "xcompose": ".XCompose XCompose",
    "xml": """.xml .xsd .xsl .xslt .svg .plist .xaml .csproj .vbproj .fsproj .vcxproj .props
        .targets .nuspec .resx .wsdl .rss .atom .kml .gpx .ui .qrc .storyboard .xib .pom
        .config .manifest .axml .jelly .iml .launch .urdf .xacro .sdf""",
    "yaml": """.yaml .yml .clang-format .clang-tidy .clangd .gemrc .cff
        pubspec.lock yarn.lock Procfile""",
    "yuck": ".yuck",
    "zig": ".zig .zon",
    # no grammar in the pack
    "text": ".txt .text .log .adoc .asciidoc .textile .wiki .mediawiki .rdoc .inc README LICENSE",
    "batch": ".bat .cmd",
    "coffeescript": ".coffee .litcoffee .cson Cakefile",
    "crystal": ".cr",
    "vb": ".vb .bas .vbs .frm",
    "just": ".just justfile Justfile .justfile",
    "pug": ".pug .jade",
    "haml": ".haml .slim",
    "awk": ".awk .gawk",
    "raku": ".raku .rakumod .p6 .pm6",
    "reason": ".re .rei .res .resi",
    "mojo": ".mojo",
    "move": ".move",
    "vala": ".vala .vapi",
    "stylus": ".styl",
    "autoconf": ".ac .m4",
    "coq": ".coq",
    "prolog": ".pro .prolog .yap",
    "mercury": ".mercury",
    "mathematica": ".wl .wls .mathematica",
    "mumps": ".mumps",
    "limbo": ".limbo",
    "forth": ".fth .4th .forth",
    "objectscript": ".objectscript",
    "abl": ".abl",
    "rebol": ".reb .rebol .r3",
    "sml": ".sml .sig .fun",
    "dtrace": ".dtrace",
    "povray": ".pov",
    "sourcepawn": ".sp",
    "angelscript": ".angelscript",
    "supercollider": ".scd",
    "gosu": ".gsx .gsp",
    "gap": ".gap .gi",
    "terra": ".terra",
    "cool": ".cool",
    "blitzbasic": ".bb2",
    "smalltalk": ".st",
    "gcc_machine_description": ".gccmd",
    "lean": ".lean",
    "idris": ".idr",
}

_INTERPRETERS = {
    "python": "python pypy uv ipython sage",
    "bash": "bash sh zsh ksh dash ash bats rbash mksh openrc-run",
    "javascript": "node nodejs deno bun qjs gjs rhino",
    "typescript": "ts-node tsx",
    "ruby": "ruby jruby rake macruby rbx",
    "perl": "perl",
    "php": "php",
    "lua": "lua luajit texlua",
    "r": "Rscript",
    "elixir": "elixir",
    "erlang": "escript",
    "groovy": "groovy",
    "scala": "scala scala-cli amm",
    "kotlin": "kotlin kotlinc",
    "swift": "swift",
    "haskell": "runhaskell runghc stack cabal",
    "julia": "julia",
    "tcl": "tclsh wish expect",
    "fish": "fish",
    "awk": "awk gawk mawk nawk",
    "make": "make gmake",
    "powershell": "pwsh powershell",
    "ocaml": "ocaml ocamlrun",
    "commonlisp": "sbcl clisp ccl ecl",
    "scheme": "guile csi chicken gosh",
    "racket": "racket",
    "clojure": "clojure bb",
    "nix": "nix-shell",
    "crystal": "crystal",
    "dart": "dart",
    "fsharp": "fsharpi",
    "d": "rdmd dub",
    "raku": "raku perl6",
    "nim": "nim",
    "prolog": "swipl swipl-ld yap gprolog prolog",
    "elisp": "emacs",
    "java": "jbang java",
    "rust": "rust-script",
    "coffeescript": "coffee",
    "just": "just",
    "v": "v",
    "verilog": "iverilog",
    "gdscript": "godot",
    "objc": "objc-run",
    "rebol": "rebol r3",
    "forth": "gforth",
}

_ALIASES = {
    "py": "python", "python3": "python", "js": "javascript", "jsx": "javascript",
    "node": "javascript", "ts": "typescript", "sh": "bash", "shell": "bash", "zsh": "bash",
    "golang": "go", "rs": "rust", "c++": "cpp", "cc": "cpp", "c#": "csharp", "cs": "csharp",
    "f#": "fsharp", "rb": "ruby", "kt": "kotlin", "hs": "haskell", "ex": "elixir",
    "erl": "erlang", "md": "markdown", "yml": "yaml", "docker": "dockerfile", "makefile": "make",
    "objective-c": "objc", "objectivec": "objc", "vimscript": "vim", "viml": "vim",
    "emacs-lisp": "elisp", "lisp": "commonlisp", "tf": "terraform", "bazel": "starlark",
    "protobuf": "proto", "restructuredtext": "rst", "tex": "latex", "plaintext": "text",
    "txt": "text", "erb": "embeddedtemplate", "ps1": "powershell", "systemverilog": "verilog",
    "objective-c++": "objc", "objective c": "objc", "objective c++": "objc", "objcpp": "objc",
    "obj-c": "objc", "cperl": "perl", "perl6": "raku", "perl 6": "raku", "js2": "javascript", "nxml": "xml", "html5": "html", "mhtml": "html", "web": "html",
    "typescriptreact": "tsx", "javascriptreact": "javascript", "rjsx": "javascript",
    "shell-script": "bash", "shell script": "bash", "shellscript": "bash", "ksh": "bash",
    "dosbatch": "batch", "batchfile": "batch", "visual basic": "vb", "visual basic .net": "vb",
    "vb.net": "vb", "vba": "vb", "visual basic 6.0": "vb", "common lisp": "commonlisp",
    "emacs lisp": "elisp", "vim script": "vim", "protocol buffer": "proto",
    "protocol buffers": "proto", "rocq": "coq", "rocq prover": "coq", "octave": "matlab",
    "matlab": "matlab", "mathematica": "mathematica", "wolfram language": "mathematica",
    "wolfram": "mathematica", "f90": "fortran", "fortran free form": "fortran", "asm": "asm",
    "assembly": "asm", "unix assembly": "asm", "gas": "asm", "nasm": "asm",
    "makefile-gmake": "make", "automake": "make", "gnu makefile": "make", "gnumakefile": "make",
    "plpgsql": "sql", "plsql": "sql", "tsql": "sql", "mysql": "sql", "postgresql": "sql",
    "json with comments": "json", "jsonc": "json", "json5": "json", "hcl": "hcl",
    "terraform": "terraform", "vue": "vue", "html+erb": "embeddedtemplate", "ejs": "embeddedtemplate",
    "html+django": "html", "html+php": "php", "jupyter notebook": "json", "object pascal": "pascal",
    "delphi": "pascal", "freebasic": "vb", "standard ml": "sml", "reasonml": "reason",
    "literate haskell": "haskell", "literate coffeescript": "coffeescript", "opencl": "c",
    "ocamllex": "ocaml", "tuareg": "ocaml", "gettext catalog": "po", "java properties": "properties",
    "rmarkdown": "markdown", "r markdown": "markdown", "gfm": "markdown", "mdx": "markdown", "plain-tex": "latex", "conf": "ini", "cfg": "ini", "dosini": "ini",
    "openedge abl": "abl", "qmake": "text", "gcc machine description": "gcc_machine_description",
    "glslx": "glsl", "shaderlab": "hlsl", "cuda": "cuda", "starlark": "starlark", "bzl": "starlark",
    "arduino": "arduino", "mirc script": "text", "inc": "text", "go": "go", "sass": "scss",
    "less": "scss", "qml": "qmljs", "gradle": "groovy", "jinja": "html",
}  # fmt: skip

# A modeline in prose may be an example.
_PROSE = frozenset({"markdown", "rst"})

LANGUAGES: frozenset[str] = frozenset(_ROWS)
_BY_SUFFIX: dict[str, str] = {}
_BY_NAME: dict[str, str] = {}
for _language, _row in _ROWS.items():
    for _word in _row.split():
        (_BY_SUFFIX if _word.startswith(".") else _BY_NAME)[_word] = _language
_BY_INTERPRETER = {
    name: language for language, names in _INTERPRETERS.items() for name in names.split()
}

# File names that begin as the language's own: `Dockerfile.dev`.
_NAME_PATTERNS = (
    (re.compile(r"(?:.*-)?(?:requirements|constraints)[-_.\w]*\.(?:txt|in)"), "requirements"),
    (re.compile(r"(?:Docker|Container)file[-_.]\w.*"), "dockerfile"),
    (
        re.compile(r"[Mm]akefile[-_.](?!(?:.*\.)?(?i:pl|pm|py|rb|js|ts|go|rs|md|rst|sh|php)$)\w.*"),
        "make",
    ),
)
# Found in every name that one of these matches, so that most names need one search, not three.
_MAYBE_BY_PATTERN = re.compile("requirements|constraints|Dockerfile|Containerfile|[Mm]akefile")
# Suffixes of templates and copies. The language is that of the name without the suffix.
_WRAPPINGS = frozenset(
    ".in .tmpl .tpl .template .dist .sample .example .orig .bak .j2 .jinja .jinja2".split()
)


def detect_language(path: str, text: str) -> str:
    """The language of a file, by its modeline, its name, its first line and what it holds."""
    # Strings, not pathlib, which is slow: this runs for each of up to a million files.
    name, text = path.rpartition("/")[2], text.removeprefix("\ufeff")
    found = _by_known_name(name, text)
    if found not in _PROSE and (mode := modeline(text)):
        found = language_of_linguist(mode.removesuffix("-mode")) or found
    return found or _by_shebang(text) or PLAIN_TEXT


def _by_known_name(name: str, text: str) -> str | None:
    if _MAYBE_BY_PATTERN.search(name):
        for pattern, language in _NAME_PATTERNS:
            if pattern.fullmatch(name):
                return language
    return _by_name(name, text)


def resolve_language(name: str) -> str:
    """The language that a user means by `js`, `c++` or `Go`. Raises UsageError if unknown."""
    lowered = name.strip().lower()
    found = _ALIASES.get(lowered, lowered)
    if found in LANGUAGES:
        return found
    near = get_close_matches(lowered, [*LANGUAGES, *_ALIASES], n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    raise UsageError(f"There is no language {name!r}{hint}")


def language_of_linguist(name: str) -> str:
    """The language that `linguist-language=NAME` means; empty if it is not known."""
    lowered = name.strip().lower()
    spaced = lowered.replace("-", " ").replace("_", " ")
    for form in (lowered, spaced, spaced.replace(" ", "")):
        found = _ALIASES.get(form, form)
        if found in LANGUAGES:
            return found
    return ""


def _by_name(name: str, text: str) -> str | None:
    """By the whole name, or else by the longest known suffix: `.blade.php` before `.php`.

    A name that starts with a dot, such as `.bashrc`, is a suffix too.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    stem, _, last = name.rpartition(".")
    if stem and f".{last.lower()}" in _WRAPPINGS and (wrapped := _by_name(stem, text)):
        return wrapped
    for suffix in (name[i:] for i, letter in enumerate(name) if letter == "."):
        language = _BY_SUFFIX.get(suffix) or _BY_SUFFIX.get(suffix.lower())
        if language:
            lowered = suffix.lower()
            by_program = _by_shebang(text) if lowered in SHARED else None
            if by_program and by_program in SHARED[lowered]:
                return by_program
            return by_signs(lowered, text, language)
    return None


def _by_shebang(text: str) -> str | None:
    for program in interpreters(text):
        found = _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(program.rstrip("0123456789."))
        if found:
            return found
    return None
