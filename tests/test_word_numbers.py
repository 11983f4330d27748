"""Words as numbers: the same as words that are cut out as strings."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest import word_numbers
from ccingest.word_numbers import WordNumbers, WordParts

IN_WORDS = bytes(chr(code).isalnum() for code in range(128)) + bytes([1] * 128)
WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]+")
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["", " ", "x" * 200, "aB ab ba", "gr\u00f6\u00dfe, \u65e5\u672c", "\x00a\x00"]
        ),
    ),
    max_size=12,
)


def numbered(numbers: WordNumbers, known: dict[int, bytes], texts: Sequence[str]) -> None:
    """Compare the numbers with words cut out by an expression. `known`: the words before."""
    words = [WORD.findall(text.encode()) for text in texts]
    found: list[list[bytes]] = [[] for _ in texts]
    for some in numbers.of(texts):
        known |= dict(enumerate(some.new, len(known) + 1))
        for number, owner in zip(some.numbers.tolist(), some.owners.tolist(), strict=True):
            found[owner].append(known[number])
    assert found == words
    assert len(set(known.values())) == len(known) == len(numbers) - 1


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(TEXTS, min_size=1, max_size=3))
def test_words_have_the_same_number_each_time(parts: list[list[str]]) -> None:
    numbers, known = WordNumbers(IN_WORDS), dict[int, bytes]()
    for texts in parts:
        numbered(numbers, known, texts)


def test_many_words_in_few_slots_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_numbers, "_SLOT_BITS", 2)
    monkeypatch.setattr(word_numbers, "_BLOCK", 64)
    numbers, known = WordNumbers(IN_WORDS), dict[int, bytes]()
    for step in (1, 7):
        texts = [" ".join(f"w{n * step % 3000}" for n in range(at, at + 9)) for at in range(900)]
        numbered(numbers, known, texts)


def test_the_parts_of_words() -> None:
    numbers, parts = WordNumbers(IN_WORDS), WordParts()
    for texts in (["ab c", "", "c ab"], [" ".join("xyz"[: n % 4] * (n % 7) for n in range(3000))]):
        found: list[tuple[int, int]] = []
        for words in numbers.of(texts):
            parts.add([list(word) for word in words.new])
            each, owners = parts.of(words)
            found += zip(each.tolist(), owners.tolist(), strict=True)
        expected = [(ord(c), at) for at, text in enumerate(texts) for c in text if c != " "]
        assert found == expected
