"""Rows of a version with their scores: what a search finds before any chunk is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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


def best_of_all(each: Sequence[Scored], embedders: Sequence[str], limit: int) -> list[Scored]:
    """The best rows of several versions taken together, version by version.

    A question to many datasets then reads about as many chunks as a question to one. Kept are:
    the `limit` highest similarities of each embedder, because similarities of different models
    have no common scale; the `limit` highest BM25 scores above 0; and every row that is named.
    `embedders` has the name of the model of each version.
    """
    sizes = [len(scored.rows) for scored in each]
    similarity = np.concatenate([scored.similarity for scored in each])
    bm25 = np.concatenate([scored.bm25 for scored in each])
    chosen = np.concatenate([scored.is_named for scored in each])
    embedder_of = np.repeat(np.unique(embedders, return_inverse=True)[1], sizes)
    for number in range(embedder_of.max(initial=-1) + 1):
        of_embedder = np.flatnonzero(embedder_of == number)
        chosen[of_embedder[highest(similarity[of_embedder], limit)]] = True
    matching = np.flatnonzero(bm25 > 0)
    chosen[matching[highest(bm25[matching], limit)]] = True
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    return [scored.of(part) for scored, part in zip(each, parts, strict=True)]


def highest(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """The places of the `limit` (1 or more) highest scores, in no order.

    Of equal scores those that come first, so that a question always has the same answer.
    """
    if limit >= len(scores):
        return np.arange(len(scores))
    lowest = np.partition(scores, -limit)[-limit]
    above = np.flatnonzero(scores > lowest)
    equal = np.flatnonzero(scores == lowest)
    return np.concatenate([above, equal[: limit - len(above)]])
