"""The language of a file, by its name, and by its first lines where several languages share a name.

A language has the name of its grammar in tree-sitter-language-pack, if it has one there. A new
language is a new row in the tables.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import PurePosixPath

from ccingest.errors import UsageError

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
    "less": "scss", "sass": "scss", "qml": "qmljs", "gradle": "groovy", "jinja": "html",
}  # fmt: skip

LANGUAGES: frozenset[str] = frozenset(_ROWS)
_BY_SUFFIX: dict[str, str] = {}
_BY_NAME: dict[str, str] = {}
for _language, _row in _ROWS.items():
    for _word in _row.split():
        (_BY_SUFFIX if _word.startswith(".") else _BY_NAME)[_word] = _language
_BY_INTERPRETER = {
    name: language for language, names in _INTERPRETERS.items() for name in names.split()
}

_SHEBANG = re.compile(r"#!\s*(?P<path>\S+)(?:\s+(?:-\S+\s+|\w+=\S+\s+)*(?P<argument>\S+))?")
# File names that begin as the language's own: `Dockerfile.dev`.
_NAME_PATTERNS = (
    (re.compile(r"(?:.*-)?(?:requirements|constraints)[-_.\w]*\.(?:txt|in)"), "requirements"),
    (re.compile(r"(?:Docker|Container)file[-_.]\w.*"), "dockerfile"),
    (re.compile(r"[Mm]akefile[-_.]\w.*"), "make"),
)
# Found in every name that one of these matches, so that most names need one search, not three.
_MAYBE_BY_PATTERN = re.compile("requirements|constraints|Dockerfile|Containerfile|[Mm]akefile")
# Suffixes of templates and copies. The language is that of the name without the suffix.
_WRAPPINGS = frozenset(
    ".in .tmpl .tpl .template .dist .sample .example .orig .bak .j2 .jinja .jinja2".split()
)
# suffix: what to look for in the first lines, and the language if it is there, in order. If nothing
# is found, the language is that of the suffix above.
_SIGNS: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    ".h": (
        (re.compile(r"^\s*(?:@interface|@protocol|@class|#import)\b", re.M), "objc"),
        (
            re.compile(
                r"^\s*(?:class\s+\w+|namespace\b|template\s*<|using\s+\w+|public:|private:)"
                r"|#include\s*<[a-z_]+>",
                re.M,
            ),
            "cpp",
        ),
    ),
    ".m": ((re.compile(r"^\s*(?:@\w+|#import|#include)", re.M), "objc"),),
    ".ts": ((re.compile(r"\A\s*<(?:\?xml|!DOCTYPE TS)"), "xml"),),
    ".v": (
        (re.compile(r"^\s*(?:Require|Theorem|Lemma|Definition|Proof)\b", re.M), "coq"),
        (re.compile(r"^\s*(?:`\w+|module\s+\w+\s*(?:#|\()|always\b|endmodule)", re.M), "verilog"),
    ),
    ".pl": ((re.compile(r"^\s*:-|^\w+\(.*\)\s*:-", re.M), "text"),),
    ".pp": ((re.compile(r"^\s*(?:class\s+[\w:]+\s*[({]|node\s|define\s)", re.M), "puppet"),),
    ".inc": (
        (re.compile(r"<\?(?:php|=|\s)"), "php"),
        (re.compile(r"^\s*#\s*(?:include|define|ifn?def)\b", re.M), "cpp"),
        (re.compile(r"^\s*(?:inherit\s+\w|[A-Z_]+ \?*=)", re.M), "bitbake"),
    ),
    ".cls": (
        (re.compile(r"\AVERSION \d\.\d+ CLASS"), "vb"),
        (re.compile(r"^\s*(?:public|private|global|@\w+).*\bclass\s", re.M | re.I), "apex"),
    ),
    ".re": ((re.compile(r"/\*!re2c"), "re2c"),),
    ".scm": ((re.compile(r"[)\]\"]\s*@[a-z]+(?:\.[a-z]+)*\s*(?:$|[()])", re.M), "query"),),
    ".s": ((re.compile(r"^(?:#lang|\(define)\b", re.M), "scheme"),),
    ".d": ((re.compile(r"\A\S+\.o\s*:"), "make"),),
    ".r": ((re.compile(r"\A\s*REBOL\b", re.I), "text"),),
    ".fs": ((re.compile(r"^\s*(?:#version|precision\s|void main)", re.M), "glsl"),),
}


def detect_language(path: str, head: str) -> str:
    """The language of a file. `head` is the start of its text, about 1,000 characters."""
    # Strings, not pathlib, which is slow: this runs for each of up to a million files.
    name, head = path.rpartition("/")[2], head.removeprefix("\ufeff")
    if _MAYBE_BY_PATTERN.search(name):
        for pattern, language in _NAME_PATTERNS:
            if pattern.fullmatch(name):
                return language
    return _by_name(name, head) or _by_shebang(head) or PLAIN_TEXT


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


def _by_name(name: str, head: str) -> str | None:
    """By the whole name, or else by the longest known suffix: `.blade.php` before `.php`.

    A name that starts with a dot, such as `.bashrc`, is a suffix too.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    stem, _, last = name.rpartition(".")
    if stem and f".{last.lower()}" in _WRAPPINGS and (wrapped := _by_name(stem, head)):
        return wrapped
    for suffix in (name[i:] for i, letter in enumerate(name) if letter == "."):
        language = _BY_SUFFIX.get(suffix) or _BY_SUFFIX.get(suffix.lower())
        if language:
            return _by_first_lines(suffix.lower(), head, language)
    return None


def _by_first_lines(suffix: str, head: str, usual: str) -> str:
    for sign, language in _SIGNS.get(suffix, ()):
        if sign.search(head):
            return language
    return usual


def _by_shebang(head: str) -> str | None:
    found = _SHEBANG.match(head)
    if not found:
        return None
    program = PurePosixPath(found["path"]).name
    if program == "env" and found["argument"]:
        program = PurePosixPath(found["argument"]).name
    return _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(program.rstrip("0123456789."))
