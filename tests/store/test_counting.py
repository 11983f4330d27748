"""The postings of a write, counted with what is known of earlier writes and without."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest

from ccingest.models import Chunk
from ccingest.store import counting
from ccingest.store.counting import TermCounter, count_terms
from ccingest.store.postings import FIELDS, Postings, file_hash, name_hash, term_hash
from ccingest.terms import word_terms, words

CHUNKS = [
    Chunk("src/web/Router.py", 1, 9, "python", "Router._route", "method",
          "def _route(self): return getUserById(user_id) + getUserById(2)", 0, ("Router._route",)),
    Chunk("src/web/Router.py", 10, 12, "python", "", "block", "  \n"),
    Chunk("größe.md", 1, 1, "markdown", "Größe", "section", "Die Größe\u00a0der \u9a8c\u8bc1\u5bc6\u7801 \u201cquoted\u201d", 0,
          ("Größe",)),
    Chunk("many", 1, 1, "text", "", "block", "again " * 300),
]  # fmt: skip


def plainly(chunks: list[Chunk]) -> dict[tuple[int, int], list[int]]:
    """(term, chunk) -> how often in each field, in the plainest way."""
    found: dict[tuple[int, int], list[int]] = {}
    for number, chunk in enumerate(chunks):
        folder, _, file = chunk.path.rpartition("/")
        name = file.rpartition(".")[0] or file
        texts = (chunk.text, chunk.symbol, " ".join(chunk.defines), name, folder)
        for field, text in enumerate(texts):
            terms = Counter(term for word in words(text) for term in word_terms(word))
            for term, times in terms.items():
                row = found.setdefault((term_hash(term), number), [0] * len(FIELDS))
                row[field] = min(times, 255)
        exact = {name_hash(one.split(".")[-1].strip("_").lower()) for one in chunk.defines}
        for key in (*exact, file_hash(file.lower())):
            found[key, number] = [0] * len(FIELDS)
    return found


def held(postings: Postings) -> dict[tuple[int, int], list[int]]:
    assert (postings.terms[1:] > postings.terms[:-1]).all()
    return {
        (term, int(chunk)): counts.tolist()
        for term in postings.terms.tolist()
        for chunk, counts in zip(*postings.of(term), strict=True)
    }


def test_what_is_counted() -> None:
    found = count_terms(5, CHUNKS)
    assert held(found) == plainly(CHUNKS)
    assert found.lengths[3].tolist() == [300, 0, 0, 1, 0]
    assert found.files[0] == found.files[1] == term_hash("src/web/Router.py")


def test_of_no_chunk() -> None:
    found = count_terms(5, [])
    assert (len(found.terms), len(found.chunks), found.lengths.shape) == (0, 0, (0, 5))


@pytest.mark.parametrize("most_words", [100_000, 3])
def test_what_is_known_of_earlier_writes_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, most_words: int
) -> None:
    monkeypatch.setattr(counting, "_MOST_WORDS", most_words)
    counter = TermCounter()
    for chunks in (CHUNKS[2:], CHUNKS, CHUNKS[:2]):
        known, fresh = counter.count(7, chunks), count_terms(7, chunks)
        for field in fields(Postings):
            assert np.array_equal(getattr(known, field.name), getattr(fresh, field.name))


def test_the_order_of_many_numbers() -> None:
    numbers = np.random.default_rng(1).integers(0, 200_000, 50_000, dtype=np.int32)
    for some in (numbers, numbers % 1000):
        assert (counting._order(some) == np.argsort(some, kind="stable")).all()
