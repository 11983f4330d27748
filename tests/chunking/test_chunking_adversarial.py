"""Files made to break a chunker: too deep, too long, too blank."""

from __future__ import annotations

import itertools

import pytest

from ccingest.chunking import ChunkedFile, chunk_file
from chunk_promises import broken_promises, source

MEGABYTE = 1_000_000


def chunked(text: str, language: str) -> ChunkedFile:
    file = source(text, language)
    done = chunk_file(file)
    assert broken_promises(file, done.chunks) == []
    return done


@pytest.mark.parametrize("language", ["python", "javascript", "c", "json", "haskell", "markdown"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_hundred_thousand_parentheses(language: str, closed: bool) -> None:
    text = "(" * 100_000 + ")" * 100_000 * closed
    assert chunked(text, language).fallback == "too_deep"


def test_brackets_closed_but_never_opened_are_not_deep() -> None:
    text = "".join(f"{i}) one of many points\n" for i in range(2_000))
    assert chunked(text, "markdown").fallback is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("markdown", "> " * 300 + "x\n"),
        ("markdown", "".join("  " * i + "- x\n" for i in range(300))),
        ("yaml", "- " * 300 + "x\n"),
        ("yaml", "".join(" " * i + "a:\n" for i in range(600))),
        ("kotlin", '"${' * 5_000),
    ],
)
def test_what_overruns_a_scanner_is_not_given_to_it(language: str, text: str) -> None:
    """Each of these kills a process that parses it."""
    assert chunked(text, language).fallback == "too_deep"


@pytest.mark.parametrize(
    ("language", "before"),
    [("d", "!"), ("doxygen", "`"), ("odin", "."), ("v", "e is"), ("v", "\n")],
)
def test_a_letter_beyond_the_tables_of_a_scanner(language: str, before: str) -> None:
    """Each of these kills a process that parses it, most of the time."""
    for letter in ("\U0010ffff", "\U000f0000", "\U0001f331", "\u6f22"):
        assert chunked(f"{before}{letter}\n", language).fallback is None


@pytest.mark.parametrize("language", ["dart", "kotlin", "gleam", "scala"])
@pytest.mark.parametrize("sign", ["`", "@a", "/*"])
def test_the_same_signs_again_and_again(language: str, sign: str) -> None:
    assert chunked(sign * 50_000, language).fallback == "repetitive"


@pytest.mark.parametrize("language", ["javascript", "ruby", "c"])
def test_a_tree_that_is_deep_without_brackets(language: str) -> None:
    text = "x = " + " = ".join(f"a{i}" for i in range(80_000)) + ";\n"
    assert len(chunked(text, language).chunks) > 400


def test_functions_in_functions() -> None:
    text = "".join(f"function f{i}() {{\n" for i in range(400))
    assert max(len(chunk.symbol) for chunk in chunked(text, "javascript").chunks) < 60


@pytest.mark.parametrize("language", ["python", "json", "markdown", "xml", "text"])
@pytest.mark.parametrize("letter", ["x", "é", "🌱", "e\u0301", " "])
def test_one_line_of_a_megabyte(language: str, letter: str) -> None:
    times = MEGABYTE // len(letter.encode())
    chunks = chunked(letter * times, language).chunks
    assert MEGABYTE / 8_000 < len(chunks) < MEGABYTE / 200


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\t", "\x0c"])
def test_only_blanks(end: str) -> None:
    done = chunked(end * 20_000, "go")
    assert {chunk.kind for chunk in done.chunks} == {"block"}


def test_no_cut_within_a_crlf() -> None:
    # The third blank and the CR make up the 1000 characters that a chunk is filled to.
    chunks = chunked("   " + "x" * 999 + "\r\n" + "y" * 3_000, "text").chunks
    assert chunks[0].text.endswith("\r\n")


def test_blanks_within_code_join_it() -> None:
    text = "def f():\n    pass\n" + "\n" * 3_000 + "def g():\n    pass\n"
    assert all(chunk.text.strip() for chunk in chunked(text, "python").chunks)


def test_a_wide_list() -> None:
    text = "[" + ", ".join(str(i) for i in range(100_000)) + "]\n"
    assert chunked(text, "json").fallback is None


def test_a_minified_script_is_cut_between_statements() -> None:
    text = "".join(f"function f{i}(a,b){{return a+b*{i}}}" for i in range(300))
    done = chunked(text, "javascript")
    assert all(chunk.text.startswith("function f") for chunk in done.chunks)


@pytest.mark.parametrize("text", ["a\rb\rc\r" * 2_000, "class A:\r    def f(self): pass\r" * 300])
def test_lone_carriage_returns_end_no_line(text: str) -> None:
    done = chunked(text, "python")
    assert {(chunk.start_line, chunk.end_line) for chunk in done.chunks} == {(1, 1)}


def test_lone_surrogates_and_controls() -> None:
    letters = ["\ud800", "\udfff", "\x00", "\x1b", "\u2028", "\ufeff", "\U0010ffff", "a", "\n"]
    text = "".join(map("".join, itertools.product(letters, repeat=4)))
    chunked(text, "javascript")


def test_marks_without_end() -> None:
    chunked("a" + "\u0300" * 20_000, "text")


def test_no_cut_within_a_family() -> None:
    family = "👩\u200d👩\u200d👧\u200d👦"
    for chunk in chunked(family * 2_000, "text").chunks:
        assert chunk.text.replace(family, "") == ""


def test_no_cut_within_a_flag() -> None:
    flags = "🇩🇪🇫🇷🇯🇵" * 1_000
    for chunk in chunked(flags, "text").chunks:
        assert len(chunk.text) % 2 == 0
