"""Rows of a version with their scores: what a search gives before any chunk is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scored:
    """All of shape (rows,)."""

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]
    bm25: NDArray[np.float32]
    file_bm25: NDArray[np.float32]
    is_named: NDArray[np.bool_]

    def of(self, chosen: NDArray[np.bool_]) -> Scored:
        return Scored(
            self.rows[chosen],
            self.similarity[chosen],
            self.bm25[chosen],
            self.file_bm25[chosen],
            self.is_named[chosen],
        )


def best_of_all(each: Sequence[Scored], embedders: Sequence[str], limit: int) -> list[Scored]:
    """Of several versions together as many rows as one of them gives, so that asking many is quick.

    The `limit` that are closest, for each embedder, since similarities of different models have no
    common scale; the `limit` of the highest BM25 above 0; and the named.
    """
    sizes = [len(scored.rows) for scored in each]
    similarity = np.concatenate([scored.similarity for scored in each])
    bm25 = np.concatenate([scored.bm25 for scored in each])
    chosen = np.concatenate([scored.is_named for scored in each])
    model = np.repeat(np.unique(embedders, return_inverse=True)[1], sizes)
    for number in range(model.max(initial=-1) + 1):
        of_model = np.flatnonzero(model == number)
        chosen[of_model[_highest(similarity[of_model], limit)]] = True
    told = np.flatnonzero(bm25 > 0)
    chosen[told[_highest(bm25[told], limit)]] = True
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    return [scored.of(part) for scored, part in zip(each, parts, strict=True)]


def _highest(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """The places of the highest; of equal ones, those that come first."""
    return np.argsort(-scores, kind="stable")[:limit]
