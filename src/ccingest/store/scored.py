"""Rows of a version with their scores: what a search finds before any chunk is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

# Rows that a question names, over all versions: with thousands of datasets, as many have a README.
_MOST_NAMED = 300
# To look for the highest of many scores, the highest of each block is looked for first.
_BLOCK, _FEW_BLOCKS = 32, 4
Order: TypeAlias = Callable[["NDArray[np.int64]"], "NDArray[np.int64]"]
"""Numbers of rows, which say which of them come first."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows of one version and their scores, each array of shape (rows,)."""

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]  # cosine with the question, -1 to 1
    bm25: NDArray[np.float32]  # of the chunk; 0 when it holds no term of the question
    file_bm25: NDArray[np.float32]  # of the chunk's whole file
    is_named: NDArray[np.bool_]  # the question names a definition in it, or its file

    def of(self, chosen: NDArray[np.bool_]) -> Scored:
        """The rows that are chosen; `chosen` has shape (rows,)."""
        return Scored(
            self.rows[chosen],
            self.similarity[chosen],
            self.bm25[chosen],
            self.file_bm25[chosen],
            self.is_named[chosen],
        )


def best_of_all(
    each: Sequence[Scored],
    embedders: Sequence[str],
    limit: int,
    orders: Callable[[], Sequence[NDArray[np.int64]]] | None = None,
) -> list[Scored]:
    """The best rows of several versions taken together, version by version.

    A question to many datasets then reads about as many chunks as a question to one. Kept are:
    the `limit` highest similarities of each embedder, because similarities of different models
    have no common scale; the `limit` highest BM25 scores above 0; and the best of those that are
    named. `embedders` has the name of the model of each version, and `orders`, which is asked where
    there are equal ones, says which rows come first: where it is not given, those of the version that
    comes first.
    """
    if not each:
        return []
    sizes = [len(scored.rows) for scored in each]
    similarity = np.concatenate([scored.similarity for scored in each])
    bm25 = np.concatenate([scored.bm25 for scored in each])
    keys: list[NDArray[np.int64]] = []

    def order(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        if not keys:
            keys.append(np.concatenate(orders()) if orders else np.arange(len(bm25)))
        return keys[0][rows]

    chosen = np.zeros(len(bm25), dtype=np.bool_)
    named = np.flatnonzero(np.concatenate([scored.is_named for scored in each]))
    if len(named) > _MOST_NAMED:
        worth = _relative(similarity[named]) + _relative(bm25[named])
        named = named[highest(worth, _MOST_NAMED, named, order)]
    chosen[named] = True
    embedder_of = np.repeat(np.unique(embedders, return_inverse=True)[1], sizes)
    for number in range(embedder_of.max(initial=-1) + 1):
        rows = np.flatnonzero(embedder_of == number)
        if not similarity[rows].any():  # nobody asked for it
            continue
        chosen[rows[highest(similarity[rows], limit, rows, order)]] = True
    rows = np.flatnonzero(bm25 > 0)
    chosen[rows[highest(bm25[rows], limit, rows, order)]] = True
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    return [scored.of(part) for scored, part in zip(each, parts, strict=True)]


def highest(
    scores: NDArray[np.float32],
    limit: int,
    rows: NDArray[np.int64] | None = None,
    order: Order | None = None,
) -> NDArray[np.int64]:
    """The places of the `limit` (1 or more) highest scores, in no order.

    Of equal scores those that come first, so that a question always has the same answer: first in
    the `order` of `rows`, (scores,), where that is given.
    """
    if limit >= len(scores):
        return np.arange(len(scores))
    if len(scores) > _FEW_BLOCKS * _BLOCK * limit:
        # As many blocks as are wanted have one of at least this: the highest are among those.
        best = scores[: len(scores) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).max(axis=1)
        high = np.flatnonzero(scores >= np.partition(best, -limit)[-limit])
        if len(high) < len(scores):  # else too many are equal
            return high[highest(scores[high], limit, high if rows is None else rows[high], order)]
    lowest = np.partition(scores, -limit)[-limit]
    above = np.flatnonzero(scores > lowest)
    equal = np.flatnonzero(scores == lowest)
    if rows is not None and order is not None and len(above) + len(equal) > limit:
        equal = equal[np.argsort(order(rows[equal]), kind="stable")]
    return np.concatenate([above, equal[: limit - len(above)]])


def _relative(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = scores / max(float(scores.max(initial=0.0)), 1e-9)
    return found
