"""Which lines of a hit are shown."""

from __future__ import annotations

import re
from dataclasses import replace

from ccingest.models import Chunk, Snippet
from ccingest.snippets import WantedWords, best_lines, shown_lines

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
