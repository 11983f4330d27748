"""The parts of a text index, each with the postings of some chunks, and the rows of these chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import Postings

Rows: TypeAlias = "NDArray[np.int32]"
Holders: TypeAlias = "NDArray[np.integer[Any]]"
Kept: TypeAlias = "NDArray[np.bool_] | slice"


@dataclass(frozen=True, slots=True)
class Counted:
    """The documents that a question searches of an index, where it does not search all."""

    rows: NDArray[np.bool_]  # (rows,) which they are
    chunks: int
    length: float  # of the chunks together
    files: int
    file_length: float  # of the files together


@dataclass(frozen=True, slots=True)
class IndexPart:
    """Postings, and the row of each of their chunks: see TextIndex."""

    postings: Postings
    row_of: Rows | None
    has_gone: bool  # a chunk of it was deleted

    @classmethod
    def of(cls, postings: Postings, row_of: Rows | None) -> IndexPart:
        return cls(postings, row_of, row_of is not None and bool((row_of < 0).any()))

    def live(self, chunks: NDArray[np.uint32]) -> tuple[Holders, Kept]:
        """The rows of those of these chunks that were not deleted, and which these are."""
        if self.row_of is None:
            return chunks, slice(None)
        rows = self.row_of[chunks]
        if not self.has_gone:
            return rows, slice(None)
        is_live = rows >= 0
        return rows[is_live], is_live

    def count(self, chunks: NDArray[np.uint32], counted: Counted | None = None) -> int:
        """How many of these chunks are there, of those that are `counted`."""
        if counted is None and not self.has_gone:
            return len(chunks)
        rows, _ = self.live(chunks)
        return len(rows) if counted is None else int(np.count_nonzero(counted.rows[rows]))


@dataclass(frozen=True, slots=True)
class Places:
    """Where each row is: (rows,) each."""

    part_of: NDArray[np.int32]  # the number of its part
    chunk_of: NDArray[np.uint32]  # the number of its chunk there


def places_of(parts: Sequence[IndexPart], size: int) -> Places:
    part_of = np.full(size, -1, dtype=np.int32)
    chunk_of = np.zeros(size, dtype=np.uint32)
    for number, part in enumerate(parts):
        rows, kept = part.live(np.arange(len(part.postings.lengths), dtype=np.uint32))
        part_of[rows] = number
        chunk_of[rows] = np.arange(len(part.postings.lengths), dtype=np.uint32)[kept]
    return Places(part_of, chunk_of)
