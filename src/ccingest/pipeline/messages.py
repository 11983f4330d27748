"""What a job and its child processes tell each other, as frames: a length, then that many bytes.

Answers are marshal, of plain values: as quick as pickle, and reading one runs no code. JSON takes
ten times as long.
"""

from __future__ import annotations

import marshal
import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from ccingest.chunking import Fallback
from ccingest.errors import all_errors
from ccingest.models import Chunk, SelectedFile, SkipReason
from ccingest.pipeline.chunked import FileChunks
from ccingest.sources import Snapshot

BLOCK = 64 * 1024  # bytes read at once: what a pipe holds
READY = marshal.dumps(("ready",))
_LENGTH = struct.Struct("<Q")


class ChildError(Exception):
    """A bug that showed in a child; the text is its traceback there."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is told first."""

    snapshot: Snapshot
    target: int
    overlap: int


class Frames:
    """Blocks of bytes, as they come, to frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, block: bytes) -> None:
        self._bytes += block

    def take(self) -> bytes | None:
        """The next frame; None when it is not all there yet."""
        if len(self._bytes) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes)
        end = _LENGTH.size + length
        if len(self._bytes) < end:
            return None
        found = bytes(memoryview(self._bytes)[_LENGTH.size : end])
        del self._bytes[:end]
        return found


def framed(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def write_order(order: Order) -> bytes:
    return pickle.dumps(order)


def read_order(frame: bytes) -> Order:
    return cast("Order", pickle.loads(frame))


def write_request(files: Sequence[SelectedFile]) -> bytes:
    return marshal.dumps([(file.path, file.content_id, file.size, file.is_named) for file in files])


def read_request(frame: bytes) -> list[SelectedFile]:
    return [SelectedFile(*values) for values in marshal.loads(frame)]


def write_outcome(outcome: FileChunks | SkipReason) -> bytes:
    if not isinstance(outcome, FileChunks):
        return marshal.dumps(("skipped", outcome))
    chunks = [
        (c.start_line, c.end_line, c.symbol, c.kind, c.text, c.overlap, c.defines)
        for c in outcome.chunks
    ]
    return marshal.dumps(("chunks", outcome.language, outcome.fallback, chunks))


def write_error(error: BaseException, trace: str) -> bytes:
    return marshal.dumps(("error", type(error).__name__, str(error), trace))


def read_outcome(frame: bytes, file: SelectedFile) -> FileChunks | SkipReason:
    """Raises the CcingestError that the child ended with, or ChildError for any other."""
    what, *values = marshal.loads(frame)
    if what == "skipped":
        return cast("SkipReason", values[0])
    if what == "chunks":
        return _file_chunks(file, *values)
    raise _error(*values)


def _file_chunks(
    file: SelectedFile, language: str, fallback: Fallback | None, rows: list[tuple[Any, ...]]
) -> FileChunks:
    chunks = tuple(
        Chunk(file.path, first, last, language, symbol, kind, text, overlap, defines)
        for first, last, symbol, kind, text, overlap, defines in rows
    )
    return FileChunks(language, chunks, fallback)


def _error(name: str, message: str, trace: str) -> Exception:
    known = {error.__name__: error for error in all_errors()}
    return known[name](message) if name in known else ChildError(trace)
