"""Rows of a table: their schema, chunks to rows and back, and Lance's errors as ours."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ccingest.errors import (
    StorageFullError,
    StoreBusyError,
    StoreError,
    VersionGoneError,
)
from ccingest.exhausted import exhausted, is_failure, is_panic
from ccingest.models import Chunk, EmbeddedChunk

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

# One column for each field of a chunk: a new field needs no other change here.
CHUNK_COLUMNS = tuple(field.name for field in fields(Chunk))
_TUPLES = tuple(field.name for field in fields(Chunk) if str(field.type).startswith("tuple"))
WRITE_ID = "batch"  # the name on disk of the column that says which write added the row

ROWS_PER_WRITE = 8192  # each write makes a version, a fragment and a file of the index


def dimensions_of(layout: pa.Schema) -> int:
    """Of the vectors of a table with this schema."""
    return int(layout.field("vector").type.list_size)


def schema(dimensions: int) -> pa.Schema:
    """The columns of a table whose vectors have shape (dimensions,).

    They are the chunk's id, its fields, which write added it at which position, and its vector.
    """
    import pyarrow as pa

    arrow_types = {"str": pa.string(), "int": pa.int32(), "tuple[str, ...]": pa.list_(pa.string())}
    columns = {
        "id": pa.string(),
        **{field.name: arrow_types[str(field.type)] for field in fields(Chunk)},
        WRITE_ID: pa.int64(),
        "position": pa.int32(),
        "vector": pa.list_(pa.float32(), dimensions),
    }
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns.items()])


def to_arrow(rows: Sequence[EmbeddedChunk], write_id: int, layout: pa.Schema) -> pa.Table:
    """The rows of one write, in their order. `layout` is the schema of the table."""
    import numpy as np
    import pyarrow as pa

    chunks = [row.chunk for row in rows]
    vectors = np.stack([row.vector for row in rows]).astype(np.float32, copy=False)
    columns: dict[str, Any] = {
        column: list(map(attrgetter(column), chunks)) for column in CHUNK_COLUMNS
    }
    columns["id"] = [f"{row.chunk.path}#{row.ordinal}" for row in rows]
    columns[WRITE_ID] = np.full(len(rows), write_id, dtype=np.int64)
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
    """The chunk of a row that has at least CHUNK_COLUMNS."""
    values = {column: row[column] for column in CHUNK_COLUMNS}
    for column in _TUPLES:
        values[column] = tuple(values[column])
    return Chunk(**values)


_NOT_READABLE = (errno.EACCES, errno.EPERM, errno.ELOOP)
_REFUSED = ("Permission denied", "Read-only file system")


@contextmanager
def store_errors(action: str, dataset: str = "") -> Iterator[None]:
    """Errors of Lance become StoreError or one of its subclasses. `action` is what failed, `dataset` the
    name of the dataset where it is known.

    Lance raises RuntimeError, ValueError and OSError, and only the text says which error it was.
    """
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        text = str(error)
        if (
            isinstance(error, OSError) and error.errno in _NOT_READABLE
        ):  # of the system, not of Lance
            raise StoreError(f"Could not {action}: {error.strerror}: {error.filename}.") from error
        if limit := exhausted(error, action):
            raise limit from error
        if "No space left" in text or "os error 28" in text or "Disk quota" in text:
            raise StorageFullError(f"The disk is full: could not {action}.") from error
        if "no longer exists" in text or "not found" in text.lower():
            which = f"the dataset {dataset}" if dataset else "the dataset"
            raise VersionGoneError(f"A part of {which} is gone: could not {action}.") from error
        if refused := next((reason for reason in _REFUSED if reason in text), None):
            raise StoreError(f"Could not {action}: {refused}; check the folder's owner.") from error
        if "conflict" in text.lower():
            raise StoreBusyError(f"Another process writes there: could not {action}.") from error
        first_line = text.splitlines()[0][:300] if text else type(error).__name__
        raise StoreError(
            f"LanceDB could not {action}: {first_line}.", hint="add_again_whole"
        ) from error
    except BaseException as error:  # a panic in native code, which damaged files may cause
        if is_failure(error) and (limit := exhausted(error, action)):
            raise limit from error
        if not is_panic(error):
            raise
        raise StoreError(
            f"LanceDB could not {action}: a file of the dataset is damaged.", hint="add_again_whole"
        ) from error
