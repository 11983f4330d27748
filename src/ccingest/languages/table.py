"""The languages, with the file names, suffixes and interpreters that mean them.

A new language is a new row.
"""

from __future__ import annotations

from ccingest.languages.without_grammar import ROWS

# language: its suffixes (with a dot) and file names (without one), separated by blanks
_ROWS = {
    **ROWS,
    "actionscript": ".as",
    "ada": ".ada .adb .ads",
    "agda": ".agda .lagda .lagda.tex",
    "apex": ".apex .trigger",
    "arduino": ".ino .pde",
    "asm": ".asm .s .S .nasm .nas .a51 .i51 .s26 .s43 .s79 .s82 .s85 .s87 .s90 .a66 .a30",
    "astro": ".astro",
    "bash": """.sh .bash .zsh .ksh .bats .ebuild .command .bashrc .bash_profile .bash_aliases
        .bash_logout .bash_login .direnvrc .xprofile .profile .zshrc .zshenv .zprofile .envrc bashrc zshrc PKGBUILD APKBUILD
        gradlew .bash_functions .cshrc .kshrc .login .pacscript .xinitrc .xsession .zlogin
        .zlogout .zsh-theme .csh .tcsh .tmux.conf bash_aliases bash_logout bash_profile cshrc
        kshrc profile xinitrc xsession zlogin zlogout zprofile zshenv tmux.conf""",
    "beancount": ".beancount",
    "bibtex": ".bib .bibtex",
    "bicep": ".bicep .bicepparam",
    "bitbake": ".bb .bbappend .bbclass",
    "bsl": ".bsl .os",
    "c": ".c .h .pch .idc .xpm .xbm .cats .xs .h.cmake",
    "cairo": ".cairo",
    "capnp": ".capnp",
    "chatito": ".chatito",
    "clarity": ".clar",
    "clojure": """.clj .cljs .cljc .cljd .edn .boot .joke project.clj .cljx .cljscm .cl2 .hic
        .cljs.hl""",
    "cmake": ".cmake CMakeLists.txt",
    "cobol": ".cob .cbl .cobol .cpy .ccp",
    "commonlisp": ".lisp .lsp .cl .asd .ros",
    "cpon": ".cpon",
    "cpp": """.cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .ipp .tpp .inl .ixx .cppm .txx .metal .hpp.cmake""",
    "csharp": ".cs .csx .cake",
    "css": ".tcss .css .pcss .postcss .wxss",
    "csv": ".csv",
    "cuda": ".cu .cuh",
    "d": ".d .di",
    "dart": ".dart",
    "dockerfile": ".dockerfile .containerfile Dockerfile Containerfile dockerfile",
    "dtd": ".dtd .ent",
    "elisp": """.el .emacs Cask Eask .ede .abbrev_defs .gnus .viper .spacemacs _emacs abbrev_defs
        Project.ede""",
    "elixir": ".ex .exs mix.lock",
    "elm": ".elm",
    "embeddedtemplate": ".erb .ejs .rhtml .eex .ep .epl .mt .ect .jst",
    "erlang": """.erl .hrl .escript .app.src .xrl .yrl rebar.config rebar.config.script
        sys.config Emakefile""",
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
    "glsl": """.glsl .vert .frag .geom .tesc .tese .comp .vsh .fsh .glslv .glslf .rgen .rchit
        .rmiss .frg .fp .vrx .vs .vshader .fshader .tcs .tes .rahit .rcall .rint .mesh .task""",
    "gn": ".gn .gni",
    "go": ".go",
    "gomod": "go.mod go.work",
    "gosum": "go.sum go.work.sum",
    "graphql": ".graphql .gql .graphqls",
    "groovy": ".groovy .gradle .gvy .gy .nf Jenkinsfile .grt .gtpl .gsh",
    "gstlaunch": ".gstlaunch",
    "hack": ".hack .hck .hhi",
    "hare": ".ha",
    "haskell": ".hs .hs-boot .hsc .lhs",
    "haxe": ".hx .hxsl",
    "hcl": ".hcl .nomad .pkr.hcl",
    "heex": ".heex .leex",
    "hlsl": ".hlsl .hlsli .fx .fxh .cginc .shader .fxc .psh",
    "html": """.handlebars .gohtml .dtl .tmpl .gotmpl .tt .html .htm .xhtml .shtml .hbs .mustache .njk .jinja .jinja2 .j2 .liquid .tpl .hta
        .xht .cshtml .razor .vbhtml .aspx .ascx .asp .jsp .ftl .vm .latte .html.hl""",
    "hyprlang": ".hl hyprland.conf hyprpaper.conf hyprlock.conf hypridle.conf",
    "ini": """.ini .cfg .conf .editorconfig .gitconfig .gitmodules .npmrc .pylintrc .flake8
        .coveragerc .desktop .service .timer .socket .mount .target setup.cfg tox.ini .cnf
        .container .network .netdev .slice .swap .automount .dof .gitreview .buckconfig
        .lektorproject .prefs .codespellrc .pypirc .style.yapf .pycodestyle .pydocstyle .asdfrc asdfrc
        .sqlfluff .importlinter .hgrc .url .inf .reg .tscn .tres .godot .import .curlrc pylintrc .gitlint""",
    "ispc": ".ispc",
    "janet": ".janet .jdn",
    "java": ".java .jav .jsh",
    "javascript": """.js .mjs .cjs .jsx .es6 .jsm .wxs .gs Jakefile .jsb .jscad .xsjs .xsjslib
        .es .sjs .ssjs .pac .njs""",
    "json": """.json .jsonc .json5 .hjson .jsonl .ndjson .geojson .webmanifest .topojson .har .ipynb
        .avsc .code-workspace .sublime-project .babelrc .eslintrc .prettierrc .swcrc .stylelintrc
        .tern-project composer.lock Pipfile.lock flake.lock deno.lock .JSON-tmLanguage .4DForm
        .4DProject .all-contributorsrc .arcconfig .gltf .htmlhintrc .imgbotconfig .mcmeta
        .tern-config .tfstate .watchmanconfig .webapp .yyp .code-snippets .jscsrc .jshintrc
        .jslintrc .sublime-build .sublime-color-scheme .sublime-commands .sublime-completions
        .sublime-keymap .sublime-macro .sublime-menu .sublime-mousemap .sublime-settings
        .sublime-theme .sarif .excalidraw .bowerrc .nycrc .c8rc .lintstagedrc .releaserc .jsonld
        .luaurc .importmap .commitlintrc .mocharc .textlintrc .markdownlintrc .postcssrc .huskyrc
        .remarkrc .hintrc""",
    "jsonnet": ".jsonnet .libsonnet",
    "julia": ".jl",
    "kconfig": ".kconfig Kconfig Kconfig.debug Kconfig.projbuild",
    "kdl": ".kdl",
    "kotlin": ".kt .kts .ktm",
    "latex": ".tex .rnw .snw .rtex .sty .cls .ltx .dtx .ins .tikz .bbx .cbx .lbx .toc .mkiv .mkii .lvt .pvt .bbl",
    "linkerscript": ".ld .lds",
    "llvm": ".ll",
    "lua": ".lua .rockspec .wlua .nse .luacheckrc .p8 .pd_lua",
    "luau": ".luau",
    "magik": ".magik",
    "make": """.makefile .mk .am .mak .make Makefile makefile GNUmakefile Makefile.am Makefile.in BSDmakefile
        Kbuild mkfile Mmakefile Makevars Makevars.win Makevars.ucrt""",
    "markdown": """.cheatmd .mdc .md .markdown .mkd .mkdn .mdown .mdx .qmd .rmd .Rmd .rmarkdown .jmd .pmd .rpres .livemd contents.lr .ronn
        .workbook .mdwn .mdtext""",
    "matlab": ".m .mlx",
    "mermaid": ".mmd .mermaid",
    "meson": "meson.build meson_options.txt meson.options",
    "netlinx": ".axs .axi",
    "nim": ".nim .nims .nimble .nim.cfg nim.cfg",
    "ninja": ".ninja",
    "nix": ".nix",
    "nqc": ".nqc",
    "objc": ".mm",
    "ocaml": ".ml .eliom .mll .mly",
    "ocaml_interface": ".mli",
    "odin": ".odin",
    "org": ".org",
    "pascal": ".pas .pp .dpr .dpk .lpr .pascal .lfm .dfm",
    "pem": ".pem .crt .csr .key",
    "perl": ".pl .pm .t .pod .psgi .al cpanfile Rexfile ack .latexmkrc latexmkrc .plx .perl .ph",
    "pgn": ".pgn",
    "php": """.php .php3 .php4 .php5 .phps .phtml .phpt .ctp .module .install .theme .php_cs
        .php_cs.dist .php7""",
    "po": ".po .pot",
    "pony": ".pony",
    "powershell": ".pwsh .ps1 .psm1 .psd1",
    "prisma": ".prisma",
    "properties": ".properties .env .flaskenv spring.factories",
    "proto": ".proto .textproto .pbtxt",
    "psv": ".psv",
    "puppet": ".puppet .epp Puppetfile",
    "purescript": ".purs",
    "pymanifest": "MANIFEST.in",
    "python": """.xsh .py .pyi .pyw .py3 .gyp .gypi .wsgi .pyx .pxd .pxi .rpy .smk .sage SConstruct
        SConscript wscript Snakefile .gclient .pyde .pyp .tac .lmi .ipy DEPS""",
    "qmldir": "qmldir",
    "qmljs": ".qml .qbs",
    "query": "highlights.scm injections.scm locals.scm tags.scm folds.scm indents.scm",
    "r": ".r .R .Rprofile .rsx .Rhistory .history",
    "racket": ".rkt .rktd .rktl .scrbl",
    "re2c": ".re2c",
    "readline": ".inputrc inputrc",
    "rego": ".rego",
    "requirements": ".pip requirements.txt constraints.txt",
    "ron": ".ron",
    "rst": ".rst .rest",
    "ruby": """.gemfile rakefile .rb .rake .gemspec .ru .rbw .podspec .jbuilder .thor .builder .arb .rbi .rbs
        Rakefile Gemfile Guardfile Podfile Vagrantfile Capfile Thorfile Fastfile Appfile Brewfile
        Dangerfile Berksfile .irbrc .pryrc config.ru .pluginspec .prawn .rabl .simplecov .mspec
        .watchr .god .eye Appraisals Deliverfile Snapfile Steepfile Matchfile Gymfile Scanfile
        Pluginfile Buildfile Cheffile""",
    "rust": ".rs",
    "scala": ".mill .scala .sc .sbt .kojo",
    "scheme": ".scm .ss .sch .sld .sls .sps",
    "scss": ".scss .sass .less",
    "smali": ".smali",
    "smithy": ".smithy",
    "solidity": ".sol",
    "sparql": ".rq .sparql",
    "sql": """.sql .ddl .dml .pgsql .psql .plsql .hql .cql .pck .pkb .pks .prc .plb .pls .udf
        .viw .tab .mysql .trg .fnc .vw .tps .tpb .db2 .sqlpl""",
    "squirrel": ".nut",
    "starlark": """.bzl .bazel .star .sky .BUILD BUILD WORKSPACE MODULE.bazel BUCK TARGETS Tiltfile
        BUILD.bazel WORKSPACE.bazel WORKSPACE.bzlmod""",
    "svelte": ".svelte",
    "swift": ".swift .swiftinterface",
    "tablegen": ".td .tablegen",
    "tcl": ".tcl .tk .itcl .adp .exp .sdc .xdc .qsf .tm",
    "terraform": ".tf .tfvars .tofu",
    "thrift": ".thrift",
    "toml": ".toml Cargo.lock poetry.lock uv.lock pdm.lock Pipfile",
    "tsv": ".tsv .vcf",
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
    "vim": ".vim .vimrc .gvimrc .exrc vimrc _vimrc .nvimrc .vmb",
    "vue": ".vue",
    "wast": ".wast",
    "wat": ".wat",
    "wgsl": ".wgsl",
    "xcompose": ".XCompose XCompose",
    "xml": """.xml .xsd .xsl .xslt .svg .plist .xaml .csproj .vbproj .fsproj .vcxproj .props
        .targets .nuspec .resx .wsdl .rss .atom .kml .gpx .ui .qrc .storyboard .xib .pom .config
        .manifest .axml .jelly .iml .launch .urdf .xacro .sdf .entitlements .xcscheme
        .xcworkspacedata .xcsettings .xcprivacy .slnx .adml .admx .ant .axaml .ccproj .cproject
        .cscfg .csdef .depproj .filters .fxml .icls .ivy .jsproj .mjml .mxml .natvis .ndproj
        .nproj .odd .pkgproj .proj .pubxml .sfproj .shproj .tmLanguage .tmTheme .tmPreferences
        .tmSnippet .ux .vcproj .vsixmanifest .vstemplate .vssettings .wixproj .wxi .wxl .workflow
        .xmp .xspec .xproj .project .classpath .lpi .lpk .dproj .as3proj .xmi .xlf .xliff
        .owl .rdf .dita .ditamap .x3d .scxml .glade .dotsettings .ps1xml .zcml .wsf .linq""",
    "yaml": """.yaml .yml .clang-format .clang-tidy .clangd .gemrc .cff .pages .core pubspec.lock
        yarn.lock Procfile .yamllint .ansible-lint .yamlfmt .YAML-tmLanguage .sublime-syntax .raml .rviz .unity .prefab .asset""",
    "yuck": ".yuck",
    "zig": ".zig .zon",
}

