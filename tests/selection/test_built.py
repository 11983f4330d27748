"""What programs make of other files: bundles, source maps, lock files, Unity's notes on assets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ccingest.models import SourceFile
from ccingest.selection.built import is_built
from selection.kit import outcome, planned

CODE = "".join(f"function step{i}(x) {{\n    return x + {i};\n}}\n" for i in range(9))
MAP = '{"version":3,"file":"a.d.ts","sources":["../src/a.ts"],"names":[],"mappings":"AAAA"}'

SCRIPTS = [
    f"{CODE}//# sourceMappingURL=out.js.map\n",
    f"{CODE}//# sourceMappingURL=out.js.map\r\n\r\n",
    f"{CODE}//@ sourceMappingURL=data:application/json;base64,e30=\n",
    f"{CODE}//# sourceMappingURL=out.js.map\n}})();\n",
    f"/******/ (() => {{ // webpackBootstrap\n/******/ \tvar a = ({{\n\n{CODE}",
    f"require('./sourcemap-register.js');/******/ (() => {{ // webpackBootstrap\n{CODE}",
    f"module.exports =\n/******/ (function(modules) {{ // webpackBootstrap\n{CODE}",
    f"(function webpackUniversalModuleDefinition(root, factory) {{\n{CODE}",
    f'(self["webpackChunkapp"] = self["webpackChunkapp"] || []).push([[179],{{\n{CODE}',
    "/*! a v1 */\n(function (global, factory) {\n\ttypeof exports === 'object' && typeof module !== "
    f"'undefined' ? factory(exports) :\n{CODE}",
    f"(function e(t,n,r){{function s(o,u){{if(!n[o]){{}}}}}})({{1:[\n{CODE}",
    f"(function(){{function r(e,n,t){{function o(i,f){{if(!n[i]){{}}}}}}}})({{1:[\n{CODE}",
    f"// modules are defined as an array\nparcelRequire = (function (modules, cache) {{\n{CODE}",
    f"var $parcel$global = globalThis;\n{CODE}",
    f'"use strict";\nvar __defProp = Object.defineProperty;\n{CODE}',
    f'"use strict";\nvar __awaiter = (this && this.__awaiter) || function (thisArg) {{\n{CODE}',
    f'"use strict";\nfunction _interopRequireDefault(obj) {{ return obj; }}\n{CODE}',
]
BY_HAND = [
    CODE,
    f"{CODE}//# sourceURL=app.js\n",
    f"{CODE}const end = '//# sourceMappingURL=' + name;\n",
    f"//# sourceMappingURL=out.js.map\n{CODE}",
    f"/******/\n{CODE}",
    f"/****** Steps ******/\n{CODE}",
    f"const HEAD = '/******/ (() => {{ // webpackBootstrap';\n{CODE}",
    f"(function (root, factory) {{\n  if (typeof define === 'function' && define.amd) {{\n{CODE}",
    f"const webpack = require('webpack');\nmodule.exports = {{ mode: 'x' }};\n{CODE}",
    f"import _extends from 'x';\nvar create = Object.create;\n{CODE}",
]


@pytest.mark.parametrize("text", SCRIPTS)
def test_built_scripts(text: str) -> None:
    assert is_built("dist/out.js", text)
    assert is_built("OUT.MJS", text)
    assert not is_built("out.js.md", text)


@pytest.mark.parametrize("text", BY_HAND)
def test_scripts_that_people_wrote(text: str) -> None:
    assert not is_built("out.js", text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.css", "a {\n  color: red;\n}\n/*# sourceMappingURL=a.css.map */\n"),
        ("a.d.ts", "export declare const a: 1;\n//# sourceMappingURL=a.d.ts.map"),
        ("bundle.map", MAP),
        ("a.map", json.dumps(json.loads(MAP), indent=2)),
        ("a.map", f")]}}'\n{MAP}"),
        ("a.map", '{"version": 3, "sections": []}'),
        ("A.cs.meta", f"fileFormatVersion: 2\nguid: {'0f' * 16}\nMonoImporter:\n"),
        ("A.cs.meta", f"fileFormatVersion: 2\r\nguid: {'0f' * 16}\r\n"),
        ("icon.svg.import", '[remap]\n\nimporter="texture"\n'),
        ("src/parser.c", "#include <tree_sitter/parser.h>\n\n#if defined(__GNUC__)\n#pragma x\n#endif\n\n"
         "#define LANGUAGE_VERSION 13\n#define STATE_COUNT 42\n"),
        ("Expr.interp", "token literal names:\nnull\n'*'\n"),
        ("deps-lock.json", '{\n  "lock-version": 4,\n  "deps": []\n}\n'),
        ("skills-lock.json", json.dumps({"a": "0f" * 32, "b": "1e" * 32}, indent=1)),
        ("env-lock.yaml", "a:\n  hash: sha256-" + "Ab1" * 15 + "\n  sha: " + "0f" * 20 + "\n"),
        ("tools-lock.toml", '[[tool]]\nname = "a"\nversion = "1.0.2"\n' * 3),
    ],
)  # fmt: skip
def test_other_files_that_programs_made(path: str, text: str) -> None:
    assert is_built(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("port.map", '{"version": 3, "layers": ["sea", "land"]}'),
        ("linker.map", "Archive member included\n\nsources mappings version\n"),
        ("a.ts", "export const a = 1;\n//# sourceMappingURL=a.map\n"),
        ("src/parser.c", '#include "tree_sitter/parser.h"\n\nbool scan(TSLexer *lexer);\n'),
        ("jobs.import", "[remap]\nfrom = a\n"),
        ("post.meta", "title: A post\nguid: 1\n"),
        ("auto-lock.yml", "name: Lock\non: [push]\njobs:\n  lock:\n    steps:\n"
         f"      - uses: a/b@{'0f' * 20}\n      - uses: c/d@{'1e' * 20} # v4.1.0\n"),
        ("smart-lock.yaml", "automation:\n  - alias: Lock the door\n"),
        ("screen-lock.json", '{\n  "title": "Screen lock",\n  "version": "1.0"\n}\n'),
    ],
)  # fmt: skip
def test_files_of_such_names_that_people_wrote(tmp_path: Path, path: str, text: str) -> None:
    assert not is_built(path, text)
    assert isinstance(outcome(tmp_path, path, text), SourceFile)


def test_what_was_built_is_left_out_unless_it_is_named(tmp_path: Path) -> None:
    assert outcome(tmp_path / "a", "lib/a.js", SCRIPTS[0]) == "generated"
    assert isinstance(outcome(tmp_path / "b", "lib/a.js", SCRIPTS[0], ("lib/a.js",)), SourceFile)


def test_names_of_what_programs_keep_for_themselves(tmp_path: Path) -> None:
    names = (
        ".ipynb_checkpoints/a-checkpoint.ipynb nb/.ipynb_checkpoints/b.py web/__generated__/q.ts "
        "htmlcov/index.html .sqlx/query-0f.json out/a.d.ts.map a.mocks.dart A.feature.cs ppport.h "
        "public/mockServiceWorker.js tap-snapshots/a.test.cjs __snapshots__/a.ambr"
    ).split()
    found = planned(tmp_path, {**dict.fromkeys(names, "a"), "a.py": "a = 1\n"})
    assert found == (["a.py"], {"generated": len(names)})


@pytest.mark.parametrize(
    ("path", "text", "built"),
    [
        (
            "requirements.txt",
            "#\n# This file is autogenerated by pip-compile with Python 3.11\n# by the command:\n#\na==1\n",
            True,
        ),
        ("kit.pip", "# This file was autogenerated by uv via the following command:\na==1\n", True),
        ("dev.txt", "# This file was autogenerated by uv via the following command:\na==1\n", True),
        (
            "requirements.txt",
            "# The file that is autogenerated by pip-compile is base.txt\na\n",
            False,
        ),
        ("requirements.txt", "a==1\nb==2\n", False),
        (
            "npins/sources.json",
            json.dumps({"pins": {"a": {"hash": "a" * 64}, "b": {"hash": "b" * 64}}}),
            True,
        ),
        ("news/sources.json", json.dumps({"a": "a" * 64, "b": "b" * 64}), False),
    ],
)
def test_pinned_requirements_are_lock_files(path: str, text: str, built: bool) -> None:
    assert is_built(path, text) is built
