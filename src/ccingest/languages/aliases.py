"""Other names of the languages: those that users type, and those of linguist and of editors."""

from __future__ import annotations

from difflib import get_close_matches

from ccingest.errors import UsageError
from ccingest.languages.table import LANGUAGES

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
    "openedge abl": "abl", "gcc machine description": "gcc_machine_description",
    "glslx": "glsl", "shaderlab": "hlsl", "cuda": "cuda", "starlark": "starlark", "bzl": "starlark",
    "arduino": "arduino", "mirc script": "text", "inc": "text", "go": "go", "sass": "scss",
    "less": "scss", "qml": "qmljs", "gradle": "groovy", "jinja": "html",
    "roff manpage": "roff", "man": "roff", "troff": "roff", "nroff": "roff", "bison": "yacc",
    "graphviz (dot)": "graphviz", "dot": "graphviz", "patch": "diff", "cucumber": "gherkin",
    "nu": "nushell", "motorola 68k assembly": "asm", "unity3d asset": "yaml",
    "godot resource": "ini", "svg": "xml", "xml property list": "xml", "xslt": "xml",
    "maven pom": "xml", "ant build system": "xml", "java server pages": "html", "asp.net": "html",
    "html+razor": "html", "handlebars": "html", "mustache": "html", "nunjucks": "html",
    "liquid": "html", "smarty": "html", "blade": "php", "slim": "haml", "rescript": "reason",
    "vbscript": "vb", "pov-ray sdl": "povray", "processing": "java", "ignore list": "gitignore",
    "git config": "ini", "editorconfig": "ini", "desktop": "ini", "dotenv": "properties",
    "metal": "cpp", "device tree source": "devicetree", "dts": "devicetree",
    "adoc": "asciidoc", "asciidoctor": "asciidoc", "structured text": "structured_text", "iec 61131-3": "structured_text",
    "cython": "python", "snakemake": "python", "openrc runscript": "bash", "xmake": "lua",
    "postcss": "css", "edn": "clojure", "gradle kotlin dsl": "kotlin", "go module": "gomod",
    "go checksums": "gosum", "pip requirements": "requirements", "red": "rebol",
    "protocol buffer text format": "proto", "common workflow language": "yaml",
}  # fmt: skip


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
