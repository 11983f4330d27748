"""What small files of further languages define, by their tree or by their lines."""

from __future__ import annotations

import time

import pytest

from ccingest.chunking import chunk_file
from ccingest.chunking.literate import without_prose
from ccingest.chunking.outlines import outline_by_lines
from ccingest.languages import detect_language
from ccingest.models import SourceFile

FILES = [
    ("a.rego", "package harbor.authz\nimport rego.v1\ndefault allow := false\nallow if input.user == 1\nhaul(n) := n\n"
     "deny[msg] { msg := 1 }\nviolations contains m if { m := 1 }\n", "allow haul deny violations"),
    ("broken.rego", "package a\nallow { )\nropes.long := 1\n", "allow ropes.long"),
    ("a.bicep", "param n int\nvar x = 1\ntype T = { a: int }\nfunc add(a int) int => a\nresource rope 'S@1' = { name: 'x' }\n"
     "module winch './w.bicep' = { name: 'w' }\noutput y int = 2\n", "n x T add rope winch y"),
    ("a.jsonnet", "local haul(n) = n + 1;\nlocal k = import 'k';\n{\n  pull(x):: x,\n  new:: { at(y):: y },\n  plain: 1,\n}\n",
     "haul k pull new new.at"),
    ("a.pyx", "cdef class Winch:\n    cpdef int haul(self, int k):\n        return k\n    def pull(self): pass\n    cdef int n\n"
     "cdef inline double rope(double x) nogil:\n    return x\ncdef extern from 'x.h':\n    pass\ncdef double y = rope(1)\n"
     "cdef struct Knot:\n    int a\nctypedef unsigned char *(*f)(int)\n",
     "Winch Winch.haul Winch.pull rope Knot"),
    ("a.pxd", "cdef class Winch:\n    cdef int n\n    cdef object haul(self)\ncpdef vector[int] pull(const char* a)\n",
     "Winch Winch.haul pull"),
    ("BUILD", "load(':a.bzl', 'a')\ncc_library(\n    name = 'winch',\n    srcs = ['a.cc'],\n)\nrope(names = 'no')\n", "winch"),
    ("a.ps1", "class Winch {\n  [int] Pull([int]$n) { return $n }\n  Winch() { }\n}\nenum Rope { A }\n",
     "Winch Winch.Pull Winch.Winch Rope"),
    ("a.thrift", "service Winch extends b.B {\n  i32 haul(1: string r) throws (1: Snap e)\n  oneway void pull()\n}\n"
     "exception Snap { 1: string m }\nunion U { 1: i32 a }\n", "Winch Winch.haul Winch.pull Snap U"),
    ("a.vim", "vim9script\nexport def Haul(n: number): number\n  return n\nenddef\nclass Winch\n  static def Pull()\n  enddef\nendclass\n",
     "Haul Winch Winch.Pull"),
    ("a.qml", "import QtQuick 2.0\nItem {\n  signal pulled(int n)\n  property int depth: 3\n  component Rope: Item { function a() {} }\n"
     "  function haul(n) { return n }\n}\n", "pulled depth Rope Rope.a haul"),
    ("body.sql", "create or replace package body harbor_pkg as\n  function rope return number is\n    procedure inner_one is begin null; end;\n"
     "  begin\n    return 1;\n  end rope;\n  procedure haul(n in number) is\n  begin\n    null;\n  end haul;\nend harbor_pkg;\n/\n",
     "harbor_pkg harbor_pkg.rope harbor_pkg.haul"),
    ("type.sql", "CREATE OR REPLACE TYPE BODY winch AS\n  MEMBER FUNCTION pull RETURN NUMBER IS\n  BEGIN RETURN 1; END;\nEND;\n/\n",
     "winch winch.pull"),
    ("a.sql", "CREATE SCHEMA harbor;\nCREATE SCHEMA IF NOT EXISTS quay;\nCREATE SEQUENCE seq_x;\nCREATE TYPE mood AS ENUM ('a');\n",
     "harbor quay seq_x mood"),
    ("b.sql", "CREATE SCHEMA AUTHORIZATION joe;\nCREATE SCHEMA quay;\nCREATE SEQUENCE s.seq_y CYCLE OWNED BY ???;\nGO\n", "quay seq_y"),
    ("a.less", ".haul(@n) { width: @n; }\n.pull() when (@a) { }\n.card { .haul(1px); &:not(.a) { b: c } }\n", "haul pull"),
    ("a.sass", "=haul($n)\n  width: $n\n%rope\n  a: b\n.card\n  +haul(1px)\n@mixin pull\n  a: b\n", "haul rope pull"),
    ("a.fsi", "namespace Harbor\nmodule Winch =\n  val haul : int -> int\n  [<Literal>]\n  val inline ( +! ) : int -> int\ntype Rope =\n  new: unit -> Rope\n"
     "  member Pull: int -> int\nexception Snap of string\n", "Harbor Winch Winch.haul Winch.(_+!_) Rope Rope.Pull Snap"),
    ("a.lhs", "Text here: the code.\n\n> module Winch where\n> haul :: Int -> Int\n> haul x = x\n\nMore text = here.\n", "haul"),
    ("b.lhs", "\\section{A rope}\n\\begin{code}\npull :: Int\npull = 1\n\\end{code}\n\\end{document}\n", "pull"),
    ("a.el", "(cl-defun rope (&key n) n)\n(define-minor-mode sail-mode \"x\")\n(defcustom sail-y 2 \"d\")\n(cl-defstruct (knot (:a b)) c)\n"
     "(defvar later)\n(defvar now 1)\n(define-key map (kbd \"a\") 'b)\n(progn (define-derived-mode c-mode b \"c\"))\n",
     "rope sail-mode sail-y knot now c-mode"),
    ("a.hlsl", "cbuffer C : register(b0) { float4 c; };\nTexture2D t : register(t0);\nfloat4 PSMain(float3 i : POSITION) : SV_Target { return c; }\n"
     "[numthreads(8, 8, 1)]\nvoid CSMain(uint3 id : SV_DispatchThreadID)\n{\n  if (a) { float x = pull(b); }\n  else if (c) { }\n}\n",
     "C PSMain CSMain"),
    ("a.shader", "Shader \"Harbor/Sea\" {\n  CGPROGRAM\n  half4 frag(v2f i) : SV_Target\n  {\n    return tex2D(a, b);\n  }\n}\n",
     "Harbor/Sea Harbor/Sea.frag"),
    ("a.metal", "#include <metal_stdlib>\nusing namespace metal;\nkernel void haul(device float* x [[buffer(0)]]) { }\n", "haul"),
    ("a.dts", "/dts-v1/;\n/ {\n  uart0: serial@40002000 {\n    reg = <1>;\n  };\n  cpus { };\n};\n&i2c1 {\n};\n", "uart0 cpus &i2c1"),
    ("a.ml", "class boat = object method sail = 1 end\nexception Sunk of int\nmodule type ROPE = sig end\nexternal pull : int -> int = \"c_pull\"\n",
     "boat boat.sail Sunk ROPE pull"),
]  # fmt: skip


