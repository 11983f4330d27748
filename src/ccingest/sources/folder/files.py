"""Opening and hashing files of a folder, without leaving it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ccingest.errors import StoreError, TooManyOpenFilesError, UnresponsiveError
from ccingest.values import dataclass

LARGEST_HASHED = 8 * 1024 * 1024  # bytes; what selection reads at most: a notebook
_LARGEST_WHOLE = (
    1024 * 1024
)  # bytes; over that, only texts are read, and notebooks are the only ones
_HEAD = 8192
_TRIES = 3  # to read a file that changes meanwhile
# Not O_NONBLOCK alone: a terminal that is opened may become that of this process.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
# What a network file system says when its host or its device is gone.
_LOST = frozenset(
    {errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH}
    | {errno.ENODEV, errno.ECONNABORTED, errno.ECONNRESET}
)
_LIMIT = frozenset({errno.EMFILE, errno.ENFILE})


class VanishedError(Exception):
    """The file is not there any more, or is something else now."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What `stat` says of a file. While it stays the same, so does the content."""

    size: int
    modified: int  # nanoseconds
    changed: int  # nanoseconds; of its content, its name or its permissions
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> FileState:
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def identity_of(folder: Path) -> tuple[int, int] | None:
    """Its device and inode; None when there is no folder."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_folder(path: bytes) -> int:
    """A descriptor of the folder itself. Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)


@contextmanager
def opened_below(root: int, path: bytes, *, is_folder: bool = False) -> Iterator[int]:
    """A descriptor of what is at this path below the folder. Follows no link on the way.

    Raises OSError, and VanishedError when a file is none that can be read.
    """
    *folders, name = path.split(b"/") if path else [b"."]
    at = root
    try:
        for folder in folders:
            inner = os.open(folder, _FLAGS | os.O_DIRECTORY, dir_fd=at)
            if at != root:
                os.close(at)
            at = inner
        found = os.open(name, _FLAGS | (os.O_DIRECTORY if is_folder else 0), dir_fd=at)
    finally:
        if at != root:
            os.close(at)
    try:
        if not is_folder and not stat.S_ISREG(os.fstat(found).st_mode):
            raise VanishedError
        yield found
    finally:
        os.close(found)


def read_steadily(
    root: int, path: bytes, *, most: int, beat: Callable[[], None]
) -> tuple[bytes, FileState]:
    """The content of a file, and its state when it was read; of a larger one, its first bytes.

    Reads again when the file changes meanwhile. One that never rests is taken as it was last, and
    its state is that before the reading. Raises OSError, VanishedError and what `beat` raises.
    """
    for _ in range(_TRIES):
        beat()
        with opened_below(root, path) as file:
            before = FileState.of(os.fstat(file))
            data = _read(file, most, beat)
            if FileState.of(os.fstat(file)) == before:
                break
    return data, before


def content_id(
    root: int, path: bytes, state: FileState, beat: Callable[[], None]
) -> tuple[str, FileState, int]:
    """An id that changes with the content, the state that it is of, and the bytes read.

    Of a file that is never indexed, because it is too large or large and binary, it is made of the
    state. Raises what `read_steadily` raises.
    """
    if state.size == 0:
        return _hash(b""), state, 0
    if state.size > LARGEST_HASHED:
        return _id_of_state(state), state, 0
    if state.size > _LARGEST_WHOLE:
        head, state = read_steadily(root, path, most=_HEAD, beat=beat)
        if b"\0" in head or state.size > LARGEST_HASHED:
            return _id_of_state(state), state, len(head)
    data, state = read_steadily(root, path, most=LARGEST_HASHED + 1, beat=beat)
    return _hash(data), state, len(data)


def read_as(root: int, path: bytes, wanted: str, beat: Callable[[], None]) -> bytes | None:
    """The content, if it is still that of this id. Raises what `read_steadily` raises."""
    data, state = read_steadily(root, path, most=LARGEST_HASHED + 1, beat=beat)
    return data if wanted in (_hash(data), _id_of_state(state)) else None


def reason_of(error: OSError) -> str | None:
    """What the system says of a file that can't be read; None when the file is gone.

    Raises UnresponsiveError when the whole file system is, and StoreError when this process or
    machine has reached a limit.
    """
    if error.errno in _GONE:
        return None
    text = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _LOST:
        raise UnresponsiveError(f"The file system does not answer any more: {text}.") from error
    if error.errno in _LIMIT:
        raise TooManyOpenFilesError(f"A file can't be opened: {text}.") from error
    if error.errno == errno.ENOMEM:
        raise StoreError(f"A file can't be read: {text}.") from error
    return text


def _read(file: int, most: int, beat: Callable[[], None]) -> bytes:
    parts = []
    left = most
    while left > 0:
        part = os.read(file, min(left, 1024 * 1024))
        if not part:
            break
        beat()
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def _id_of_state(state: FileState) -> str:
    return f"{state.size}-{state.modified}-{state.changed}"
