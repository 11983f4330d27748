"""Definitions of languages that have no grammar or no query, by patterns for their lines."""

from __future__ import annotations

import time

import pytest

from ccingest.chunking import chunk_file
from ccingest.chunking.line_patterns import _PATTERNS, found_by_pattern
from ccingest.models import SourceFile

FILES = [
    ("coq", "Section Groups.\nLemma mulgA : x = y.\nProof. Qed.\n#[local] Definition one := 1.\n",
     "section Groups, theorem mulgA, function one"),
    ("prolog", "turn(T, H) :-\n    go(T).\nturn([], _).\nrule --> [a].\n", "predicate turn, predicate rule"),
    ("apex", "public with sharing class Pay {\n    public static Map<String, Object> load(Id a) {\n        return new Pay();\n    }\n}\n",
     "class Pay, method Pay.load"),
    ("vb", "Public Property Get Url() As String\r\nEnd Property\r\nPrivate Sub Wait(n)\r\nEnd Sub\r\n",
     "function Url, function Wait"),
    ("raku", "class Zef::Client {\n    method fetch($x) { }\n    token ws { }\n}\nsub MAIN() { }\n",
     "class Zef.Client, function Zef.Client.fetch, rule Zef.Client.ws, function MAIN"),
    ("supercollider", "Env2 : Object {\n\t*new { |x|\n\t}\n\tvalue {\n\t}\n}\n",
     "class Env2, method Env2.new, method Env2.value"),
    ("v", "pub struct Box {\n}\n\nfn (mut b Box) open() {\n}\npub fn main() {\n}\n",
     "struct Box, function Box.open, function main"),
    ("commonlisp", "(defclass stream () ())\n(defmethod print-object ((s stream) x) s)\n(defmacro with (x) x)\n",
     "class stream, function print-object, macro with"),
    ("scheme", "(define (f x) x)\n(define-record-type <p> (make) p?)\n", "function f, type <p>"),
    ("puppet", "class nginx::config (\n  $a = 1,\n) {\n}\ndefine nginx::site($x) {\n}\n",
     "class nginx.config, type nginx.site"),
    ("latex", "\\newcommand*{\\fontdir}[1]{x}\n\\section{Tides and winds}\n", "command fontdir, section Tides and winds"),
    ("tcl", "namespace eval dock {\n    proc moor {n} {\n    }\n}\n", "namespace dock, function dock.moor"),
    ("gherkin", "Feature: Moor a boat\n  Scenario: At high tide\n    Given a\n",
     "feature Moor a boat, scenario Moor a boat.At high tide"),
    ("glsl", "uniform vec3 a;\nvec3 wave(vec2 p) {\n  return a;\n}\nvoid main() {\n}\n", "function wave, function main"),
    ("structured_text", "FUNCTION_BLOCK FINAL FB_Winch\nMETHOD PUBLIC Haul : INT\nEND_METHOD\nEND_FUNCTION_BLOCK\nPROGRAM Main\nEND_PROGRAM\nTYPE\n  Rope : STRUCT\n  END_STRUCT\nEND_TYPE\n",
     "class FB_Winch, function Haul, class Main, struct Rope"),
    ("kconfig", "menu \"A\"\nconfig ROPE\n\tbool\nmenuconfig SEA\n", "config ROPE, config SEA"),
    ("tablegen", "class Inst<bits<4> op> : Base;\ndef ADD : Inst<1>;\n", "class Inst, record ADD"),
    ("dockerfile", "FROM --platform=linux/amd64 golang:1.2 AS build\nRUN x\nFROM scratch\n", "stage build"),
    ("llvm", "define internal i32 @haul(i32 %a) {\n}\ndeclare void @x()\n", "function haul"),
    ("smali", ".class public final Lharbor/Winch;\n.method public static haul(I)V\n.end method\n", "class Lharbor/Winch;, method haul"),
    ("vyper", "event Hauled:\n    a: uint256\n@external\ndef haul():\n    pass\n", "type Hauled, function haul"),
    ("cairo", "#[abi]\nmod Winch {\n  pub fn haul() {}\n}\ntrait Rope<T> {}\n", "module Winch, function Winch.haul, trait Rope"),
    ("bsl", "Процедура Тянуть(А) Экспорт\nКонецПроцедуры\nFunction Pull() Export\nEndFunction\n", "function Тянуть, function Pull"),
    ("gn", "import(\"//a.gni\")\nif (x) {\n  source_set(\"rope\") {\n  }\n}\ntemplate(\"winch\") {\n}\n", "target rope, target winch"),
    ("bitbake", "do_install() {\n}\npython do_moor () {\n}\ndef haul(d):\n    pass\n", "function do_install, function do_moor, function haul"),
    ("func", "() recv_internal(int msg_value) impure {\n}\nint haul(slice s) method_id {\n}\n", "function recv_internal, function haul"),
    ("fennel", "(fn haul [n] n)\n(macro pull [])\n", "function haul, function pull"),
    ("bibtex", "@string{a = 1}\n@article{rope2020,\n}\n", "entry rope2020"),
    ("tla", "EXTENDS Naturals\nHaul(n) == n + 1\nTHEOREM Safe == x\n", "operator Haul, theorem Safe"),
    ("autoconf", "AC_DEFUN([AX_ROPE], [\n])\n", "macro AX_ROPE"),
    ("pony", "actor Winch\n  new create(env: Env) =>\n    None\n  be haul() =>\n    None\n", "class Winch, method Winch.create, method Winch.haul"),
    ("batch", ":moor\necho x\n", "label moor"),
    ("forth", ": square dup * ;\nvariable depth\n", "word square, variable depth"),
]  # fmt: skip

# What the grammar loses its way in.
BROKEN = [
    ("fortran", "*> \\brief \\b DSPGVX\n      SUBROUTINE DSPGVX( A,\n     $                   INFO )\n*\n      END\n", "DSPGVX"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), FILES)
def test_definitions(language: str, text: str, expected: str) -> None:
    chunks = chunk_file(SourceFile("a", "id", language, text, len(text))).chunks
    symbols = [symbol for chunk in chunks for symbol in chunk.defines]
    assert symbols == [one.split(" ", 1)[1] for one in expected.split(", ")]
    kinds = [kind for _, _, _, kind, _ in found_by_pattern(language, text.encode())]
    assert kinds == [one.split(" ", 1)[0] for one in expected.split(", ")]


@pytest.mark.parametrize(("language", "text", "symbol"), BROKEN)
def test_a_tree_with_errors_is_not_all_that_counts(language: str, text: str, symbol: str) -> None:
    chunks = chunk_file(SourceFile("a", "id", language, text, len(text))).chunks
    assert symbol in [symbol for chunk in chunks for symbol in chunk.defines]


@pytest.mark.parametrize("language", _PATTERNS)
def test_hostile_lines_take_no_time(language: str) -> None:
    start = time.process_time()
    for piece in (
        "public ",
        "public\n",
        "a f(\n",
        "@a\n",
        " ",
        "a",
        "(define ",
        "method a ",
        "a::",
    ):
        list(found_by_pattern(language, (piece * 20_000).encode()))
    assert time.process_time() - start < 1.5
