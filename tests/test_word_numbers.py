"""Words as numbers: the same as words that are cut out as strings."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest import word_numbers
from ccingest.word_numbers import WordNumbers

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
    first = len(numbers)
    found, counts, new = numbers.of(texts)
    known |= dict(enumerate(new, first))
    words = [WORD.findall(text.encode()) for text in texts]
    assert [known[number] for number in found.tolist()] == [word for of in words for word in of]
    assert counts.tolist() == [len(of) for of in words]
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
    numbers.forget()
    numbered(numbers, {}, ["w1 w2 w1"])
