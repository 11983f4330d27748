"""The index of a work tree, read from its file: which paths git tracks, and what it knows of them.

Libgit2 has no access to the times that the index holds, and git's own commands write the file when
they look. This only reads. Versions 2 to 4 (git help format-index) are known; a split index is not.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_log = logging.getLogger(__name__)

_ENTRY = struct.Struct(">10I20sH")
_CHECKSUM = 20  # bytes; all of them 0 with index.skipHash
_EXTENDED, _STAGE, _LONG = 0x4000, 0x3000, 0xFFF
_INTENT_TO_ADD = 0x2000
_LARGEST = 256 * 1024 * 1024  # bytes: a million files with long paths
_SUBMODULE = 0o160000
_BITS = 0xFFFFFFFF  # the index keeps 32 bits of sizes and inodes

Stamp: TypeAlias = tuple[int, int, int, int]
"""Of a file: modified and changed in nanoseconds, size, inode. Equal while nobody writes to it."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A tracked path. `content_id` is empty where the index has none, as in a conflict."""

    content_id: str
    mode: int
    stamp: Stamp  # sizes and inodes in 32 bits

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE

    def is_of(self, there: Stamp) -> bool:
        modified, changed, size, inode = there
        return self.stamp == (modified, changed, size & _BITS, inode & _BITS)


@dataclass(frozen=True, slots=True)
class IndexFile:
    """The tracked paths. `written` is when git wrote them down, in nanoseconds."""

    entries: dict[str, Indexed]  # by path, with bytes that are no UTF-8 as surrogates
    written: int


def stamp_of(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def is_racy(stamp: Stamp, seen: int) -> bool:
    """Whether the file may have been written again after it was `seen`, in the same tick of the clock.

    The kernel's clock of files goes in steps of up to 10 ms, and that of some file systems in
    seconds.
    """
    modified, changed, _, _ = stamp
    second = 1_000_000_000
    slack = 2 * second if modified % second == 0 and changed % second == 0 else second // 50
    return max(modified, changed) + slack > seen


def read_index(path: Path) -> IndexFile | None:
    """None when there is none, or one of a form that is not known."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise OSError("it is no file, or too large")
        data = path.read_bytes()
    except FileNotFoundError:
        return IndexFile({}, 0)
    except OSError as error:
        _log.warning("The index %s can't be read: %s", path, error)
        return None
    try:
        return IndexFile(_entries(data), status.st_mtime_ns)
    except (struct.error, ValueError, IndexError) as error:
        _log.warning("The index %s is of a form that is not known: %s", path, error)
        return None


def _entries(data: bytes) -> dict[str, Indexed]:
    mark, version, count = struct.unpack_from(">4sII", data)
    if mark != b"DIRC" or version not in (2, 3, 4):
        raise ValueError(f"version {version}")
    end = len(data) - _CHECKSUM
    checksum = data[end:]
    if any(checksum) and hashlib.sha1(data[:end], usedforsecurity=False).digest() != checksum:
        raise ValueError("wrong checksum")
    found: dict[str, Indexed] = {}
    at, path = 12, b""
    for _ in range(count):
        first = at
        numbers = _ENTRY.unpack_from(data, at)
        flags = numbers[11]
        at += _ENTRY.size
        more = 0
        if flags & _EXTENDED:
            (more,) = struct.unpack_from(">H", data, at)
            at += 2
        if version == 4:
            at, path = _with_shared_beginning(data, at, path)
        else:
            length = flags & _LONG
            stop = data.index(b"\0", at) if length == _LONG else at + length
            path = data[at:stop]
            at = first + (stop - first + 8) // 8 * 8
        found[path.decode("utf8", "surrogateescape")] = _indexed(numbers, flags, more)
    _require_whole(data, at, end)
    return found


def _indexed(numbers: tuple[int, ...], flags: int, more: int) -> Indexed:
    changed, changed_ns, modified, modified_ns, _, inode, mode, _, _, size, _, _ = numbers
    has_content = not flags & _STAGE and not more & _INTENT_TO_ADD
    oid: bytes = numbers[10]  # type: ignore[assignment]
    stamp = modified * 10**9 + modified_ns, changed * 10**9 + changed_ns, size, inode
    return Indexed(oid.hex() if has_content else "", mode, stamp)


def _with_shared_beginning(data: bytes, at: int, before: bytes) -> tuple[int, bytes]:
    """Where the next entry begins, and a path that repeats all but an end of the one before."""
    byte = data[at]
    at += 1
    dropped = byte & 0x7F
    while byte & 0x80:
        byte = data[at]
        at += 1
        dropped = ((dropped + 1) << 7) | (byte & 0x7F)
    stop = data.index(b"\0", at)
    return stop + 1, before[: len(before) - dropped] + data[at:stop]


def _require_whole(data: bytes, at: int, end: int) -> None:
    """Raises ValueError for an index that has some of its entries in another file."""
    while at < end:
        name, size = struct.unpack_from(">4sI", data, at)
        if name == b"link":
            raise ValueError("a split index")
        at += 8 + size
