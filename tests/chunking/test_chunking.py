"""Chunks of real code: what stays together, what a chunk is called, when lines are used."""

from __future__ import annotations

import gc
import re
import tracemalloc
from pathlib import Path

import pytest

from ccingest.chunking import ChunkedFile, chunk_file, chunker_id, grammar
from ccingest.languages import detect_language
from ccingest.models import Chunk, SourceFile
from chunk_promises import broken_promises, source

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir())


def sample(name: str) -> SourceFile:
    text = (SAMPLES / name).read_bytes().decode()
    return source(text, detect_language(name, text[:1000]), name)


def with_text(done: ChunkedFile, text: str) -> Chunk:
    (found,) = [chunk for chunk in done.chunks if text in chunk.text[chunk.overlap :]]
    return found


def test_chunker_id() -> None:
    assert re.fullmatch(r"cast\d+/800/50", chunker_id(800, 50))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", [1000, 300, 100])
def test_promises_on_samples(name: str, target: int) -> None:
    file = sample(name)
    done = chunk_file(file, target=target, overlap=target // 10)
    assert broken_promises(file, done.chunks, target=target, overlap=target // 10) == []
    assert done.fallback is None


@pytest.mark.parametrize("name", NAMES)
def test_cuts_are_at_lines(name: str) -> None:
    done = chunk_file(sample(name), target=350)
    assert len(done.chunks) > 1
    assert all(chunk.text.endswith("\n") for chunk in done.chunks[:-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", [1000, 400])
def test_no_chunk_of_braces_alone(name: str, target: int) -> None:
    done = chunk_file(sample(name), target=target)
    assert not [c.text for c in done.chunks if not re.search(r"[^\W_]{2}", c.text)]


def test_a_crlf_file_is_tested() -> None:
    text = sample("Mailer.cs").text
    assert text.count("\r\n") == text.count("\n") > 60


# A comment, decorator or the like, and the beginning of what it belongs to.
@pytest.mark.parametrize(
    ("name", "lead", "definition"),
    [
        ("shelf.py", "@dataclass(frozen=True)", "class Book:"),
        ("shelf.py", "@property", "def label"),
        ("shelf.py", "# A shelf has no end", "def sorted_by_year"),
        ("router.js", " * A route with its handler.", "function Route"),
        ("router.js", "// Does the path begin", "Route.prototype.matches"),
        ("router.js", "/** Add a route. */", "add(method"),
        ("store.ts", "/** Überschreibt", "set(key"),
        ("store.ts", "@sealed", "class MemoryStore"),
        ("Basket.tsx", "/** Sums up", "function total"),
        ("queue.go", "// Add puts", "Add(job *Job)"),
        ("queue.go", "// Run handles", "Run(handler"),
        ("cache.rs", "/// What can go wrong", "pub enum CacheError"),
        ("cache.rs", "#[inline]", "pub fn get"),
        ("cache.rs", "#[cfg(test)]", "mod tests"),
        ("Ledger.java", "     * Books an entry.", "public synchronized void book"),
        ("Ledger.java", "@Override", "public void close"),
        ("Weather.kt", "/** The mean of all", "fun mean"),
        ("Weather.kt", "@Synchronized", "fun add"),
        ("ring.c", " * Makes a ring", "struct ring *ring_new"),
        ("matrix.cpp", "/// Rows become columns.", "::transposed()"),
        ("Mailer.cs", "/// Sends letters", "class Mailer"),
        ("Mailer.cs", "/// <summary>Sends all", "SendAllAsync()"),
        ("tagger.rb", "# Reads tags", "def self.load"),
        ("Template.php", " * Puts the values in.", "public function render"),
        ("Template.php", "#[\\Attribute]", "final class Template"),
        ("Stock.scala", "@throws", "def book"),
        ("Timer.swift", "@discardableResult", "func tick"),
        ("ledger.ex", "  Amounts over the limit are refused.", "def book(%__MODULE__{closed"),
        ("ledger.ex", "@spec parse", "def parse(line)"),
        ("stack.lua", "--- Puts a value on top.", "function Stack:push"),
        ("backup.sh", "# Makes a copy", "copy() {"),
        ("Bag.hs", "-- | Puts a value in", "insert value (Bag"),
        ("Bag.hs", "fromList ::", "fromList = go"),
        ("pool.zig", "/// Takes an object", "fn take"),
        ("guide.md", "### Compost", "1. Leaves"),
        ("guide.md", "Tools\n-----", "A can, a hose"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("target", [1000, 600, 400])
def test_leads_stay_with_what_they_lead(name: str, lead: str, definition: str, target: int) -> None:
    done = chunk_file(sample(name), target=target)
    chunks = [c.text.replace("\r\n", "\n") for c in done.chunks]
    assert [text for text in chunks if lead in text and definition in text]


def test_definitions_that_fit_are_whole() -> None:
    done = chunk_file(sample("shelf.py"), target=400)
    chunk = with_text(done, "def lend")
    assert "self.lent[title] = total" in chunk.text
    assert (chunk.symbol, chunk.kind) == ("Shelf.lend", "method")
    assert chunk.defines[0] == "Shelf.lend"


def test_symbol_of_a_chunk_with_several_definitions() -> None:
    done = chunk_file(sample("shelf.py"), target=700)
    chunk = with_text(done, "class Book:")
    assert (chunk.symbol, chunk.kind) == ("Book", "class")
    assert chunk.defines[:3] == ("Book", "Book.label", "Book.parse")


def test_every_definition_is_in_one_chunk() -> None:
    done = chunk_file(sample("queue.go"), target=300)
    defined = [symbol for chunk in done.chunks for symbol in chunk.defines]
    assert len(defined) == len(set(defined))
    assert {"Low", "Job", "jobs.Pop", "Queue.Run"} <= set(defined)


def test_a_chunk_outside_of_definitions_is_a_block() -> None:
    text = "import a\n" + "b(1)\n" * 3
    (chunk,) = chunk_file(source(text, "python")).chunks
    assert (chunk.symbol, chunk.kind, chunk.defines) == ("", "block", ())


def test_a_long_string_is_cut_with_overlap() -> None:
    lines = "".join(f"line {i} of a long text\n" for i in range(400))
    text = f'BEFORE = 1\n\n\ndef f():\n    return """\n{lines}"""\n\n\nAFTER = 2\n'
    file = source(text, "python")
    done = chunk_file(file, target=1000, overlap=100)
    assert broken_promises(file, done.chunks) == []
    inside = [chunk for chunk in done.chunks if chunk.overlap]
    assert len(inside) > 5
    assert all(chunk.text.startswith("line ") for chunk in inside)
    assert all(60 < chunk.overlap <= 100 for chunk in inside)
    assert {chunk.symbol for chunk in inside} == {"f"}


def test_no_overlap_when_none_is_asked_for() -> None:
    file = source("x" * 5000, "text")
    done = chunk_file(file, target=1000, overlap=0)
    assert [chunk.overlap for chunk in done.chunks] == [0] * len(done.chunks)
    assert broken_promises(file, done.chunks, overlap=0) == []


def test_lines_of_an_overlap_count() -> None:
    text = "".join(f"{i:03} {'word ' * 20}\n" for i in range(60))
    done = chunk_file(source(text, "text"), target=1000, overlap=210)
    second = done.chunks[1]
    assert second.overlap == 210
    assert second.text.startswith(f"{second.start_line - 1:03} ")


@pytest.mark.parametrize("language", ["text", "csv", "agda", "awk"])
def test_no_grammar(language: str) -> None:
    done = chunk_file(source("a b c\n" * 1000, language))
    assert done.fallback == "no_grammar"
    assert len(done.chunks) == 4


def test_a_tree_with_errors_is_used() -> None:
    text = "def f(:\n    return 1\n\n\ndef g():\n    return 2\n"
    done = chunk_file(source(text, "python"))
    assert done.fallback is None
    assert "g" in done.chunks[-1].defines


def test_parse_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    file = sample("cache.rs")
    usual = chunk_file(file)
    with monkeypatch.context() as patched:
        patched.setattr(grammar, "PARSE_SECONDS", 0.0)
        late = chunk_file(file)
    assert late.fallback == "parse_timeout"
    assert broken_promises(file, late.chunks) == []
    assert chunk_file(file) == usual  # the parser is as good as new


def test_empty_file() -> None:
    assert chunk_file(source("", "python")) == ChunkedFile(())


@pytest.mark.parametrize("text", ["\n", " ", "\r\n\r\n", "\ufeff", "a", "a\n\n\n", "\t\n x"])
@pytest.mark.parametrize("language", ["python", "markdown", "text"])
def test_tiny_files_are_one_chunk(text: str, language: str) -> None:
    file = source(text, language)
    done = chunk_file(file)
    assert [chunk.text for chunk in done.chunks] == [text]
    assert broken_promises(file, done.chunks) == []


def test_no_source_stays_in_memory() -> None:
    file = source("def works(x):\n    return [x, 1]\n\n\n" * 300, "python")
    chunk_file(file)
    tracemalloc.start()
    try:
        for _ in range(30):
            chunk_file(file)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2 * file.size
