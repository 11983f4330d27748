"""Files that were taken for another language: names that mean more than one thing, and first lines."""

from __future__ import annotations

import time

import pytest

from ccingest.languages import detect_language

# path, text and language
FILES = [
    # Octave: a lone semicolon is no comment of MUMPS, and its comments are no directives of C.
    ("kmeans.m", "function idx = kmeans (x)\n  x = [1\n      ;\n      2];\nend\n", "matlab"),
    ("train.m", "function t = train (x)\n  # include the first\n  f = strcat (\"@\", x);\nendfunction\n", "matlab"),
    ("a.m", "classdef Rope < handle\nend\n", "matlab"),
    ("zstart.m", "start(x) ; begins here\n\tset y=1\n\tquit\n", "mumps"),
    ("Winch.m", "#include <stdio.h>\nint main() { return 0; }\n", "objc"),
    ("sums.cdf", "%!demo\n%! x = 1;\n", "text"),
    ("book.cdf", "(* Content-type: application/mathematica *)\nNotebook[{}]\n", "mathematica"),
    ("server.fc", "/usr/bin/x -- gen_context(system_u:object_r:x_exec_t,s0)\n", "text"),
    ("wallet.fc", "() recv_internal(int msg_value) impure {\n}\n", "func"),
    ("sim.do", "vlib work\nvsim top\nadd wave *\n", "tcl"),
    ("args.bb", "(first *command-line-args*)\n", "clojure"),
    ("checks.inc", '#define A "{$0}"\nvoid f();\n', "cpp"),
    ("_git-flow", "#compdef git-flow\n_git_flow() { :; }\n", "bash"),
    ("_helper", "#autoload\nlocal a\n", "bash"),
    ("rope/2.10", "#%Module1.0\nsetenv A b\n", "tcl"),
    ("Core", "// This file is part of a library.\n/* A licence. */\n#ifndef CORE_H\n#define CORE_H\nnamespace a { }\n#endif\n", "cpp"),
    ("Sparse", "#ifndef SPARSE_H\n#define SPARSE_H\n#include \"Core\"\n#endif\n", "cpp"),
    ("index.tt", "[% INCLUDE a %]\n[x]\n<p>[% a %]</p>\n", "html"),
    ("config", "#ifndef X\nno guard\n", "text"),
    ("main.nlog", '<nlog xmlns="http://www.nlog-project.org/schemas/NLog.xsd" throwExceptions="false">\n</nlog>\n', "xml"),
    ("a.unknown", "<!DOCTYPE plist PUBLIC \"x\">\n<plist/>\n", "xml"),
    ("main.gemfile", "source 'x'\ngem 'rope'\n", "ruby"),
    ("Gemfile-rails-8.1", "gem 'rope'\n", "ruby"),
    ("rakefile", "task :a\n", "ruby"),
    ("Jenkinsfile.release", "pipeline {}\n", "groovy"),
    ("Kconfig.cpu", "config A\n", "kconfig"),
    ("Config.in", "config A\n", "kconfig"),
    ("Makefile.hs", "module Makefile where\n", "haskell"),
    ("Makefile.win", "all:\n", "make"),
    (".env.example.json", "{}\n", "json"),
    (".env.d.ts", "declare const a: string\n", "typescript"),
    (".env.production.local", "A=b\n", "properties"),
    ("Dockerfile.md", "# Images\n\n    FROM alpine\n", "markdown"),
    ("Dockerfile.go", "FROM golang AS build\nRUN go build\n", "dockerfile"),
    ("Dockerfile-parser.py", "from a import b\n", "python"),
    ("Dockerfile_test.go", "package a\n", "go"),
    ("Dockerfile.arm64", "", "dockerfile"),
    ("policy_test.rb.tt", "class PolicyTest\nend\n", "ruby"),
    ("Model.java.mustache", "class {{name}} {}\n", "java"),
    ("profile.hbs", "<p>{{name}}</p>\n", "html"),
    ("page.handlebars", "<p>{{name}}</p>\n", "html"),
    ("base.gohtml", "{{define \"a\"}}<p></p>{{end}}\n", "html"),
    ("base.tmpl", "<!DOCTYPE html>\n<html></html>\n", "html"),
    ("chart.tmpl", "apiVersion: v1\nkind: Pod\n", "yaml"),
    ("words.tmpl", "Dear {{name}}\n", "text"),
    ("Formatter.tt", "<#@ template language=\"C#\" #>\nclass A {}\n", "text"),
    # What a `.conf` or a `.cfg` holds.
    ("broken.conf", ". my $bar = $foo;\n{\n  \"test\": *** $bar **\n}\n", "text"),
    ("stable.conf", "rope.Image\nrope.Uri\n", "text"),
    ("net.conf", '{\n  "cniVersion": "0.4.0"\n}\n', "json"),
    ("files.conf", '[\n  "a",\n  "b"\n]\n', "json"),
    ("fonts.conf", '<?xml version="1.0"?>\n<fontconfig/>\n', "xml"),
    ("bus.conf", "<!-- rules -->\n<busconfig>\n</busconfig>\n", "xml"),
    ("site.conf", "# a site\n<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n", "apacheconf"),
    ("kubelet.conf.j2", "apiVersion: v1\nkind: Config\n", "yaml"),
    ("mongod.conf", "# data\nstorage:\n  dbPath: /var/lib\n", "yaml"),
    ("staticcheck.conf", 'checks = ["all"]\n', "toml"),
    ("keys.conf", "$mod = SUPER\nbind = $mod, Q, exec, kitty\n", "hyprlang"),
    ("extra.conf", 'set -g default-terminal "xterm"\n', "bash"),
    ("list.conf", "local bold=0\nlocal border\n", "bash"),
    ("rules.cfg", "-dontwarn a.**\n-keep class b\n", "proguard"),
    ("options.cfg", "from a import b\nx = b(1)\n", "python"),
    ("writerside.cfg", '<?xml version="1.0"?>\n<ihp/>\n', "xml"),
    ("supervisor.conf", "; a comment\n[program:a]\ncommand=b\n", "ini"),
    ("openssl.cnf", "[ req ]\nbits = 1\n", "ini"),
    ("haproxy.cfg", "global\n    daemon\n    maxconn 256\n", "ini"),
    ("application.conf", "play {\n  server { port = 1 }\n}\n", "ini"),
    ("memcached.conf", "log_level: 5\n", "ini"),
    ("redis.conf", "port 6379\nsave \"\"\n", "ini"),
    ("all_off.conf", "# listening-port=3478\n", "ini"),
    ("config.h.cmake", "#cmakedefine A\n", "c"),
    ("config.hpp.cmake", "#cmakedefine A\n", "cpp"),
    ("config.h.cmakein", "#cmakedefine A\n", "c"),
    ("toolchain.arm.cmake", "set(A b)\n", "cmake"),
    # Names in which more than one ending means something.
    ("Dockerfile.dockerignore", "node_modules\n", "gitignore"),
    (".babelignore", "a.js\n", "gitignore"),
    ("docs/about.rst.inc", "**A** is a library\n", "rst"),
    ("gcc-9.1.inc", 'DEPENDS = "zlib"\n', "bitbake"),
    ("suffix.erl.src", "x", "erlang"),
    ("hackney.app.src", "{application, a}.\n", "erlang"),
    ("Model.php.stub", "<?php\n", "php"),
    ("compose.yml.sigil", "---\nservices:\n", "yaml"),
    # What programs call their files.
    ("go_test.mod", "module github.com/a/b\n\ngo 1.25.0\n", "gomod"),
    ("diet.mod", "var x >= 0;\nminimize z: x;\n", "text"),
    (".indent.pro", "-kr\n-i4\n", "text"),
    ("family.pro", "parent(tom, bob).\n", "prolog"),
    ("include.am", "EXTRA_DIST += a\n", "make"),
    ("src/Makevars.win", "PKG_LIBS = -la\n", "make"),
    ("configure.in", "AC_INIT\n", "autoconf"),
    ("portasm.s79", "  MOV R0, R1\n", "asm"),
    (".codespellrc", "[codespell]\n", "ini"),
    (".yamllint", "---\nrules:\n", "yaml"),
    (".commitlintrc", "extends:\n  - a\n", "yaml"),
    ("META-INF/spring.factories", "a.B=\\\n  c.D\n", "properties"),
    ("artifacts.spec", '{\n  "files": []\n}\n', "json"),
    ("Hspec.Spec", "describe :: String -> Spec\n", "text"),
    (".husky/pre-push", "yarn lint\n", "bash"),
    (".githooks/pre-commit", "#!/usr/bin/env python3\nimport sys\n", "python"),
    ("web.nlog", "\ufeff<nlog>\n  <rules/>\n</nlog>\n", "xml"),
    ("A.ncrunchproject", "<!-- a -->\n<Settings>\n</Settings>\n", "xml"),
    ("part.unknown", "<div class='a'>\n</div>\n", "html"),
    ("usage", "<name> is a name, as in <b>bold</b>\n", "text"),
    ("thread", '/* A licence. */\n#include "../a.h"\n\n#if !defined(A_H) && defined(B)\n#define  A_H\n#endif\n', "cpp"),
    # Suffixes of more than one kind of file.
    ("top.f", "+incdir+${A}/rtl\n${A}/b.sv\n", "text"),
    ("core.f", "a_pkg.sv\na_alu.sv\n", "text"),
    ("solve.f", "      PROGRAM MAIN\n      END\n", "fortran"),
    ("alerts.rules", "groups:\n- name: a\n  rules:\n  - alert: B\n", "yaml"),
    ("old.rules", "# a\nALERT B\n  IF c > 1\n", "text"),
    ("50-a.rules", "polkit.addRule(function(action, subject) {\n});\n", "javascript"),
    ("70-b.rules", '# a\nSUBSYSTEM=="usb", ATTRS{idVendor}=="1", MODE="0666"\n', "udev"),
    ("prompt.st", "Answer {question} in the words of a sailor.\n", "text"),
    ("java.stg.st", "page(title) ::= <<\n<title>\n>>\n", "text"),
    ("Rope.st", "Object subclass: #Rope\n", "smalltalk"),
    ("demo.plot", "%!demo\n%! plot (x)\n", "text"),
    ("sales.plot", "set title 'a'\nplot 'a.dat'\n", "gnuplot"),
    ("config.nu", "$env.config = { show_banner: false }\n", "nushell"),
    ("vectors.src", "        .GLB    _a\n        .SECTION   P,CODE\n", "asm"),
    ("notes.src", "Where all this comes from.\n", "text"),
    ("lec.do", "// read in\nset naming rule -mdportflatten\nread design -golden -sv09 -f a\n", "text"),
    ("regs.hjson", "{\n  name: \"a\",\n}\n", "json"),
    # By the form of the text.
    ("python-build/3.9.1", 'if has_xz; then\n  install_package "a"\nelse\n  install_package "b"\nfi\n', "bash"),
    ("3.10-dev", "case \"$(arch)\" in\n\"x\" )\n  a\n  ;;\nesac\n", "bash"),
    ("INSTALL", "Run this:\n\nif [ -f a ]; then\n  b\nfi\n", "text"),
    ("usage", "Write if a; then b, and you are done\n", "text"),
    ("inventory/debian12", "---\n# a\nimage: debian-12\n", "yaml"),
    ("docs/post", "---\ntitle: A\n---\n\nOnce upon a time.\n", "text"),
    ("docs/kinds", "---\na: 1\n---\nb: 2\n", "yaml"),
    ("build.mill", "object a extends Module\n", "scala"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "language"), FILES)
def test_language(path: str, text: str, language: str) -> None:
    assert detect_language(path, text) == language


@pytest.mark.parametrize(
    "unit",
    [
        "/*",
        "// ",
        "#ifndef A\n",
        "#",
        "<a ",
        "FROM ",
        " ",
        "\n",
        "--><!--",
        '#include "a" ',
        "#if !defined ",
        "#if !defined(A) ",
        "<!--",
        "</a>",
    ],
)
def test_no_beginning_takes_long(unit: str) -> None:
    text = unit * (500_000 // len(unit))
    start = time.process_time()
    for path in ("a", "Dockerfile.py", "a.m"):
        detect_language(path, text)
        detect_language(path, f"<{text}")
        detect_language(path, f"#if !defined(A)  {text}")
    assert time.process_time() - start < 2
