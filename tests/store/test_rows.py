"""The layout of a table on disk, and chunks to rows and back."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa

from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store.rows import CHUNK_COLUMNS, as_chunk, ordinal_of, schema, to_arrow

# What is on users' disks. When a new field of Chunk changes it, old tables have to be made again.
ON_DISK = pa.schema(
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
        pa.field("batch", pa.int64(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("vector", pa.list_(pa.float32(), 256), nullable=False),
    ]
)


def test_the_schema_is_the_one_on_disk() -> None:
    made = schema(256)
    assert made.names == ON_DISK.names
    assert made.equals(ON_DISK, check_metadata=True)
    assert made.serialize().to_pybytes() == ON_DISK.serialize().to_pybytes()


def test_every_field_of_a_chunk_comes_back() -> None:
    chunk = Chunk("a/b.py", 3, 9, "python", "A.b", "method", "text\r\n", 4, ("A.b", "A.c"))
    assert all(getattr(chunk, field.name) for field in fields(Chunk))  # no default, no blank
    vectors = np.eye(2, 4, dtype=np.float32)
    rows = [EmbeddedChunk(chunk, ordinal, vectors[ordinal]) for ordinal in range(2)]
    table = to_arrow(rows, 7, schema(4))
    assert [ordinal_of(row) for row in table["id"].to_pylist()] == [0, 1]
    assert table["batch"].to_pylist() == [7, 7]
    assert [as_chunk(row) for row in table.select(CHUNK_COLUMNS).to_pylist()] == [chunk, chunk]
