"""Reading all of a version, its vectors included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Chunk
from ccingest.store.rows import CHUNK_COLUMNS, as_chunk, matrix, ordinal_of, store_errors

_ROWS_AT_ONCE = 4096


def exported(table: Any) -> Iterator[tuple[list[tuple[int, Chunk]], NDArray[np.float32]]]:
    """All chunks, some at a time, each with its place in its file, and their vectors.

    Raises StoreError for what Lance can't read.
    """
    import pyarrow as pa

    with store_errors("read all chunks"):
        query = table.search().select(["id", *CHUNK_COLUMNS, "vector"])
        batches = iter(query.to_batches(_ROWS_AT_ONCE))
    while True:
        with store_errors("read all chunks"):
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate(full=True)
            rows = pa.Table.from_batches([batch])
            found = [
                (ordinal_of(row["id"]), as_chunk(row))
                for row in rows.drop_columns(["vector"]).to_pylist()
            ]
            vectors = matrix(rows)
        yield found, vectors
