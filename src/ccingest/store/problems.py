"""What is wrong with a version, found by reading all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ccingest.store.rowmap import read_rows
from ccingest.store.rows import CHUNK_COLUMNS, as_chunk, matrix, store_errors
from ccingest.store.segments import Segments

_ROWS_AT_ONCE = 4096


def find_problems(table: Any, segments: Segments, chunks_of: Mapping[str, int]) -> Iterator[str]:
    """A sentence part for each kind of damage. `chunks_of` has the chunks of each file by its path.

    Raises StoreError for what Lance can't read.
    """
    import pyarrow as pa

    found: Counter[str] = Counter()
    bad_vectors = 0
    with store_errors("read all chunks"):
        query = table.search().select([*CHUNK_COLUMNS, "vector"])
        for batch in query.to_batches(_ROWS_AT_ONCE):
            batch.validate(full=True)
            rows = pa.Table.from_batches([batch])
            bad_vectors += int(np.count_nonzero(~np.isfinite(matrix(rows)).all(axis=1)))
            chunks = map(as_chunk, rows.drop_columns(["vector"]).to_pylist())
            found.update(chunk.path for chunk in chunks)
    differing = sorted(path for path in {*found, *chunks_of} if found[path] != chunks_of.get(path))
    if differing:
        yield (
            f"{sum(found.values())} chunks instead of {sum(chunks_of.values())}, "
            f"other than the manifest says in {_some(differing)}"
        )
    if bad_vectors:
        yield f"{bad_vectors} vectors that are no numbers"
    if not segments.have(table.version, read_rows(table)):
        yield "its index is not whole: each start makes it again, until an add or a sync does"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
