"""Names and first lines to languages; every grammar must be reachable."""

from __future__ import annotations

import time
from typing import get_args

import pytest
import tree_sitter_language_pack as pack

from ccingest.errors import UsageError
from ccingest.languages import (
    LANGUAGES,
    PLAIN_TEXT,
    detect_language,
    language_of_linguist,
    resolve_language,
    signs,
)
from ccingest.selection.siblings import usual_languages

# Grammars that no file is written in: each parses a part of other languages' files.
INSIDE_OTHERS = {
    "comment": "words within comments",
    "doxygen": "documentation comments",
    "jsdoc": "documentation comments",
    "luadoc": "documentation comments",
    "luap": "Lua's string patterns",
    "markdown_inline": "the text of a Markdown paragraph",
    "printf": "format strings",
    "test": "tree-sitter's own test cases",
}

BY_NAME = {
    "shop.feature": "gherkin",
    "a.nu": "nushell",
    "guide.adoc": "asciidoc",
    "board.dtsi": "devicetree",
    "blur.metal": "cpp",
    "fix.patch": "diff",
    "setup.nsi": "nsis",
    "manual.texi": "texinfo",
    "Expr.g4": "antlr",
    "a.robot": "robotframework",
    "a.dot": "graphviz",
    "App.vcxproj.filters": "xml",
    "App.vcproj": "xml",
    "View.axaml": "xml",
    "Main.mxml": "xml",
    "Player.tscn": "ini",
    "x.sublime-settings": "json",
    "main.tfstate": "json",
    "Bash.sublime-syntax": "yaml",
    "Index.cshtml": "html",
    "page.jsp": "html",
    "body.pkb": "sql",
    "form.dfm": "pascal",
    "robbyrussell.zsh-theme": "bash",
    ".xinitrc": "bash",
    "zprofile": "bash",
    "a.rakutest": "raku",
    "shader.frg": "glsl",
    "a.cljx": "clojure",
    "dune-project": "dune",
    "a.tla": "tla",
    "a.stan": "stan",
    "fastlane/.env.default": "properties",
    "A.entitlements": "xml",
    "A.xcscheme": "xml",
    "A.slnx": "xml",
    "timing.sdc": "tcl",
    "pins.xdc": "tcl",
    "index.html.ep": "embeddedtemplate",
    "WORKSPACE.bzlmod": "starlark",
    "a/b/app.py": "python",
    "stub.pyi": "python",
    "SConstruct": "python",
    "index.js": "javascript",
    "index.mjs": "javascript",
    "View.jsx": "javascript",
    "index.ts": "typescript",
    "types.d.ts": "typescript",
    "View.tsx": "tsx",
    "main.go": "go",
    "go.mod": "gomod",
    "lib.rs": "rust",
    "A.java": "java",
    "A.kt": "kotlin",
    "build.gradle.kts": "kotlin",
    "build.gradle": "groovy",
    "Jenkinsfile": "groovy",
    "a.c": "c",
    "a.cc": "cpp",
    "a.hpp": "cpp",
    "A.cs": "csharp",
    "a.rb": "ruby",
    "Rakefile": "ruby",
    "Gemfile": "ruby",
    "x.gemspec": "ruby",
    "a.php": "php",
    "page.blade.php": "php",
    "A.scala": "scala",
    "build.sbt": "scala",
    "A.swift": "swift",
    "a.ex": "elixir",
    "a.exs": "elixir",
    "a.lua": "lua",
    "run.sh": "bash",
    ".bashrc": "bash",
    "A.hs": "haskell",
    "a.zig": "zig",
    "build.zig.zon": "zig",
    "README.md": "markdown",
    "README.MD": "markdown",
    "docs/index.rst": "rst",
    "Dockerfile": "dockerfile",
    "Dockerfile.dev": "dockerfile",
    "dev.dockerfile": "dockerfile",
    "Makefile": "make",
    "Makefile.linux": "make",
    "rules.mk": "make",
    "CMakeLists.txt": "cmake",
    "BUILD.bazel": "starlark",
    "WORKSPACE": "starlark",
    "meson.build": "meson",
    "requirements-dev.txt": "requirements",
    "dev-requirements.txt": "requirements",
    "pyproject.toml": "toml",
    "package.json": "json",
    ".eslintrc": "json",
    ".gitignore": "gitignore",
    ".env.example": "properties",
    "config.h.in": "c",
    "setup.py.tmpl": "python",
    "Makefile.in": "make",
    "nginx.conf.j2": "ini",
    "page.j2": "html",
    "notes.txt": "text",
    "README": "text",
    "a.unknown": "text",
    "noextension": "text",
    "": "text",
    ".": "text",
    "..": "text",
    "weird.": "text",
}

