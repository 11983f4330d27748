"""Which lines of a hit are shown."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ccingest.models import Chunk, Snippet
from ccingest.snippets import WantedWords, _said, best_lines, definition_of, shown_lines, symbol_at
from ccingest.terms import forms, word_terms, words

BODY = [
    "def load(path):",
    '    """Reads the file."""',
    *(f"    step_{i}()" for i in range(10)),
    "    if is_expired(token):",
    "        raise TokenExpired",
    *(f"    more_{i}()" for i in range(10)),
]
CHUNK = Chunk("a.py", 11, 34, "python", "load", "function", "\n".join(BODY), defines=("load",))
WANTED = WantedWords({"expired": (0, 2.0), "token": (1, 3.0), "tokens": (1, 3.0)})


def test_the_lines_that_say_the_question_under_their_signature() -> None:
    snippet = best_lines(CHUNK, WANTED, 5, (11, 34))
    assert snippet == Snippet(23, 26, signature=11)
    shown = shown_lines(CHUNK, snippet)
    assert [number for number, _ in shown] == [11, 23, 24, 25, 26]
    assert shown[0][1] == "def load(path):"
    assert "expired" in shown[1][1]


def test_what_answers_in_several_places_is_shown_in_all_of_them() -> None:
    """Of a definition whose words are far from each other, not only the lines around one of them."""
    body = [*BODY, "    audit(session)", *(f"    last_{i}()" for i in range(9))]
    chunk = replace(CHUNK, text="\n".join(body), end_line=CHUNK.start_line + len(body) - 1)
    wanted = WantedWords({"expired": (0, 2.0), "token": (1, 3.0), "audit": (2, 1.0)})
    snippet = best_lines(chunk, wanted, 7, (11, 44))
    assert snippet == Snippet(23, 25, signature=11, more=((35, 37),))
    assert [number for number, _ in shown_lines(chunk, snippet)] == [11, 23, 24, 25, 35, 36, 37]
    assert shown_lines(chunk, snippet)[4][1] == "    audit(session)"


def test_places_beside_each_other_are_one_and_none_is_shown_twice() -> None:
    lines = [f"    token_{i}()" if i else "def load(token):" for i in range(30)]
    chunk = Chunk("a.py", 1, 30, "python", "load", "function", "\n".join(lines), defines=("load",))
    for most in range(1, 30):
        snippet = best_lines(chunk, WANTED, most, (1, 30))
        numbers = [number for number, _ in shown_lines(chunk, snippet)]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == most
        assert not snippet.more or snippet.end_line + 1 < snippet.more[0][0]


def test_a_short_hit_is_shown_whole_and_blank_lines_in_front_are_not() -> None:
    chunk = Chunk("a.py", 5, 8, "python", "", "block", "\n\nx = 1\ny = 2\n")
    assert best_lines(chunk, WANTED, 5, (5, 8)) == Snippet(7, 8)


def test_where_nothing_is_said_the_chunk_that_was_found_is_shown() -> None:
    assert best_lines(CHUNK, WantedWords({}), 5, (25, 34)) == Snippet(25, 28, signature=11)
    assert best_lines(CHUNK, WantedWords({}), 5, (11, 34)) == Snippet(11, 15)


def test_of_a_name_its_declaration_is_shown() -> None:
    text = "\n".join([*(f"use(total, {i})" for i in range(8)), "total = 5", *["pass"] * 8])
    chunk = Chunk("a.py", 1, 17, "python", "", "block", text)
    declared = re.compile(r"^total =", re.MULTILINE)
    assert best_lines(chunk, WantedWords({"total": (0, 1.0)}), 4, (1, 17), declared).start_line == 9


def test_the_definition_that_a_line_stands_in() -> None:
    chunks = [
        Chunk("a.py", 1, 9, "python", "Mux", "class", ""),
        Chunk("a.py", 10, 20, "python", "Mux.handle", "method", ""),
    ]
    assert symbol_at(chunks, 12, "Mux") == "Mux.handle"
    assert symbol_at(chunks, 99, "Mux") == "Mux"


def test_the_definition_that_most_lines_of_a_snippet_stand_in() -> None:
    """Of two functions in one chunk the one that is shown, not the first."""
    text = "\n".join(
        [
            "def first():",
            "    return 1",
            "",
            "",
            "def second():",
            "    x = 2",
            "    return x",
            "",
            "y = 3",
        ]
    )
    chunk = Chunk("a.py", 11, 19, "python", "first", "function", text, defines=("first", "second"))
    assert _definition(chunk, 16, 17) == ("second", 15)
    assert _definition(chunk, 15, 17) == ("second", 15)
    assert _definition(chunk, 12, 14) == ("first", 11)
    assert _definition(chunk, 19, 19) is None  # it stands in no function


def test_a_section_of_a_document_goes_on_to_the_next() -> None:
    text = "# Shop\n\nText.\n\n## Refunds\n\nWithin a week."
    defines = ("Shop", "Shop > Refunds")
    chunk = Chunk("a.md", 1, 7, "markdown", "Shop", "section", text, defines=defines)
    assert _definition(chunk, 7, 7) == ("Shop > Refunds", 5)
    assert _definition(chunk, 3, 3) == ("Shop", 1)


def _definition(chunk: Chunk, first: int, last: int) -> tuple[str, int] | None:
    found = definition_of(chunk, [chunk], Snippet(first, last))
    return (found.symbol, found.line) if found else None


_WORDS = st.sampled_from(["retries", "max_retry", "maxRetry", "stop", "stopped", "HTTPServer", "é"])


@given(st.lists(st.lists(_WORDS, max_size=3).map(" ".join)), st.sets(_WORDS.map(str.lower)))
def test_a_line_says_each_word_that_it_has_in_any_form(lines: list[str], asked: set[str]) -> None:
    wanted = {form: (number, 1.0) for number, word in enumerate(asked) for form in forms(word)}
    terms = [[term for word in words(line) for term in word_terms(word)] for line in lines]
    assert [dict(found) for found in _said("\n".join(lines), WantedWords(wanted))] == [
        {wanted[term][0]: 1.0 for term in of_line if term in wanted} for of_line in terms or [[]]
    ]
