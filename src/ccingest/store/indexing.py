"""The index of a version: from its segments, and from its rows where a segment is missing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ccingest.errors import StoreError
from ccingest.store.columns import ChunkColumns
from ccingest.store.content import NO_CHUNK, content_of
from ccingest.store.integrity import CheckedTable, LazyTable
from ccingest.store.postings import Postings, renumber_chunks
from ccingest.store.rowmap import RowMap, distinct, has_write_ids
from ccingest.store.rows import (
    CHUNK_COLUMNS,
    ROWS_PER_WRITE,
    WRITE_ID,
    as_chunk,
    matrix,
    ordinal_of,
    store_errors,
)
from ccingest.store.segments import Outline, Segment, Segments, whole_content
from ccingest.store.textindex import Documents, TextIndex, documents_of
from ccingest.store.vectorcodes import VectorIndex, quantize

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger(__name__)


class MisfitError(StoreError):
    """A part of the index does not fit its table, as that of another table in its place."""

    hint = "add_again_whole"


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
        return TextIndex(self._postings, self.row_of, self.documents)

    @cached_property
    def documents(self) -> Documents:
        return documents_of(self._postings, self.row_of, self.size)

    @cached_property
    def chunks(self) -> ChunkColumns:
        contents = [whole_content(segment) for segment in self.segments]
        return ChunkColumns(contents, self.row_of, self.size)

    @cached_property
    def vectors(self) -> VectorIndex:
        codes = [segment.vectors for segment in self.segments]
        rows = [row_of[one.chunks] for one, row_of in zip(codes, self.row_of, strict=True)]
        return VectorIndex(codes, rows, self.size)

    @property
    def _postings(self) -> list[Postings]:
        return [segment.postings for segment in self.segments]


def load_index(
    table: LazyTable, rows: RowMap, segments: Segments, hidden: Collection[str] = ()
) -> VersionIndex:
    """The index of the version that the table is at. The table is opened only when a file is missing.

    What is missing is made in memory, so that a lost file costs time and nothing else. Files that are
    `hidden` are as if they had been deleted.
    Raises StoreError.
    """
    covering = segments.covering(distinct(rows.write_ids))
    found = [
        segment if segment.content else with_content(table.opened, rows, segment)
        for segment in covering
    ]
    held = {write_id for segment in found for write_id in segment.postings.write_ids.tolist()}
    found += rebuild_missing(table, rows, held)
    index = _index_of(found, rows)
    if hidden:
        index = _index_of(found, rows.without(index.chunks.rows_of(hidden)))
    return index


def _index_of(segments: Sequence[Segment], rows: RowMap) -> VersionIndex:
    row_of = _rows_of_writes([segment.postings for segment in segments], rows)
    return VersionIndex(segments, row_of, rows.size)


def rebuild_missing(table: LazyTable, rows: RowMap, held: Collection[int]) -> Iterator[Segment]:
    """A segment for each write that is not `held`, made from the rows that are left of it.

    Raises StoreError.
    """
    for write_id, members in rows.writes().items():
        if write_id not in held:
            _log.info("The index of a write is missing and is made from %d rows.", len(members))
            yield _rebuild(table.opened, write_id, np.sort(rows.positions[members]))


def write_missing(table: LazyTable, rows: RowMap, segments: Segments) -> Sequence[Outline]:
    """Write what no readable file has of the index of these rows. Returns the segments that have it all.

    The table is opened only when something is missing. Raises StoreError and OSError.
    """
    write_ids = distinct(rows.write_ids)
    there = segments.outlines(write_ids)
    is_whole = True
    for outline in there:
        if not outline.has_content:
            segments.write_content_of(with_content(table.opened, rows, segments.read(outline)))
            is_whole = False
    held = {write_id for outline in there for write_id in outline.write_ids.tolist()}
    for segment in rebuild_missing(table, rows, held):
        segments.write(segment)
        is_whole = False
    return there if is_whole else segments.outlines(write_ids)


def with_content(table: CheckedTable, rows: RowMap, segment: Segment) -> Segment:
    """A segment with its chunks, as far as the version still has them, read from the table."""
    chunks = [NO_CHUNK] * len(segment.postings.lengths)
    writes = rows.writes()
    numbering = zip(
        segment.postings.write_ids.tolist(), segment.postings.starts.tolist(), strict=False
    )
    for write_id, start in numbering:
        members = writes.get(write_id)
        if members is None:
            continue
        found = _rows_of_write(table, write_id, [])
        _require_fit(len(found) == len(members) and rows.positions[members].max() < len(chunks))
        for position, row in zip(np.sort(rows.positions[members]), found.to_pylist(), strict=True):
            chunks[start + position] = ordinal_of(row["id"]), as_chunk(row)
    return replace(segment, content=content_of(chunks))


def _rebuild(table: CheckedTable, write_id: int, positions: NDArray[np.int32]) -> Segment:
    """The segment of a write of which the rows at these positions are left, shape (rows,)."""
    from ccingest.store.counting import count_terms  # few questions need it

    found = _rows_of_write(table, write_id, ["vector"])
    vectors = matrix(found)
    rows = found.drop_columns(["vector"]).to_pylist()
    _require_fit(len(rows) == len(positions))
    chunks = [as_chunk(row) for row in rows]
    placed = [NO_CHUNK] * (int(positions.max(initial=-1)) + 1)
    for position, row, chunk in zip(positions.tolist(), rows, chunks, strict=True):
        placed[position] = ordinal_of(row["id"]), chunk
    return Segment(
        renumber_chunks(count_terms(write_id, chunks), positions),
        quantize(vectors, positions.astype(np.uint32)),
        content_of(placed),
    )


def _rows_of_write(table: CheckedTable, write_id: int, more: list[str]) -> pa.Table:
    """The rows that are left of a write, in its order, with these columns beside those of a chunk."""
    query, order = table.search(), "_rowid"
    columns = ["id", *CHUNK_COLUMNS, *more]
    if has_write_ids(table):
        query, order = query.where(f"{WRITE_ID} = {write_id}").limit(ROWS_PER_WRITE), "position"
        columns.append(order)
    with store_errors("read the chunks of a write", table.dataset):
        return query.select(columns).with_row_id(True).to_arrow().sort_by(order)


def _require_fit(fits: bool) -> None:
    """Raises MisfitError where the file with the rows of a version is that of another table."""
    if not fits:
        raise MisfitError("A part of the index does not fit its table.")


def _rows_of_writes(parts: Sequence[Postings], rows: RowMap) -> list[NDArray[np.int32]]:
    """The row of each chunk of each part, -1 for one that was deleted."""
    writes = rows.writes()
    found = []
    for part in parts:
        row_of = np.full(len(part.lengths), -1, dtype=np.int32)
        for write_id, start in zip(part.write_ids.tolist(), part.starts.tolist(), strict=False):
            members = writes.get(write_id)
            if members is not None:
                _require_fit(start + rows.positions[members].max() < len(row_of))
                row_of[start + rows.positions[members]] = members
        found.append(row_of)
    return found