BY_HEAD = [
    ("run", "#!/usr/bin/env python3\n", "python"),
    ("run", "#!/usr/bin/python3.11 -u\n", "python"),
    ("run", "#!/usr/bin/env -S uv run --script\n", "python"),
    ("run", "\ufeff#!/bin/sh\n", "bash"),
    ("run", "#! /bin/bash\n", "bash"),
    ("run", "#!/usr/bin/env node\n", "javascript"),
    ("run", "#!/usr/bin/env LANG=C ruby -w\n", "ruby"),
    ("run", "#!/usr/bin/perl\n", "perl"),
    ("run", "#!\n", "text"),
    ("run", "no shebang: #!/bin/sh\n", "text"),
    ("tool.py", "#!/bin/sh\n", "python"),
    ("a.h", "#include <stdio.h>\nint f(void);\n", "c"),
    ("a.h", "#pragma once\nnamespace a {\n", "cpp"),
    ("a.h", "#include <vector>\n", "cpp"),
    ("a.h", "#import <Foundation/Foundation.h>\n@interface A\n", "objc"),
    ("a.m", "% plot\nx = 1:10;\n", "matlab"),
    ("a.m", "#import \"A.h\"\n@implementation A\n", "objc"),
    ("qt_de.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n', "xml"),
    ("a.v", "module counter(input clk);\n", "verilog"),
    ("a.m", "## -*- texinfo -*-\n## @deftypefn {} f (@var{x})\nfunction r = f (x)\n", "matlab"),
    ("a.py", "# -*- coding: utf-8 -*-\n# -*- restructuredtext -*-\n", "python"),
    ("a.cc", "// vim: ft=texinfo\n", "cpp"),
    ("manual", "@c -*- texinfo -*-\n", "texinfo"),
    ("a.txt", "# -*- org -*-\n", "org"),
    ("a.st", "FUNCTION_BLOCK FB_Winch\nVAR_INPUT\n  n : INT;\nEND_VAR\n", "structured_text"),
    ("a.st", "(* A winch *)\nprogram Winch\nvar\n  n : int;\nend_var\n", "structured_text"),
    ("a.st", "Object subclass: Winch [\n  haul: n [ ^n // 2 ]\n]\n", "smalltalk"),
    ("a.st", "\"A program\"\nprogram := Winch new.\nfunction value: 1.\n", "smalltalk"),
    ("a.v", "(* " + "prose and more prose\n" * 5000 + "*)\nLemma a : b.\n", "coq"),
    ("a.v", "always @(*) begin\n  q = d; // (* end\nend\nendmodule\n", "verilog"),
    ("a.v", "module sync\n\n#insert \"a.h\"\n\nfn wait(n u32) u32 {\n", "v"),
    ("a.h", "int f(const char *typename);\n", "c"),
    ("a.t", "An executable\n\n  $ dune build\n  > more\n  ok\n", "text"),
    ("a.inc", "const\n  ROPES = 3;\n", "pascal"),
    ("a.inc", "  function Lift(const a: PAnsiChar;\n    b: cint): cint;\n", "pascal"),
    ("a.inc", "  $ef845d5d, $e98575b1, $dc262302, $eb651b88,\n", "pascal"),
    ("a.inc", "  temp:= f xor e;\n", "pascal"),
    ("a.inc", "#if defined _ropes_included\n #endinput\n#endif\n#define _ropes_included\n",
     "sourcepawn"),
    ("a.inc", "PTESTS_FAST = \"\\\n  rope \\\n\"\n", "bitbake"),
    ("a.pp", "type Apache::Tokens = Enum['a', 'b']\n", "puppet"),
    ("a.pp", "type TRope = class(TObject)\n  end;\n", "pascal"),
    ("a.pp", "class { 'mysql::bindings':\n  a => true,\n}\n", "puppet"),
    ("a.re", "/*!re2c\n  number = [0-9]+;\n*/\n", "re2c"),
    ("a.m", "{FCTopology[a, {b[c]}], {}}\n", "mathematica"),
    ("a.pl", ":- module(ropes, [rope/1]).\n% print it\nrope(X) :- print(X);\n  fail.\n", "prolog"),
    ("a.pro", "; NAME: rope\npro rope, a, b\n  compile_opt idl2\nend\n", "idl"),
    ("a.pro", "-keepattributes Signature\n-keep class a.b { *; }\n", "proguard"),
    ("a.pro", "QT += core gui\nSOURCES += a.cpp\n", "qmake"),
    ("a.pro", "rope(a).\nlong(X) :- rope(X).\n", "prolog"),
    ("proguard-rules.pro", "", "proguard"),
    ("a.v", "Theorem t : True.\nProof.\n", "coq"),
    ("a.v", "fn main() {\n}\n", "v"),
    ("a.pl", "use strict;\n", "perl"),
    ("a.pl", "parent(a, b).\ngrand(X, Y) :- parent(X, Y).\n", "prolog"),
    ("a.pp", "class apache {\n", "puppet"),
    ("a.pp", "program x;\n", "pascal"),
    ("a.inc", "<?php\n", "php"),
    ("a.inc", "#include <a.h>\n", "cpp"),
    ("a.inc", "some words\n", "text"),
    ("highlights.scm", "", "query"),
    ("a.scm", '(function name: (identifier) @name)\n["if" "else"] @keyword\n', "query"),
    ("a.scm", "(define (f x) x)\n", "scheme"),
    ("a.cls", "\\ProvidesClass{a}\n", "latex"),
    ("a.cls", "public with sharing class A {\n", "apex"),
    ("Makefile.PL", "use ExtUtils::MakeMaker;\n", "perl"),
    ("a.h", "// using this class\n" * 200 + "struct Sail : public Cloth {\n};\n", "cpp"),
    ("a.h", "/* a\n   using this software,\n   class of device: all.\n */\nint f(void);\n", "c"),
    ("a.h", "#ifdef __cplusplus\nextern \"C\" {\nclass A;\n#endif\nint f(int a);\n", "c"),
    ("a.h", "struct Rope { void pull() const; };\n", "cpp"),
    ("a.h", "/* -*- C++ -*- */\nint f(int);\n", "cpp"),
    ("a.h", "int f(int);\n// vim: set ts=2 ft=cpp :\n", "cpp"),
    ("a.h", "int f(int);\n/* Local Variables:\n * mode: c++\n * End:\n */\n", "cpp"),
    ("a.h", "typedef NS_ENUM(NSInteger, A) { B };\n", "objc"),
    ("a.m", "// A licence.\n" * 200 + "#import <A/A.h>\n@implementation A\n@end\n", "objc"),
    ("a.m", "%{\nA block\n%}\nfunction y = f(x)\n% see http://x\ny = x;\nend\n", "matlab"),
    ("a.m", ":- module hello.\n:- interface.\n", "mercury"),
    ("a.v", "// Copyright\n" * 200 + "`timescale 1ns/1ps\nmodule a(input b);\nendmodule\n", "verilog"),
    ("a.v", "(* A proof. *)\nFrom Coq Require Import List.\n", "coq"),
    ("a.v", "module main\n\nimport os\n\nfn main() {\n}\n", "v"),
    ("a.pl", "#!/usr/bin/env swipl\n\nmain.\n", "prolog"),
    ("a.pl", "my $x = $y ? 1 : -1;\nprint $x;\n", "perl"),
    ("a.t", "use v6;\nuse Test;\n", "raku"),
    ("a.t", "use strict;\nuse Test::More;\n", "perl"),
    ("a.pm", "unit class A;\nhas $.b;\n", "raku"),
    ("a.pm", "package A::B;\nuse Moo;\n1;\n", "perl"),
    ("a.fs", "// A licence\nmodule A.B\nlet f x = x\n", "fsharp"),
    ("a.fs", "#version 330\nin vec2 a;\nvoid main() {}\n", "glsl"),
    ("a.fs", "\\ A word\n: square dup * ;\n", "forth"),
    ("a.r", "REBOL [\n]\n", "rebol"),
    ("a.r", "f <- function(x) x\n", "r"),
    ("a.cls", "VERSION 1.0 CLASS\nBEGIN\n", "vb"),
    ("a.cls", "Class A.B Extends %Persistent\n{\n", "objectscript"),
    ("a.cls", "// A licence\n@isTest\nprivate class ATest {\n", "apex"),
    ("a.cls", "% A licence\n\\NeedsTeXFormat{LaTeX2e}\n", "latex"),
    ("a.mm", "#import <A.h>\n", "objc"),
    ("a.mm", '<map version="1.0">\n', "xml"),
    ("a.ts", "export const a = 1;\n", "typescript"),
    ("a.ts", "#!/usr/bin/env node\nexport const a: number = 1;\n", "typescript"),
    ("a.ml", "structure A = struct\n  fun f x = x\nend\n", "sml"),
    ("a.inc", "; macros\n.macro push\n", "asm"),
    ("a.inc", "DEPENDS = \"zlib\"\ninherit cmake\n", "bitbake"),
    ("a.cl", "(defun f (x) x)\n", "commonlisp"),
    ("a.cl", "__kernel void f(__global int *a) {}\n", "c"),
    ("a.hh", "<?hh // strict\n", "hack"),
    ("tool", "#!/bin/sh\n# \\\nexec tclsh \"$0\" \"$@\"\n", "tcl"),
    ("tool", "# vim: ft=ruby\nputs 1\n", "ruby"),
    ("build.conf", "# -*- mode: shell-script; tab-width: 2 -*-\na=1\n", "bash"),
    ("guide.md", "<!-- vim: ft=ruby -->\n", "markdown"),
    ("a.py", "# vim: ft=nothing\n", "python"),
    ("main.d", "main.o: main.c\n", "make"),
    ("main.d", "module main;\n", "d"),
    ("Prefix.pch", "#import <Foundation/Foundation.h>\n", "objc"),
    ("server.key", "-----BEGIN PRIVATE KEY-----\n", "pem"),
    ("words.key", "Keynote\n", "text"),
    ("a.core", "CAPI=2:\nname : ::a:0\n", "yaml"),
    ("docs/.pages", "nav:\n  - A: a.md\n", "yaml"),
    ("app.conf", "{\n  works => 'too!'\n};\n", "perl"),
    ("app.conf", "use Mojo::Util qw(url_escape);\n{a => 1}\n", "perl"),
    ("nginx.conf", "server {\n  return 404;\n  push \"x\";\n}\n", "ini"),
    ("user_data.tpl", "%{ if a ~}\n#!/bin/bash\nset -e\n", "bash"),
    ("user_data.tpl", "#!/bin/bash\n[settings]\n", "bash"),
    ("user_data.tpl", "# A comment\n<powershell>\n", "powershell"),
    ("user_data.tpl", "%{ if a ~}\n---\napiVersion: v1\n", "yaml"),
    ("user_data.tpl", "[settings.kubernetes]\n\"a\" = \"${a}\"\n", "toml"),
    ("full.tpl", "{%- extends 'index.html.j2' -%}\n", "html"),
    ("_helpers.tpl", "{{- define \"name\" -}}\n{{- end }}\n", "text"),
    ("init.sh.tpl", "echo ${a}\n", "bash"),
    # By how a file begins, whose name says nothing.
    ("App.unknown", '<?xml version="1.0"?>\n<a/>\n', "xml"),
    ("unknown", "<!-- x -->\n<!DOCTYPE html>\n", "html"),
    (".somerc", '{\n  "a": 1\n}\n', "json"),
    ("notes", "{ not json }\n", "text"),
    ("scene.thing", "%YAML 1.1\n--- !u!1\n", "yaml"),
    ("0001-fix", "diff --git a/x b/x\n", "diff"),
    ("figure", "%!PS-Adobe-3.0\n", "postscript"),
    # Endings that several languages share.
    ("git.1", '.TH GIT 1\n.SH NAME\ngit\n', "roff"),
    ("libz.so.1", "not a manual\n", "text"),
    ("calc.y", "%token NUM\n%%\nexpr: NUM;\n%%\n", "yacc"),
    ("notes.y", "y = 2\n", "text"),
    ("scan.l", "%%\n[0-9]+ { return NUM; }\n%%\n", "lex"),
    ("list.l", "(de append1 (X) X)\n", "commonlisp"),
    ("shape.i", "%module shape\n", "swig"),
    ("shape.i", "#define X 1\n", "c"),
    ("Expr.g", "grammar Expr;\nprog: stat+ ;\n", "antlr"),
    ("init.g", 'DeclareGlobalFunction( "F" );\n', "gap"),
    ("app.spec", "Name: app\nVersion: 1\n%build\n", "rpm_spec"),
    ("app.spec", "a = Analysis(['x.py'])\n", "python"),
    ("top.sls", "base:\n  '*':\n    - web\n", "yaml"),
    ("lib.sls", "(library (lib) (export a))\n", "scheme"),
    ("a.tsx", '<?xml version="1.0"?>\n<tileset/>\n', "xml"),
    ("setup.wxs", "<Wix></Wix>\n", "xml"),
    ("util.wxs", "module.exports = { a: 1 };\n", "javascript"),
    ("run.p", "DEFINE VARIABLE x AS INTEGER NO-UNDO.\n", "abl"),
    ("fit.plt", "set terminal png\nplot sin(x)\n", "gnuplot"),
    ("t.plt", ":- begin_tests(a).\n", "prolog"),
    ("axios.es", "export const a = 1;\n", "javascript"),
    ("run.es", "main(Args) -> ok.\n", "erlang"),
    (".eslintrc", "rules:\n  semi: 2\n", "yaml"),
    (".eslintrc", '// x\n{"rules": {}}\n', "json"),
    ("Sketch.pde", "void draw() {\n  rect(1, 2, 3, 4);\n}\n", "java"),
    ("Blink.pde", "void loop() {\n  digitalWrite(1, HIGH);\n}\n", "arduino"),
    ("project.pro", "last_client=eeschema\n[pcbnew]\nversion=1\n", "ini"),
    ("plug.vba", '" Vimball Archiver by Charles\nUseVimball\n', "vim"),
    ("Page.al", "page 50100 \"My Page\"\n{\n}\n", "al"),
    ("auto.al", "# NOTE: Derived from x.pm.\npackage X;\n", "perl"),
    ("show.inc", "DispAL:\n\tpush\tecx\n\tmov\tedi, [pos]\n", "asm"),
    ("keywords.resource", "*** Keywords ***\nOpen\n", "robotframework"),
]  # fmt: skip


def test_every_grammar_of_a_language_is_reachable() -> None:
    grammars = set(get_args(pack.SupportedLanguage))
    assert grammars - LANGUAGES == set(INSIDE_OTHERS)


@pytest.mark.parametrize(("path", "language"), BY_NAME.items())
def test_by_name(path: str, language: str) -> None:
    assert detect_language(path, "") == language


@pytest.mark.parametrize(("path", "head", "language"), BY_HEAD)
def test_by_first_lines(path: str, head: str, language: str) -> None:
    assert detect_language(path, head) == language


def test_what_is_detected_is_a_language() -> None:
    found = {detect_language(path, "") for path in BY_NAME}
    found |= {detect_language(path, head) for path, head, _ in BY_HEAD}
    assert found <= LANGUAGES
    assert PLAIN_TEXT in LANGUAGES


@pytest.mark.parametrize(
    ("name", "language"),
    {
        "js": "javascript", "ts": "typescript", "py": "python", "sh": "bash", "golang": "go",
        "c++": "cpp", "C#": "csharp", "F#": "fsharp", "rb": "ruby", "rs": "rust", "md": "markdown",
        " Go ": "go", "Objective-C": "objc", "makefile": "make", "docker": "dockerfile",
        "text": "text", "tsx": "tsx",
    }.items(),
)  # fmt: skip
def test_resolve(name: str, language: str) -> None:
    assert resolve_language(name) == language


@pytest.mark.parametrize(
    ("name", "language"),
    [("C++", "cpp"), ("Objective-C++", "objc"), ("Perl-6", "raku"), ("Vim-Script", "vim"),
     ("Protocol-Buffer", "proto"), ("No-Such", ""), ("JavaScript", "javascript")],
)  # fmt: skip
def test_names_of_linguist(name: str, language: str) -> None:
    assert language_of_linguist(name) == language


def test_every_language_resolves_to_itself() -> None:
    assert {resolve_language(name) for name in LANGUAGES} == LANGUAGES


def test_no_such_language_says_which_is_near() -> None:
    with pytest.raises(UsageError, match="no language 'pyhton'; did you mean python"):
        resolve_language("pyhton")
    with pytest.raises(UsageError, match="no language '☃'"):
        resolve_language("☃")


GUARD = "#ifndef A_H\n#define A_H\n#endif\n"


@pytest.mark.parametrize(
    ("files", "language"),
    [
        (["lib/a.h", "lib/src/a.cc"], "cpp"),
        (["lib/include/a.h", "lib/src/a.cpp", "tests/b.c"], "cpp"),
        (["a.h", "a.m"], "objc"),
        (["a.h", "a.c"], "c"),
        (["a.h", "src/a.c", "tests/a.cc"], "c"),
        (["macros/a.h", "macros/a.S", "demo/b.cc"], "c"),
        (["a.h", "a.py"], "c"),
    ],
)
def test_a_header_that_says_nothing_is_of_the_sources_around_it(
    files: list[str], language: str
) -> None:
    (header, *_) = files
    likely = usual_languages(files).get(header, "")
    assert detect_language(header, GUARD, likely) == language
    assert detect_language(header, "@interface A\n@end\n", likely) == "objc"


@pytest.mark.parametrize("suffix", sorted(signs._SIGNS))
@pytest.mark.parametrize(
    "text", ["\n" * 50_000, " " * 50_000, "\n \t" * 17_000, "a" * 50_000, "#if a" + "\n" * 50_000]
)
def test_signs_take_time_in_proportion_to_the_length_of_a_text(suffix: str, text: str) -> None:
    start = time.process_time()
    detect_language(f"a{suffix}", text)
    detect_language(f"a{suffix}", f"x{text}x")
    assert time.process_time() - start < 1
