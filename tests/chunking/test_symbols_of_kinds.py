"""Definitions of kinds that queries missed, or gave a name that nobody writes."""

from __future__ import annotations

import pytest

from ccingest.chunking import chunk_file
from ccingest.languages import detect_language
from ccingest.models import SourceFile

# path, text, and all that it defines, a blank in a name written as _
FILES = [
    ("a.nim", "proc haul*(n: int): int = n\nfunc `+`*(a: int): int = a\niterator ropes*(n: int): int = yield n\n"
     "converter toRope*(n: int): int = n\ntemplate pull*(n: untyped) = n\nmacro tie*(n: untyped): untyped = n\n"
     "type\n  Winch*[T] = ref object\n  Rope = object\nmethod go*(w: Winch) = discard\n",
     "haul + ropes toRope pull tie Winch Rope go"),
    ("a.dart", "class Winch {\n  Winch(this.n);\n  Winch.slow() : n = 1;\n  const Winch.none();\n  factory Winch.of(int n) => Winch(n);\n"
     "  int get depth => 1;\n  set depth(int v) {}\n  bool operator ==(Object o) => true;\n}\nextension type Id(int v) { int twice() => v; }\nint get top => 1;\n",
     "Winch Winch.Winch Winch.slow Winch.none Winch.of Winch.depth Winch.== Id Id.twice top"),
    ("a.m", "@protocol Hauler <NSObject>\n- (void)haul:(int)n with:(int)m;\n@optional\n+ (int)depth;\n@end\n",
     "Hauler Hauler.haul Hauler.depth"),
    ("haul.m", "## Copyright (C) 2023 A. B <a@b>\n## -*- texinfo -*-\n\nfunction [a, b] = haul (x, n)\n  ## Check X\n"
     "  if (! isvector (x) || n != 1) # all\n    error (\"haul: no # vector!\");\n  endif\n  unwind_protect\n    a = x';\n"
     "  unwind_protect_cleanup\n    b = 1;\n  end_unwind_protect\nendfunction\n\nfunction pull ()\n  for i = 1:2\n    x(i)++;\n  endfor\n"
     "endfunction\n\n%!test\n%! assert (haul (1), 1)\n", "haul pull"),
    ("Winch.m", "# A class\nclassdef Winch < handle\n  methods\n    function go (this)\n    endfunction\n  endmethods\nendclassdef\n",
     "Winch Winch.go"),
    ("irq.sv", "class irq extends uvm_monitor;\n  protected virtual irq_if vif;\n  `uvm_component_utils(irq)\n  extern function void later();\n"
     "  function new(string name, uvm_component parent=null);\n    super.new(name, parent);\n  endfunction : new\n"
     "  function automatic logic [31:0] build(uvm_phase phase);\n    if (!uvm_config_db#(virtual irq_if)::get(this)) begin\n"
     "      `uvm_fatal(\"A\",{\"b\"})\n    end\n  endfunction\n  virtual task run_phase(uvm_phase phase);\n  endtask\nendclass\n"
     "function void irq::later();\nendfunction\n", "irq irq.new irq.build irq.run_phase irq.later"),
    ("check.sv", "module check #(\n  parameter bit A = 1'b0\n) (\n  input clk_i\n);\n  import \"DPI-C\" function chandle get_it;\n"
     "  import \"DPI-C\" function void make(bit a,\n    bit b);\n  chandle h;\n  initial begin\n    h = get_it();\n  end\nendmodule\n", "check"),
    ("portASM.s", "    EXPORT  haul\n    AREA    A, CODE, READONLY\n; starts\nhaul\n    PRESERVE8\n    SVC 0\npull PROC\n    bx lr\n    ENDP\n"
     "loop:\n    nop\n    END\n", "haul pull loop"),
    ("a.plugin.zsh", "if ! (( $+commands[curl] )); then\n  return\nfi\n\nfunction haul {\n  local -a data\n"
     "  data=(\"${(ps:\\n:)\"$(command curl -s x)\"}\")\n}\n\nfunction _pull(){\n  dirs=( ${(M)${${(f)\"$(pgrep x)\"}:#$$:*}%%/*} )\n}\n"
     "if a; then\n  tie-up () {\n    :\n  }\nfi\nhaul (x)\n", "haul _pull tie-up"),
    ("Makefile", "A = $(patsubst v%,%, $(shell git describe)\n\nall: a\n\techo\n\n.PHONY: all\n\nrelease_lnx: all \\\n  b\n\tzip\n"
     "B := 1\nA: C := 2\n%.o: %.c\n", "all release_lnx %.o"),
    ("build.ps1", "if ($a)\n{ $b = $c + \"-\" }\n\nfunction create-package($name)\n{\n  $p = \"/t:pack\", \"-c\" $name\n}\n", "create-package"),
    ("start.s", ".globl start\nstart:\n  nop\nret\n", "start"),
    ("a.R", "\"rope<-\" <- function(x, value) x\nWinch <- R6Class(\"Winch\", public = list(n = 1,\n  haul = function() 1))\n"
     "setClass(\"Sea\", representation(a = \"character\"))\nsetGeneric(\"tide\", function(s) 1)\nlapply(x, FUN = function(a) a)\n"
     "test_that(\"it hauls\", {\n})\n",
     "rope<- Winch Winch.haul Sea tide it_hauls"),
    ("a.erl", "-module(a).\n-define(MAX, 10).\n-define(ADD(X,Y), X+Y).\n-type rope() :: integer().\n-callback init(X :: term()) -> ok.\n",
     "MAX ADD rope init"),
    ("a.f90", "module winch\n type, extends(base), public :: rope\n  real :: x\n end type rope\n interface haul\n  module procedure a\n end interface\nend module\n",
     "winch winch.rope winch.haul"),
    ("a.ml", "module type S = sig\n  val haul : int -> int\nend\nlet ( >>= ) a b = a\nlet rec even n = n\nand odd n = n\ntype rope = A\nand knot = B\n",
     "S S.haul >>= even odd rope knot"),
    ("a.hs", "pattern Pair x y = (x, y)\npattern One x = Just x\nforeign import ccall \"x\" c_haul :: Int -> Int\n", "Pair One c_haul"),
    ("a.d", "enum Rope { a }\nunion Sea { int a; }\ntemplate Knot(T) { int b; }\nclass Winch { this() {} }\n", "Rope Sea Knot Winch Winch.this"),
    ("a.gd", "class_name Winch extends Node\nsignal hauled(n)\nenum State { A }\nconst SPEED = 3\nfunc go(): pass\n",
     "Winch hauled State SPEED go"),
    ("a.sol", "contract A { constructor() {} type T is uint; }\n", "A A.constructor A.T"),
    ("a.graphql", "extend type Winch { a: Int }\nextend enum Rope { A }\n", "Winch Rope"),
    ("a.cs", "class A { public event EventHandler Hauled; }\n", "A A.Hauled"),
    ("a.rs", "impl dyn Winch { fn haul(&self) {} }\nimpl Tr for &Rope<T> { fn pull(&self) {} }\n", "Winch Winch.haul Rope Rope.pull"),
    ("a.py", "type Rope[T] = list[T]\n", "Rope"),
    ("a_test.exs", "defmodule ATest do\n  describe \"winch\" do\n    test \"it hauls\", %{a: a} do\n    end\n  end\nend\n",
     "ATest ATest.winch ATest.it_hauls"),
    ("Rakefile", "task :moor do\nend\ntask pull: [:moor]\ntask 'a' => :moor do\nend\nnamespace :sea do\n  task :tide, [:n] => :x do |t|\n  end\nend\n",
     "moor pull a sea sea.tide"),
    ("rope.rb", "class Rope < A\n  scope :long, -> { where(a: 1) }\nend\n", "Rope Rope.long"),
    ("a.bats", "setup() { :; }\n@test \"it hauls\" {\n  run a\n}\n@test 'it pulls' {\n  run b\n}\n", "setup it_hauls it_pulls"),
    ("a.svelte", "<script>\nfunction haul() {}\n</script>\n{#snippet rope(x)}<p>{x}</p>{/snippet}\n", "haul rope"),
    ("a.twig", "{% block winch %}x{% endblock %}\n{% macro haul(n) %}{% endmacro %}\n", "winch haul"),
    ("a.css", "@keyframes tide { from {} to {} }\n", "tide"),
    ("a.c", "void (*haul(int a, void (*f)(int)))(int) { }\n", "haul"),
    ("a.c", "int __must_check haul(void)\n{\n return 1;\n}\nstatic __u32 pull(int a)\n{\n return 1;\n}\nstatic int __init tie(void)\n{\n}\n"
     "struct rope __rcu *get(void)\n{\n return 0;\n}\nZEND_METHOD(Sea, tide)\n{\n}\nTest(harbor, opens) {\n}\n",
     "haul pull tie get Sea.tide harbor.opens"),
    ("a.cpp", "class Winch : public QObject {\n  Q_OBJECT\n public slots:\n  void haul();\n private Q_SLOTS:\n  void pull() {}\n};\n",
     "Winch Winch.haul Winch.pull"),
    ("a.m", "#import <A/A.h>\ntypedef NS_ENUM(NSInteger, Tide) {\n  TideLow,\n  TideHigh\n};\nint haul(void) { return 1; }\n", "Tide haul"),
    ("a.groovy", "class Winch extends B {\n  def haul(int x) {\n  }\n  @Override\n  static Map<String, Integer> pull() {\n  }\n"
     "  def \"it hauls\"() {\n  }\n}\n", "Winch Winch.haul Winch.pull Winch.it_hauls"),
    ("build.gradle", "task moor(type: Copy) {\n}\ntasks.register('pull') {\n}\next.a = task\n", "moor pull"),
    ("Jenkinsfile", "pipeline {\n  stages {\n    stage('Build it') {\n    }\n  }\n}\n", "Build_it"),
    ("a.pl", "use v5.38;\nclass Winch::Big {\n  field $n;\n  method haul($x) {\n  }\n}\nasync sub pull { }\n$a->method rope;\n",
     "Winch::Big Winch::Big.haul Winch::Big.pull"),
    ("macros/a.sql", "{% macro haul(n=2) %}\n  create table x as select 1\n{% endmacro %}\n{%- test is_long(model) -%}\nselect 1\n{% endtest %}\n",
     "haul is_long"),
    ("base.html", "{% block winch %}x{% endblock %}\n{% macro haul(n) %}<p>{% endmacro %}\n", "winch haul"),
    ("_helpers.tpl", "{{/* names */}}\n{{- define \"chart.name\" -}}\nx\n{{- end }}\n{{ define \"chart.all\" }}y{{ end }}\n", "chart.name chart.all"),
    ("a.fs", "module A\nlet ``it hauls`` () = ()\nexception Snap of string\ntype Winch(x: int) =\n    member _.Haul() = x\n",
     "A A.it_hauls A.Snap A.Winch A.Winch.Haul"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), FILES)
def test_symbols(path: str, text: str, expected: str) -> None:
    assert [name.replace(" ", "_") for name in symbols(path, text)] == expected.split()


def symbols(path: str, text: str) -> list[str]:
    language = detect_language(path, text)
    chunks = chunk_file(SourceFile(path, "id", language, text, len(text))).chunks
    return list(dict.fromkeys(symbol for chunk in chunks for symbol in chunk.defines))
