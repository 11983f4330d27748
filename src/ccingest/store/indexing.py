"""The text index of a version: from its files, and what those lack from its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.records import Chunk
from ccingest.store.postings import Postings, count_terms, spread
from ccingest.store.rowmap import RowMap, has_writes
from ccingest.store.rows import CHUNK_COLUMNS, ROWS_PER_WRITE, as_chunk, store_errors
from ccingest.store.segments import Segments
from ccingest.store.textindex import TextIndex


def load_index(table: Any, rows: RowMap, segments: Segments) -> TextIndex:
    """What no file has is made in memory, so that a lost file costs time and nothing else."""
    parts = [segment.postings for segment in segments.covering(np.unique(rows.batches))]
    parts += missing_postings(table, rows, parts)
    writes = rows.writes()
    return TextIndex(parts, [_rows_of(p, rows, writes) for p in parts], rows.size)


def missing_postings(table: Any, rows: RowMap, parts: Sequence[Postings]) -> list[Postings]:
    """Of the writes that none of `parts` has, made from the rows that are left of them."""
    there = {batch for part in parts for batch in part.batches.tolist()}
    return [
        spread(count_terms(batch, _chunks_of(table, batch)), np.sort(rows.positions[members]))
        for batch, members in rows.writes().items()
        if batch not in there
    ]


def _chunks_of(table: Any, batch: int) -> list[Chunk]:
    """What is left of a write, in its order."""
    query, order = table.search(), "_rowid"
    columns = list(CHUNK_COLUMNS)
    if has_writes(table):
        query, order = query.where(f"batch = {batch}").limit(ROWS_PER_WRITE), "position"
        columns.append(order)
    with store_errors("read the chunks of a write"):
        found = query.select(columns).with_row_id(True).to_arrow()
    return [as_chunk(row) for row in found.sort_by(order).to_pylist()]


def _rows_of(
    part: Postings, rows: RowMap, writes: Mapping[int, NDArray[np.int64]]
) -> NDArray[np.int32]:
    """For each chunk of `part` its row, or -1: it is gone."""
    found = np.full(len(part.lengths), -1, dtype=np.int32)
    for batch, start in zip(part.batches.tolist(), part.starts.tolist(), strict=False):
        members = writes.get(batch)
        if members is not None:
            found[start + rows.positions[members]] = members
    return found
