"""Symbols: what each language's sample defines, and what the queries may say."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
import tree_sitter_language_pack as pack
from tree_sitter import Query

from ccingest.chunking import chunk_file
from ccingest.chunking.definitions import definitions
from ccingest.chunking.grammar import parse
from ccingest.chunking.macros import without_macros
from ccingest.languages import LANGUAGES, detect_language
from chunk_promises import source

SAMPLES = Path(__file__).parent.parent / "samples"
QUERIES = resources.files("ccingest.chunking") / "queries"

# sample: kind: symbols of that kind, a blank in one written as _
EXPECTED = {
    "backup.sh": """
        function: usage log die free_space copy prune main
    """,
    "Bag.hs": """
        type: Bag Size Count
        class: Sized
        method: Sized.size Sized.isEmpty
        instance: Sized
        function: empty insert count <+> fromList describe collatz
    """,
    "Basket.tsx": """
        interface: Item
        type: Props
        constant: CURRENCY
        function: total useSelection useSelection.toggle Row BuyButton Basket
    """,
    "cache.rs": """
        constant: DEFAULT_CAPACITY GREETING Weigh.UNIT str.UNIT
        enum: CacheError
        impl: CacheError str Cache
        method: CacheError.fmt Weigh.weight Weigh.is_heavy str.weight Cache.new Cache.get
            Cache.put
        trait: Weigh
        type: Clock
        struct: Entry Cache
        macro: cache
        module: tests
        function: tests.forgets_the_oldest
    """,
    "ledger.ex": """
        protocol: Ledger.Render
        method: Ledger.Render.render
        module: Ledger Ledger.Entry Ledger.Render
        function: Ledger.Entry.parse Ledger.book Ledger.balance Ledger.close Ledger.on_account?
            Ledger.<~> Ledger.Render.render
        macro: Ledger.is_small Ledger.book!
    """,
    "Ledger.java": """
        class: Ledger
        interface: Ledger.Audited Ledger.Listener
        enum: Ledger.Side
        constructor: Ledger.Side.Side Ledger.Entry.Entry Ledger.Ledger
        method: Ledger.Side.apply Ledger.Entry.signed Ledger.Listener.booked Ledger.book
            Ledger.balance Ledger.close
        record: Ledger.Entry
    """,
    "Mailer.cs": """
        type: Sent
        enum: Priority
        record: Letter
        property: Letter.Priority Address.Value Mailer.OnSent Mailer.Count Mailer.this
        method: Letter.ToString Address.== Address.!= ITransport.SendAsync Mailer.Mailer
            Mailer.Add Mailer.SendAllAsync Mailer.Dispose
        struct: Address
        constructor: Address.Address Mailer.Mailer
        interface: ITransport
        class: Mailer
        function: Mailer.SendAllAsync.TrySend
    """,
    "matrix.cpp": """
        macro: MATRIX_VERSION
        namespace: math.linear
        concept: math.linear.Number
        type: math.linear.Index
        enum: math.linear.Order
        class: math.linear.Matrix
        struct: math.linear.Matrix.Shape
        method: math.linear.Matrix.Shape.operator== math.linear.Matrix.Matrix
            math.linear.Matrix.~Matrix math.linear.Matrix.operator() math.linear.Matrix.shape
            math.linear.Matrix.transposed math.linear.Matrix.clear
        function: math.linear.Matrix.~Matrix math.linear.Matrix.shape
            math.linear.Matrix.transposed math.linear.Matrix.clear bits_of describe operator<
            square
        union: Bits
    """,
    "pool.zig": """
        constant: std Allocator default_batch PoolError
        enum: State
        method: State.isFree Stats.inUse
        union: Slot
        function: Pool Pool.init Pool.deinit Pool.take Pool.grow describe
        struct: Stats
        test: a_pool_grows_when_it_is_empty
    """,
    "queue.go": """
        constant: Low High maxRetries
        type: Priority HandlerFunc jobs ids
        interface: Handler
        method: HandlerFunc.Handle jobs.Len jobs.Less jobs.Swap jobs.Push jobs.Pop Queue.Add
            Queue.Run
        struct: Job Queue
        function: New
    """,
    "ring.c": """
        macro: RING_MIN RING_MASK RING_CHECK
        enum: ring_state
        type: ring_ready_fn ring_stats_t
        struct: ring
        union: ring_word
        function: ring_used ring_new ring_free ring_write ring_names
    """,
    "router.js": """
        function: Route Route.matches compose slugify ids listen
        class: Router
        method: Router.constructor Router.size Router.onError Router.add Router.handle codecs.json
            codecs.lines codecs.x-form
        constant: codecs
    """,
    "shelf.py": """
        class: ShelfError Book Shelf Shelf.Note
        function: counted counted.wrapper Shelf.sorted_by_year.year_of restock
        method: Book.label Book.parse Shelf.__iter__ Shelf.sorted_by_year Shelf.lend
            Shelf.Note.__init__
    """,
    "stack.lua": """
        function: check Stack.new Stack.__len operators.+ operators.negate M.evaluate
            M.evaluate.apply M.help.usage
        method: Stack.push Stack.pop
        table: operators
    """,
    "Stock.scala": """
        object: units Movement Main
        type: units.Amount Stock.Listener
        method: units.pieces Movement.ware Movement.amount Out.cancelled Movement.parse
            Stock.listen Stock.book Stock.total
        trait: Movement
        class: In Out Stock
        function: Stock.book.check
    """,
    "store.ts": """
        type: Value
        interface: Codec
        method: Codec.encode Codec.decode Store.constructor Store.flush Store.set Store.get
            Store.size MemoryStore.flush Codecs.text.encode Codecs.text.decode
        enum: Level
        constant: DEFAULT_LIMIT Codecs.text
        function: assertNever sealed Codecs.byName describe legacy-store.open
        class: Store MemoryStore
        namespace: Codecs
        module: legacy-store
    """,
    "tagger.rb": """
        module: Text
        constant: Text.VERSION Text.Match
        class: Text.Error Text.Tagger
        method: Text.Tagger.load Text.Tagger.default Text.Tagger.initialize Text.Tagger.add
            Text.Tagger.each Text.Tagger.[] Text.Tagger.empty? Text.Tagger.size
            Text.Tagger.words_of Text.count main
    """,
    "Template.php": """
        constant: DEFAULT_CHARSET Template.PATTERN
        interface: Renderable
        method: Renderable.render Escapes.escape Mode.fromPath Template.__construct
            Template.fromFile Template.render Template.withFilter
        trait: Escapes
        enum: Mode
        class: Template
        function: render_all shout quiet
    """,
    "Timer.swift": """
        type: Seconds
        protocol: TimerListener
        method: TimerListener.timerRang Lap.+ Countdown.deinit Countdown.subscript Countdown.tick
            Countdown.Builder.build Countdown.reset Clock.advance
        enum: TimerError
        property: TimerError.text Lap.length Countdown.description
        struct: Lap
        class: Countdown Countdown.Builder
        constructor: Countdown.init
        function: Countdown.tick.clamp format
        extension: Countdown
        actor: Clock
    """,
    "Weather.kt": """
        constant: FREEZING
        type: Reader
        class: Reading Sunny Watch Watch.Alarm
        method: Reading.parse Forecast.isBad Sky.describe Sunny.isBad Stations.add Stations.mean
            Watch.Alarm.ring Watch.check
        interface: Forecast
        enum: Sky
        object: Stations
        constructor: Watch.constructor
        function: readAll readAll.isComment Reading.isFrost
    """,
}

GUIDE = [
    "Garden guide 🌱",
    "Garden guide 🌱 > Soil",
    "Garden guide 🌱 > Soil > Compost",
    "Garden guide 🌱 > Soil > Testing `pH`",
    "Garden guide 🌱 > Water",
    "Garden guide 🌱 > Tools",
    "Garden guide 🌱 > C# for gardeners",
    "Appendix",
]

# Not what the sample is for, but forms that code has as well.
FORMS = [
    ("julia", "function f!(x)::Int\nend\nfunction g(x::T) where {T}\nend\nh(x) = x\nabstract type A <: B end\n",
     ["function f!", "function g", "function h", "type A"]),
    ("clojure", "(def ^:private re 1)\n(deftest test-a (is 1))\n(s/defn b [x] x)\n",
     ["variable re", "test test-a", "function b"]),
    ("dart", "typedef A = bool Function(int x);\ntypedef int Compare(int a);\n", ["type A", "type Compare"]),
    ("solidity", "contract A {\n  error E(uint a);\n}\n", ["contract A", "error A.E"]),
    ("cpp", "#include <a>\nFMT_BEGIN_NAMESPACE\n\nclass A {\n};\nFMT_END_NAMESPACE\n", ["class A"]),
    ("python", "class A:\n    async def f(self): ...\n", ["class A", "method A.f"]),
    ("javascript", "export default function () {}\n", ["function default"]),
    ("javascript", "export default class {}\n", ["class default"]),
    ("javascript", "var A = class B {};\n", ["class A"]),
    ("javascript", "class A { f = () => 1; #g() {} }\n", ["class A", "method A.f", "method A.#g"]),
    ("javascript", "module.exports = { a() {}, b: () => 1 };\n", ["method a", "method b"]),
    ("typescript", "export const f = async <T,>(x: T) => x;\n", ["function f"]),
    ("go", "func (*Mux) handle() {}\n", ["method Mux.handle"]),
    ("rust", "impl<T> fmt::Debug for a::Set<T> { fn f() {} }\n", ["impl Set", "method Set.f"]),
    ("kotlin", "fun <T> List<T>.second(): T = this[1]\n", ["function List.second"]),
    ("c", "static char **f(void) { return 0; }\n", ["function f"]),
    ("c", "typedef struct a { int b; } c;\n", ["type c", "struct a"]),
    ("c", "struct a *f(struct b x);\nstruct c;\n", []),
    ("cpp", "T& A<int>::at(int i) { return x; }\n", ["function A.at"]),
    ("cpp", "namespace a { class B { void c(); operator bool(); }; }\n",
     ["namespace a", "class a.B", "method a.B.c"]),
    ("cpp", "BENCHMARK_F(A, B)(State& s) { x(); }\nBENCHMARK_TEMPLATE_F(C, D, int)(State& s) {}\n"
     "ROPE_OP(cut)(int a) {}\nint f(int a) { return a; }\n", ["function A.B", "function C.D", "function cut", "function f"]),
    ("cpp", "TEST(A, B) {}\nTEST_F(C, D) { x(); }\nTYPED_TEST_P(E, F) {}\n",
     ["test A.B", "test C.D", "test E.F"]),
    ("cpp", 'TEST_CASE("a b", "[c]") { x(); }\nBOOST_AUTO_TEST_CASE(d) {}\n',
     ["test a b", "function d"]),
    ("cpp", "void A::b(int n) GUARDED_BY(m_) { n++; }\n", ["function A.b"]),
    ("cpp", "class API A : public B {\n  int c() const REQUIRES(m_);\n  int d_ GUARDED_BY(m_) = 0;\n"
     "  void e() EXCLUDES(m_) override {}\n};\nclass ABC final { A f(); };\n",
     ["class A", "method A.c", "method A.e", "class ABC", "method ABC.f"]),
    ("c", "INIT int a(int n)\n{\n}\nstatic int __init b(void)\n{\n}\nAPI(int) c(void) {}\n",
     ["function a", "function b", "function c"]),
    ("c", "SYSCALL_DEFINE2(open, int, a)\n{\n}\nvoid f(void) NOINLINE\n{\n}\n",
     ["function open", "function f"]),
    ("csharp", "namespace A.B;\nclass C { void D() {} }\n", ["class C", "method C.D"]),
    ("ruby", "class A::B\n  def self.c; end\n  def ==(o); end\nend\n",
     ["class A.B", "method A.B.c", "method A.B.=="]),
    ("php", "<?php namespace A\\B;\nclass C { function d() {} }\n", ["class C", "method C.d"]),
    ("elixir", "defmodule A.B do\n  defp f(x) when x > 1, do: x\nend\n",
     ["module A.B", "function A.B.f"]),
    ("lua", "function M.a:f() end\nlocal g = function() end\n", ["method M.a.f", "function g"]),
    ("bash", "function f { a; }\ng() ( b )\n", ["function f", "function g"]),
    ("haskell", "x `op` y = x\n", ["function op"]),
    ("zig", "const E = extern union { a: u8 };\n", ["union E"]),
    ("rst", "====\nBook\n====\n\nPart\n====\n\nx\n\nNext\n====\n",
     ["section Book", "section Book > Part", "section Book > Next"]),
    ("terraform", 'resource "aws_s3_bucket" "logs" {}\nvariable "region" {}\n',
     ["block aws_s3_bucket.logs", "block variable.region"]),
    ("sql", "CREATE TABLE shop.items (id int);\n", ["table items"]),
    ("toml", "[tool.ruff]\na = 1\n", ["table tool.ruff"]),
    ("make", "all: a b\n\techo\n", ["target all"]),
    ("terraform", 'data "aws_ami" "x" {}\nresource "aws_ami" "x" {}\nmodule "m" {}\n',
     ["block data.aws_ami.x", "block aws_ami.x", "block module.m"]),
    ("verilog", "module cpu (input a);\nfunction f(input b); f = b; endfunction\n"
     "task t; begin end endtask\nendmodule\npackage p; endpackage\n",
     ["module cpu", "function cpu.f", "function cpu.t", "package p"]),
    ("vhdl", "entity cpu is end cpu;\narchitecture rtl of cpu is\nbegin\n"
     "p1: process(clk) begin end process;\nend rtl;\n",
     ["entity cpu", "architecture cpu.rtl", "process cpu.rtl.p1"]),
    ("fsharp", "module A.B\nlet f x = x\ntype T = { a: int }\n", ["module A.B", "function A.B.f",
     "type A.B.T"]),
    ("ocaml_interface", "val f : int -> int\ntype t = int\nmodule M : sig val x : int end\n",
     ["function f", "type t", "module M", "function M.x"]),
    ("nix", "let f = x: x; in {\n  hello = name: 1;\n  b = { c = 1; };\n}\n",
     ["function f", "function hello", "attribute b"]),
    ("groovy", "class A {\n  def f(int x) { x }\n}\nString k(a) { a }\ntask foo { }\n",
     ["class A", "method A.f", "function k", "task foo"]),
    ("gleam", "pub fn add(a: Int) { a }\npub type T { A }\n", ["function add", "type T"]),
    ("matlab", "classdef A\n methods\n  function g(o)\n  end\n end\nend\n",
     ["class A", "method A.g"]),
    ("scss", "@mixin m($a) { color: $a; }\n@function f($x) { @return $x; }\n%ph { a: b }\n",
     ["mixin m", "function f", "placeholder ph"]),
    ("sql", "CREATE FUNCTION f(a int) RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;\n"
     "CREATE INDEX i ON t (a);\n", ["function f", "index i"]),
    ("graphql", "query GetUser { user { id } }\nfragment F on User { id }\n",
     ["function GetUser", "fragment F"]),
    ("objc", "@interface A : B\n- (void)go;\n@end\n", ["class A"]),
]  # fmt: skip


def named(text: str, language: str) -> list[str]:
    data = text.encode()
    tree = parse(language, without_macros(language, data))
    assert tree is not None
    return [f"{item.kind} {item.symbol}" for item in definitions(tree, data, language)]


def expected(row: str) -> set[str]:
    found, kind = set(), ""
    for word in row.split():
        if word.endswith(":"):
            kind = word[:-1]
        else:
            found.add(f"{kind} {word}")
    return found


def test_every_sample_has_its_symbols() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {*EXPECTED, "guide.md"}


@pytest.mark.parametrize("name", EXPECTED)
def test_symbols_of_samples(name: str) -> None:
    text = (SAMPLES / name).read_bytes().decode()
    found = named(text, detect_language(name, text[:1000]))
    kinds = [item.split(" ", maxsplit=1) for item in found]
    assert {f"{kind} {symbol.replace(' ', '_')}" for kind, symbol in kinds} == expected(
        EXPECTED[name]
    )


def test_sections_of_markdown() -> None:
    text = (SAMPLES / "guide.md").read_text(encoding="utf-8")
    assert named(text, "markdown") == [f"section {path}" for path in GUIDE]


@pytest.mark.parametrize(("language", "text", "symbols"), FORMS)
def test_other_forms(language: str, text: str, symbols: list[str]) -> None:
    assert named(text, language) == symbols


@pytest.mark.parametrize(
    "name", [path.name for path in QUERIES.iterdir() if path.name.endswith(".scm")]
)
def test_queries_compile(name: str) -> None:
    """Each is for a grammar, and every pattern names a definition."""
    language = name.removesuffix(".scm")
    text = (QUERIES / name).read_text(encoding="utf-8")
    if language.startswith("_"):  # only inherited from
        assert any(f"; inherits: {language}\n" in q.read_text() for q in QUERIES.iterdir())
        return
    assert language in get_args(pack.SupportedLanguage)
    assert language in LANGUAGES
    chunk_file(source("x\n", language))  # compiles the query, with what it inherits
    if not text.startswith("; inherits:"):
        query = Query(pack.get_language(language), text)  # type: ignore[arg-type]
        assert query.pattern_count > 0


def test_names_are_bounded() -> None:
    deep = "".join(f"{' ' * i}class A{i}:\n" for i in range(30)) + " " * 30 + "x = 1\n"
    symbols = [item.split()[1] for item in named(deep, "python")]
    assert max(symbol.count(".") for symbol in symbols) == 9
    assert named(f"def {'f' * 5000}(): ...\n", "python") == [f"function {'f' * 120}"]
