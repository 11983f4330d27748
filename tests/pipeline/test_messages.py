"""Results as messages: every field of a chunk arrives."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ccingest.errors import RepositoryNotFoundError
from ccingest.models import Chunk
from ccingest.pipeline.chunked import FileChunks
from ccingest.pipeline.messages import (
    ChunkWorkerError,
    decode_result,
    encode_error,
    encode_result,
)


def chunk_with_every_field_set(number: int, path: str) -> Chunk:
    """All fields, also new ones, have different values and none its default."""
    values: dict[str, object] = {}
    for position, field in enumerate(fields(Chunk)):
        unique = f"{field.name} {number} \udc80 🌱"
        examples = {"str": unique, "int": 100 * number + position, "tuple[str, ...]": (unique,)}
        values[field.name] = examples[str(field.type)]
    values["path"] = path
    return Chunk(**values)  # type: ignore[arg-type]


def test_every_field_of_a_chunk_arrives() -> None:
    chunks = tuple(chunk_with_every_field_set(number, "a/b.py") for number in range(1, 4))
    result = FileChunks("python", chunks, "parse_timeout")
    assert decode_result(encode_result(result)) == result
    assert decode_result(encode_result("binary")) == "binary"


def test_the_path_is_sent_once_for_a_file() -> None:
    def size(path: str) -> int:
        chunks = tuple(chunk_with_every_field_set(number, path) for number in range(100))
        return len(encode_result(FileChunks("python", chunks, None)))

    assert size("a" * 1000) - size("a") < 1000 + 10


def test_errors_arrive_as_what_they_are() -> None:
    with pytest.raises(RepositoryNotFoundError, match="It is gone"):
        decode_result(encode_error(RepositoryNotFoundError("It is gone."), "trace"))
    with pytest.raises(ChunkWorkerError, match="line 7"):
        decode_result(encode_error(ZeroDivisionError("zero"), "line 7"))
