"""Features that look at the order of words, at neighbours and at names."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TypeAlias

import numpy as np
import pytest

from ccingest.models import Candidate, Chunk, Dataset, Reference
from ccingest.ranking import Candidates, Found, ParsedQuery
from ccingest.ranking.features import features
from ccingest.ranking.pool import make_pool

_NOW = datetime.now(timezone.utc)
_DATASET = Dataset(
    1, "", "dataset", "project", Reference("github", "r", "file:///r"), None, "0" * 40, "model", "",
    "", "table", 1, 0, 1, _NOW, _NOW,
)  # fmt: skip


Item: TypeAlias = tuple[Found, list[int]]
"""A candidate, and how often its text holds each word of the question."""


def found(ordinal: int, text: str, *, said: list[int], similarity: float = 0.5) -> Item:
    chunk = Chunk(
        path="a.py", language="python", symbol="take_lease", kind="function", start_line=1,
        end_line=1, text=text, overlap=0, defines=("take_lease",),
    )  # fmt: skip
    candidate = Candidate(chunk, ordinal, similarity)
    return Found(_DATASET, candidate, said=7, defined=1), said


def columns(question: str, items: list[Item]) -> dict[str, list[float]]:
    counts = np.zeros((len(items), len(items[0][1]), 5), dtype=np.uint16)
    counts[:, :, 0] = [said for _, said in items]
    pool = make_pool(
        ParsedQuery.of(question), Candidates([item for item, _ in items], words=counts)
    )
    return {name: values.tolist() for name, values in features(pool).items()}


def test_words_that_stand_together_as_in_the_question() -> None:
    items = [
        found(0, 'raise Lost("worker lost its lease")', said=[1, 1, 1]),
        found(5, "lease of a worker that was lost", said=[1, 1, 1]),
    ]
    got = columns("worker lost its lease", items)
    assert got["words:run"] == [3, 0]
    assert got["words:pairs"] == [1, 0]
    assert got["words:triples"] == [1, 0]


def test_what_stands_beside_a_candidate_counts_for_it() -> None:
    items = [
        found(3, "worker", said=[1, 0, 0], similarity=0.2),
        found(4, "lost lease", said=[0, 1, 1], similarity=0.4),
        found(6, "lease", said=[0, 0, 1], similarity=0.4),
    ]
    got = columns("worker lost its lease", items)
    assert got["words:with_beside"] == pytest.approx([1, 1, 1 / 3])
    assert got["meaning:beside"] == pytest.approx([1, 0.5, 0])


def test_how_much_of_the_name_is_said_and_how_often_others_say_it() -> None:
    got = columns("worker lost its lease", [found(0, "x", said=[0, 0, 0])])
    assert got["names:symbol_said"] == pytest.approx([1 / 3])
    assert got["definition:said"] == pytest.approx([np.log1p(7)])
    assert got["definition:defined"] == pytest.approx([np.log1p(1)])
