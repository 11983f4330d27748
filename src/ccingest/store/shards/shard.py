"""An opened shard: the index of many datasets in one file, and their chunks in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.store.arrays import FilePart, Kind, MappedFile, map_arrays, require_kinds
from ccingest.store.columns import ChunkColumns
from ccingest.store.content import Content, read_content
from ccingest.store.postings import Postings
from ccingest.store.shards.members import CONTENT_SUFFIX, INDEX_SUFFIX, Description
from ccingest.store.stamps import status_of
from ccingest.store.textindex import Documents, TextIndex
from ccingest.store.vectorcodes import VectorCodes, to_compare
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """What is known of each member of a shard."""

    file_starts: NDArray[np.int64]  # (members + 1,) the number of the first file of each
    lengths: NDArray[np.float64]  # (members,) of its chunks together, in terms, weighted
    file_lengths: NDArray[np.float64]  # (members,) of its files together


_KINDS: Sequence[Kind] = (
    *Postings.KINDS, *VectorCodes.KINDS,
    (np.float32, 1), (np.int32, 1), (np.float32, 1), (np.float32, 1),
    (np.int64, 1), (np.float64, 1), (np.float64, 1),
)  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """The datasets of a shard lie one after another. The number of a chunk in the postings is its
    row, and the writes of the postings are the members."""

    description: Description
    postings: Postings
    vectors: VectorCodes
    documents: Documents
    counts: MemberCounts
    content: Content
    mapping: MappedFile | None  # None when all of it is in memory

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each member, and the number of rows: (members + 1,)."""
        return self.postings.starts

    @property
    def size(self) -> int:
        return len(self.documents.lengths)

    def is_unchanged(self) -> bool:
        """Whether nobody wrote to its files, and the chunks can still be read."""
        texts = self.content.texts
        status = status_of(texts.path) if isinstance(texts, FilePart) else None
        return (
            (self.mapping is None or self.mapping.is_unchanged())
            and isinstance(texts, FilePart)
            and status is not None
            and (status.size, status.modified) == (texts.status.size, texts.status.modified)
        )

    def member_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The member that each of these rows belongs to."""
        found: NDArray[np.int64] = np.searchsorted(self.starts, rows, side="right") - 1
        return found

    @cached_property
    def text(self) -> TextIndex:
        return TextIndex([self.postings], [None], self.documents)

    @cached_property
    def chunks(self) -> ChunkColumns:
        return ChunkColumns([self.content], [np.arange(self.size, dtype=np.int32)], self.size)

    def estimates(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """As `VectorIndex.estimates`."""
        places = None if allowed is None else np.flatnonzero(allowed)
        (places,) = to_compare([self.vectors], [places], vector)
        rows = np.arange(self.size) if places is None else places
        return rows, self.vectors.estimates(vector, places)

    def similarities(
        self, rows: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The cosine of each of these rows and the unit vector, shape (len(rows),)."""
        return self.vectors.products(rows, vector)

    @property
    def dimensions(self) -> int:
        return int(self.vectors.coarse.shape[1])


def open_shard(description: Description, *, is_checked: bool = False) -> Shard:
    """Raises OSError, and ValueError for a damaged file.

    A file that was written to since the shard was made is compared with its checksum; with
    `is_checked` each is.
    """
    index, content = description.path(INDEX_SUFFIX), description.path(CONTENT_SUFFIX)
    is_known = not is_checked and description.is_known(INDEX_SUFFIX)
    file = map_arrays(index, len(_KINDS), is_known=is_known)
    require_kinds(file.arrays, _KINDS)
    arrays = file.arrays
    postings, vectors = _take(Postings, arrays), _take(VectorCodes, arrays)
    documents, counts = _take(Documents, arrays), _take(MemberCounts, arrays)
    is_known = not is_checked and description.is_known(CONTENT_SUFFIX)
    chunks = read_content(content, is_known=is_known)
    shard = Shard(description, postings, vectors, documents, counts, chunks, file.mapping)
    sizes = np.diff(shard.starts).tolist()
    if tuple(sizes) != description.sizes or chunks.size != shard.size:
        raise ValueError("it does not fit its description")
    return shard


def _take(kind: Any, arrays: list[NDArray[Any]]) -> Any:
    """The next fields of a value, which are taken from the arrays."""
    count = len(fields(kind))
    taken, arrays[:count] = arrays[:count], []
    return kind(*taken)