_INTERPRETERS = {
    "python": "python pypy uv ipython sage jython micropython xonsh snakemake scons",
    "bash": """bash sh zsh ksh dash ash bats rbash mksh openrc-run bashio osh ysh csh tcsh yash
        posh lksh oksh zunit""",
    "javascript": "node nodejs deno bun qjs gjs rhino zx jjs d8 phantomjs casperjs k6 jake",
    "typescript": "ts-node tsx ts-node-esm ts-node-script esno vite-node",
    "ruby": "ruby jruby rake macruby rbx truffleruby mruby rspec cap",
    "perl": "perl",
    "php": "php",
    "lua": "lua luajit texlua nvim",
    "luau": "luau lune",
    "r": "Rscript R r littler",
    "elixir": "elixir iex",
    "erlang": "escript",
    "groovy": "groovy nextflow",
    "scala": "scala scala-cli amm",
    "kotlin": "kotlin kotlinc kscript",
    "swift": "swift swift-sh",
    "haskell": "runhaskell runghc stack cabal runhugs ghci",
    "julia": "julia",
    "tcl": "tclsh wish expect expectk jimsh",
    "fish": "fish",
    "awk": "awk gawk mawk nawk goawk",
    "sed": "sed gsed ssed",
    "make": "make gmake bmake",
    "cmake": "cmake",
    "powershell": "pwsh powershell",
    "ocaml": "ocaml ocamlrun utop",
    "sml": "sml poly",
    "commonlisp": "sbcl clisp ccl ecl abcl cl ros",
    "scheme": "guile csi chicken gosh chibi-scheme gsi scheme scheme-script chezscheme petite",
    "racket": "racket gracket",
    "clojure": "clojure clj bb nbb joker planck lumo lein boot",
    "nix": "nix-shell nix",
    "crystal": "crystal",
    "dart": "dart",
    "fsharp": "fsharpi fsi",
    "csharp": "dotnet dotnet-script csharp",
    "d": "rdmd dub",
    "raku": "raku perl6 rakudo",
    "nim": "nim nimrun",
    "prolog": "swipl swipl-ld yap gprolog prolog",
    "elisp": "emacs",
    "java": "jbang java",
    "rust": "rust-script cargo cargo-eval run-cargo-script",
    "go": "go gorun yaegi",
    "c": "tcc",
    "cpp": "cling",
    "coffeescript": "coffee",
    "livescript": "lsc",
    "moonscript": "moon",
    "just": "just",
    "v": "v",
    "zig": "zig",
    "verilog": "iverilog",
    "gdscript": "godot",
    "objc": "objc-run",
    "rebol": "rebol r3",
    "forth": "gforth",
    "matlab": "octave octave-cli matlab",
    "nushell": "nu",
    "elvish": "elvish",
    "gnuplot": "gnuplot",
    "applescript": "osascript",
    "dtrace": "dtrace",
    "systemtap": "stap",
    "yaml": "ansible-playbook cwl-runner cwltool",
    "sql": "psql sqlite3 duckdb",
    "vim": "vim",
    "janet": "janet",
    "fennel": "fennel",
    "hy": "hy",
    "factor": "factor",
    "pike": "pike",
    "lean": "lean",
    "typst": "typst",
    "postscript": "gs",
    "asymptote": "asy",
    "openscad": "openscad",
    "gap": "gap",
}

LANGUAGES: frozenset[str] = frozenset(_ROWS)
BY_SUFFIX: dict[str, str] = {}
BY_NAME: dict[str, str] = {}
for _language, _row in _ROWS.items():
    for _word in _row.split():
        (BY_SUFFIX if _word.startswith(".") else BY_NAME)[_word] = _language
BY_INTERPRETER = {
    name: language for language, names in _INTERPRETERS.items() for name in names.split()
}
