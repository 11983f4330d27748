"""The index of a version: from its segments, and from its rows where a segment is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import Postings, count_terms, renumber_chunks
from ccingest.store.rowmap import RowMap, distinct, has_write_ids
from ccingest.store.rows import (
    CHUNK_COLUMNS,
    ROWS_PER_WRITE,
    WRITE_ID,
    as_chunk,
    matrix,
    store_errors,
)
from ccingest.store.segments import Segment, Segments
from ccingest.store.textindex import TextIndex
from ccingest.store.vectorcodes import VectorIndex, quantize

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VersionIndex:
    """What a version is searched by.

    `row_of[i]` has the row of each chunk of `segments[i]`; -1 for a chunk that was deleted. `size`
    is the number of rows.
    """

    segments: Sequence[Segment]
    row_of: Sequence[NDArray[np.int32]]
    size: int

    def is_unchanged(self) -> bool:
        """Whether nobody wrote to a file of it that is used from the disk."""
        mappings = (segment.mapping for segment in self.segments)
        return all(mapping.is_unchanged() for mapping in mappings if mapping)

    @cached_property
    def text(self) -> TextIndex:
        return TextIndex([segment.postings for segment in self.segments], self.row_of, self.size)

    @cached_property
    def vectors(self) -> VectorIndex:
        codes = [segment.vectors for segment in self.segments]
        rows = [row_of[one.chunks] for one, row_of in zip(codes, self.row_of, strict=True)]
        return VectorIndex(codes, rows, self.size)


def load_index(table: Any, rows: RowMap, segments: Segments) -> VersionIndex:
    """The index of the version that the table is checked out at.

    A segment that is missing is made in memory, so that a lost file costs time and nothing else.
    Raises StoreError.
    """
    found = segments.covering(distinct(rows.write_ids))
    found += rebuild_missing(table, rows, found)
    row_of = _rows_of_writes([segment.postings for segment in found], rows)
    return VersionIndex(found, row_of, rows.size)


def rebuild_missing(table: Any, rows: RowMap, found: Sequence[Segment]) -> Iterator[Segment]:
    """A segment for each write that is in none of `found`, made from the rows that are left of it.

    Raises StoreError.
    """
    there = {write_id for segment in found for write_id in segment.postings.write_ids.tolist()}
    for write_id, members in rows.writes().items():
        if write_id not in there:
            _log.info("The index of a write is missing and is made from %d rows.", len(members))
            yield _rebuild(table, write_id, np.sort(rows.positions[members]))


def _rebuild(table: Any, write_id: int, positions: NDArray[np.int32]) -> Segment:
    """The segment of a write of which the rows at these positions are left, shape (rows,)."""
    query, order = table.search(), "_rowid"
    columns = [*CHUNK_COLUMNS, "vector"]
    if has_write_ids(table):
        query, order = query.where(f"{WRITE_ID} = {write_id}").limit(ROWS_PER_WRITE), "position"
        columns.append(order)
    with store_errors("read the chunks of a write"):
        found = query.select(columns).with_row_id(True).to_arrow().sort_by(order)
    vectors = matrix(found)
    chunks = [as_chunk(row) for row in found.drop_columns(["vector"]).to_pylist()]
    return Segment(
        renumber_chunks(count_terms(write_id, chunks), positions),
        quantize(vectors, positions.astype(np.uint32)),
    )


def _rows_of_writes(parts: Sequence[Postings], rows: RowMap) -> list[NDArray[np.int32]]:
    """The row of each chunk of each part, -1 for one that was deleted."""
    writes = rows.writes()
    found = []
    for part in parts:
        row_of = np.full(len(part.lengths), -1, dtype=np.int32)
        for write_id, start in zip(part.write_ids.tolist(), part.starts.tolist(), strict=False):
            members = writes.get(write_id)
            if members is not None:
                row_of[start + rows.positions[members]] = members
        found.append(row_of)
    return found