def _symbols(path: str, text: str) -> list[str]:
    language = detect_language(path, text)
    chunks = chunk_file(SourceFile(path, "1", language, text, len(text)), target=1000).chunks
    return [symbol.replace(" ", "_") for chunk in chunks for symbol in chunk.defines]


@pytest.mark.parametrize(("path", "text", "expected"), FILES)
def test_definitions(path: str, text: str, expected: str) -> None:
    assert _symbols(path, text) == expected.split()


@pytest.mark.parametrize("path", ["a.hs", "a.lhs"])
def test_without_prose_a_source_is_as_long(path: str) -> None:
    data = "Grüße\r\n> a = 1\r\n\nmore > less\n> b".encode()
    left = without_prose(path, data)
    assert len(left) == len(data)
    assert (left == data) == (path == "a.hs")
    assert [line.strip() for line in left.splitlines() if line.strip()][-1].endswith(b"b")


@pytest.mark.parametrize(
    "unit",
    ["> ", ">\n", "\\begin{code}\n", "a\n", "procedure ", "member ", " function a\n", "\tmember\n",
     "create package a\n", "create type a\n procedure b\n", "create or replace ", "create schema "],
)  # fmt: skip
def test_hostile_text_takes_no_time(unit: str) -> None:
    data = unit.encode() * (400_000 // len(unit))
    began = time.process_time()
    without_prose("a.lhs", data)
    outline_by_lines("sql", b"create package body a as\n" + data)
    assert time.process_time() - began < 1.5
