"""The index of a version: from its files, and what those lack from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import Postings, count_terms, spread
from ccingest.store.rowmap import RowMap, distinct, has_writes
from ccingest.store.rows import CHUNK_COLUMNS, ROWS_PER_WRITE, as_chunk, matrix, store_errors
from ccingest.store.segments import Segment, Segments
from ccingest.store.textindex import TextIndex
from ccingest.store.vectorcodes import VectorIndex, encode


@dataclass(frozen=True)
class VersionIndex:
    """`row_of[i]` has for each chunk of `parts[i]` its row in the version, or -1: it is gone."""

    parts: Sequence[Segment]
    row_of: Sequence[NDArray[np.int32]]
    size: int  # rows

    @cached_property
    def text(self) -> TextIndex:
        return TextIndex([part.postings for part in self.parts], self.row_of, self.size)

    @cached_property
    def vectors(self) -> VectorIndex:
        codes = [part.vectors for part in self.parts]
        rows = [row_of[one.chunks] for one, row_of in zip(codes, self.row_of, strict=True)]
        return VectorIndex(codes, rows, self.size)


def load_index(table: Any, rows: RowMap, segments: Segments) -> VersionIndex:
    """What no file has is made in memory, so that a lost file costs time and nothing else."""
    parts = segments.covering(distinct(rows.batches))
    parts += missing_parts(table, rows, parts)
    return VersionIndex(parts, _rows_of_parts(parts, rows), rows.size)


def missing_parts(table: Any, rows: RowMap, parts: Sequence[Segment]) -> Iterator[Segment]:
    """Of the writes that none of `parts` has, made from the rows that are left of them."""
    there = {batch for part in parts for batch in part.postings.batches.tolist()}
    for batch, members in rows.writes().items():
        if batch not in there:
            yield _made_again(table, batch, np.sort(rows.positions[members]))


def _made_again(table: Any, batch: int, positions: NDArray[np.int32]) -> Segment:
    """`positions`: of what is left of the write."""
    query, order = table.search(), "_rowid"
    columns = [*CHUNK_COLUMNS, "vector"]
    if has_writes(table):
        query, order = query.where(f"batch = {batch}").limit(ROWS_PER_WRITE), "position"
        columns.append(order)
    with store_errors("read the chunks of a write"):
        found = query.select(columns).with_row_id(True).to_arrow().sort_by(order)
    vectors = matrix(found)
    chunks = [as_chunk(row) for row in found.drop_columns(["vector"]).to_pylist()]
    return Segment(
        spread(count_terms(batch, chunks), positions),
        encode(vectors, positions.astype(np.uint32)),
    )


def _rows_of_parts(parts: Sequence[Segment], rows: RowMap) -> list[NDArray[np.int32]]:
    writes = rows.writes()

    def rows_of(part: Postings) -> NDArray[np.int32]:
        found = np.full(len(part.lengths), -1, dtype=np.int32)
        for batch, start in zip(part.batches.tolist(), part.starts.tolist(), strict=False):
            members = writes.get(batch)
            if members is not None:
                found[start + rows.positions[members]] = members
        return found

    return [rows_of(part.postings) for part in parts]
