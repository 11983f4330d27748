"""Rows of a table: their schema, their columns, and Lance's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ccingest.errors import (
    StorageFullError,
    StoreBusyError,
    StoreError,
    TooManyOpenFilesError,
    VersionGoneError,
)
from ccingest.models import Chunk, EmbeddedChunk

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

CHUNK_COLUMNS = (
    "path", "start_line", "end_line", "language", "symbol", "kind", "text", "overlap", "defines",
)  # fmt: skip


ROWS_PER_WRITE = 8192  # a version and a fragment each, and one file of the index

# Chunks that a reader for many questions holds in memory, 1.7 KB each.
KEPT_UP_TO = 300_000


def schema(dimensions: int) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("path", pa.string(), nullable=False),
            pa.field("start_line", pa.int32(), nullable=False),
            pa.field("end_line", pa.int32(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("symbol", pa.string(), nullable=False),
            pa.field("kind", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("overlap", pa.int32(), nullable=False),
            pa.field("defines", pa.list_(pa.string()), nullable=False),
            # Where its postings are: see rowmap.py.
            pa.field("batch", pa.int64(), nullable=False),
            pa.field("position", pa.int32(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dimensions), nullable=False),
        ]
    )


def to_arrow(rows: Sequence[EmbeddedChunk], batch: int, layout: pa.Schema) -> pa.Table:
    """The rows of one write, which `batch` names."""
    import numpy as np
    import pyarrow as pa

    chunks = [row.chunk for row in rows]
    vectors = np.stack([row.vector for row in rows]).astype(np.float32, copy=False)
    columns: dict[str, Any] = {
        column: [getattr(chunk, column) for chunk in chunks] for column in CHUNK_COLUMNS
    }
    columns["id"] = [f"{row.chunk.path}#{row.ordinal}" for row in rows]
    columns["batch"] = np.full(len(rows), batch, dtype=np.int64)
    columns["position"] = np.arange(len(rows), dtype=np.int32)
    columns["vector"] = pa.FixedSizeListArray.from_arrays(
        pa.array(vectors.ravel()), vectors.shape[1]
    )
    return pa.table(columns, schema=layout)


def matrix(found: pa.Table) -> NDArray[np.float32]:
    """The vectors of these rows, shape (rows, dimensions)."""
    vectors = found["vector"].combine_chunks()
    flat: NDArray[np.float32] = vectors.flatten().to_numpy()
    return flat.reshape(len(found), vectors.type.list_size)


def ordinal_of(chunk_id: str) -> int:
    """The position of a chunk in its file, from 0."""
    return int(chunk_id.rpartition("#")[2])


def as_chunk(row: dict[str, Any]) -> Chunk:
    values = {column: row[column] for column in CHUNK_COLUMNS}
    return Chunk(**values | {"defines": tuple(row["defines"])})


@contextmanager
def store_errors(action: str) -> Iterator[None]:
    """Lance raises RuntimeError, ValueError and OSError with the cause in the text only."""
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        text = str(error)
        if "Too many open files" in text or "os error 24" in text:
            raise TooManyOpenFilesError(
                f"The process may open no more files: could not {action}; raise its limit, as with "
                "`ulimit -n 4096`."
            ) from error
        if "No space left" in text or "os error 28" in text or "Disk quota" in text:
            raise StorageFullError(f"The disk is full: could not {action}.") from error
        if "no longer exists" in text or "not found" in text.lower():
            raise VersionGoneError(f"A part of the dataset is gone: could not {action}.") from error
        if "conflict" in text.lower():
            raise StoreBusyError(f"Another process writes there: could not {action}.") from error
        first_line = text.splitlines()[0][:300] if text else type(error).__name__
        raise StoreError(
            f"LanceDB could not {action}: {first_line}.", hint="add_again_whole"
        ) from error
