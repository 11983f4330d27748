"""BM25 over the chunks of one version, from the postings of the writes it is made of.

BM25 with weighted fields (Robertson, Zaragoza and Taylor: Simple BM25 extension to multiple
weighted fields, CIKM 2004): a term counts in a field as if that were repeated as often as it
weighs, and a chunk is as long as its fields are then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import FIELDS, Postings, term_hash

WEIGHTS: Mapping[str, float] = {"text": 1.0, "symbol": 1.0, "path": 1.0}
K1 = 1.2  # how soon more of the same term brings no more
B = 0.75  # how much a long chunk has to say a term more often

_WEIGHTS = np.array([WEIGHTS[field] for field in FIELDS], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of all chunks that are asked together; of several datasets, the sum."""

    chunks: int
    length: float  # of all, weighted, in terms
    holding: Mapping[str, int]  # term -> in how many chunks it is

    def __add__(self, other: Statistics) -> Statistics:
        terms = {*self.holding, *other.holding}
        return Statistics(
            self.chunks + other.chunks,
            self.length + other.length,
            {term: self.holding.get(term, 0) + other.holding.get(term, 0) for term in terms},
        )

    def rarity(self, term: str) -> float:
        """The term's inverse document frequency, above 0."""
        held = self.holding.get(term, 0)
        return math.log(1 + (self.chunks - held + 0.5) / (held + 0.5))


class TextIndex:
    """The postings of a version's chunks, by row.

    `rows[i]` has for each chunk of `parts[i]` its row in the version, or -1: it is gone.
    """

    def __init__(
        self, parts: Sequence[Postings], rows: Sequence[NDArray[np.int32]], size: int
    ) -> None:
        self._parts = list(zip(parts, rows, strict=True))
        self._size = size
        lengths = np.zeros(size, dtype=np.float32)
        for part, row in self._parts:
            here = row >= 0
            lengths[row[here]] = part.lengths[here] @ _WEIGHTS
        self._lengths = lengths

    def statistics(self, terms: Sequence[str]) -> Statistics:
        holding = {term: sum(len(rows) for rows, _ in self._of(term_hash(term))) for term in terms}
        return Statistics(self._size, float(self._lengths.sum(dtype=np.float64)), holding)

    def scores(self, statistics: Statistics) -> NDArray[np.float32]:
        """BM25 of every row for the terms of `statistics`, shape (rows,); 0 where it has none."""
        scores = np.zeros(self._size, dtype=np.float32)
        average = statistics.length / max(statistics.chunks, 1) or 1.0
        norms = K1 * (1 - B + B / average * self._lengths)
        for term in statistics.holding:
            gain = statistics.rarity(term) * (K1 + 1)
            for rows, times in self._of(term_hash(term)):
                scores[rows] += gain * times / (times + norms[rows])
        return scores

    def holders(self, key: int) -> NDArray[np.int64]:
        """The rows that hold the term, name or file of this hash."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *(rows for rows, _ in self._of(key))])

    def _of(self, key: int) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        """Rows and weighted counts of a term, part by part; (n,) each."""
        found = []
        for part, row_of in self._parts:
            chunks, counts = part.of(key)
            if not len(chunks):
                continue
            rows = row_of[chunks]
            here = rows >= 0
            if not here.all():
                rows, counts = rows[here], counts[here]
            found.append((rows, counts @ _WEIGHTS))
        return found
