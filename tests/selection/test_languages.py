"""Names and first lines to languages; every grammar must be reachable."""

from __future__ import annotations

from typing import get_args

import pytest
import tree_sitter_language_pack as pack

from ccingest.errors import UsageError
from ccingest.languages import LANGUAGES, PLAIN_TEXT, detect_language, resolve_language

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
    ("a.v", "Theorem t : True.\nProof.\n", "coq"),
    ("a.v", "fn main() {\n}\n", "v"),
    ("a.pl", "use strict;\n", "perl"),
    ("a.pl", "parent(a, b).\ngrand(X, Y) :- parent(X, Y).\n", "text"),
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
    ("main.d", "main.o: main.c\n", "make"),
    ("main.d", "module main;\n", "d"),
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


def test_every_language_resolves_to_itself() -> None:
    assert {resolve_language(name) for name in LANGUAGES} == LANGUAGES


def test_no_such_language_says_which_is_near() -> None:
    with pytest.raises(UsageError, match="no language 'pyhton'; did you mean python"):
        resolve_language("pyhton")
    with pytest.raises(UsageError, match="no language '☃'"):
        resolve_language("☃")
