"""Several arrays in one file, one after the other, each in NumPy's .npy format.

A header says how long the file is and has the checksum of what follows.
"""

from __future__ import annotations

import errno
import io
import math
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ccingest.disk import open_regular
from ccingest.locks import array_headers
from ccingest.store.checksums import joined
from ccingest.store.leases import Lease, map_leased
from ccingest.store.stamps import FileStatus, fstatus_of

# Bytes, a segment of about 100,000 chunks, which takes 120 MB in memory and no longer to answer; see
# benchmarks/README.md. A larger one would take more than a process may use, so it is mapped, with a
# lease: to use a mapped file that another process cuts short ends a process.
_READ_WHOLE = 128 * 1024 * 1024
_READ_AT_ONCE = 128 * 1024  # bytes, which fit in the processor's cache
_BEFORE_TEXT = 10  # bytes of an array's header, the last two of which have the length of the rest
_MARK = b"ccindex1"
_NUMBERS = frozenset("biuf")  # kinds of NumPy's types that an array may have
_HEADER = struct.Struct("<8sQI44x")  # mark, length and CRC-32 of what follows; 64 bytes

Kind: TypeAlias = tuple[type[np.generic], int]
"""The type of an array's numbers, and how many dimensions it has."""


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file in memory that the system reads when it is used."""

    content: mmap.mmap
    lease: Lease

    def is_unchanged(self) -> bool:
        """Whether nobody writes to the file. It may be removed: then only we have it."""
        return self.lease.is_held()


@dataclass(frozen=True, slots=True)
class FilePart:
    """An array of bytes in a file, which is not in memory."""

    path: Path
    status: FileStatus  # of the file when it was opened
    start: int  # byte of the file
    length: int  # bytes

    def __len__(self) -> int:
        return self.length


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """The arrays of an opened file."""

    arrays: list[NDArray[Any]]
    mapping: MappedFile | None  # None for a small file, which is in memory as a whole


def write_arrays(path: Path, arrays: Iterable[Sequence[NDArray[Any] | FilePart]]) -> None:
    """Write the arrays to a file, which is there whole or not at all. Raises OSError.

    Each array is given as one or more parts along its first axis, so that a large array need not
    be in memory as a whole. An array of bytes may have parts that are in other files.
    """
    unfinished = path.with_suffix(".tmp")
    length = checksum = 0
    with unfinished.open("wb") as file:
        file.write(_HEADER.pack(_MARK, 0, 0))
        for parts in arrays:
            for block in _blocks(parts, length):
                length += len(block)
                checksum = zlib.crc32(block, checksum)
                file.write(block)
        file.seek(0)
        file.write(_HEADER.pack(_MARK, length, checksum))
    unfinished.replace(path)


def read_arrays(
    path: Path,
    count: int,
    *,
    is_known: bool = False,
    stamped: int | None = None,
    most: int | None = None,
) -> ArrayFile:
    """The first `count` arrays of a file, or all where it has fewer, as one of an earlier ccingest
    may. Raises OSError, or ValueError for a damaged file.

    A file of over `most` bytes, or else a very large one, is mapped into memory and stays open, if it
    can be leased. Any other is read and closed, so that many datasets do not need as many open files.
    The checksum of a file that `is_known` to be as it was written is not compared. One that was
    `stamped` with a checksum has that of all its bytes.
    """
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        if status.st_size < _HEADER.size:
            raise ValueError("it is cut short")
        if status.st_size <= (_READ_WHOLE if most is None else most):
            content = file.read()
            _require_length(content[: _HEADER.size], len(content), stamped)
            return ArrayFile(_arrays(file, content, count, is_known=is_known), None)
        _require_header(file, status.st_size, stamped)
        return _mapped(file, count, is_known=is_known)


def require_kinds(arrays: Sequence[NDArray[Any]], kinds: Sequence[Kind]) -> None:
    """Raises ValueError unless the file has arrays of these kinds, as a whole file of another sort,
    put in its place, would not."""
    found = [(array.dtype, array.ndim) for array in arrays]
    if found != [(np.dtype(number), dimensions) for number, dimensions in kinds]:
        raise ValueError("it holds something else")


def map_arrays(path: Path, count: int, *, is_known: bool = False) -> ArrayFile:
    """As `read_arrays`, of a file that is mapped whatever its size, if it can be leased."""
    with open_regular(path) as file:
        _require_header(file, os.fstat(file.fileno()).st_size)
        return _mapped(file, count, is_known=is_known)


def _mapped(file: BinaryIO, count: int, *, is_known: bool) -> ArrayFile:
    leased = map_leased(file)
    mapping = MappedFile(*leased) if leased else None
    content = mapping.content if mapping else file.read()
    return ArrayFile(_arrays(file, content, count, is_known=is_known), mapping)


def _arrays(file: BinaryIO, content: Any, count: int, *, is_known: bool) -> list[NDArray[Any]]:
    """The first arrays of a file, whose content is in memory or mapped."""
    _require_whole(content, is_known=is_known)
    file.seek(_HEADER.size)
    arrays: list[NDArray[Any]] = []
    while len(arrays) < count and file.tell() < len(content):
        shape, dtype = _shape_and_type(file)
        size = int(np.prod(shape))
        arrays.append(np.frombuffer(content, dtype, size, file.tell()).reshape(shape))
        file.seek(size * dtype.itemsize, os.SEEK_CUR)
    return arrays


def open_arrays(
    path: Path, count: int, *, is_known: bool = False, stamped: int | None = None
) -> tuple[list[NDArray[Any]], FilePart]:
    """The first `count` arrays of a file, and where the last one is. Raises as `read_arrays` does."""
    with open_regular(path) as file:
        status = fstatus_of(file.fileno())
        _require_length(file.read(_HEADER.size), status.size, stamped)
        if not is_known:
            _require_checksum(file)
        file.seek(_HEADER.size)
        arrays = [_next_array(file) for _ in range(count)]
        shape, _ = _shape_and_type(file)
        return arrays, FilePart(path, status, file.tell(), int(shape[0]))


def first_arrays(path: Path, count: int) -> list[NDArray[Any]]:
    """The first arrays of a file, without its checksum. Raises as `read_arrays` does."""
    with open_regular(path) as file:
        _require_length(file.read(_HEADER.size), os.fstat(file.fileno()).st_size)
        return [_next_array(file) for _ in range(count)]


def _next_array(file: BinaryIO) -> NDArray[Any]:
    """The array that begins here in the file. Raises ValueError for what is none."""
    shape, dtype = _shape_and_type(file)
    size = math.prod(shape) * dtype.itemsize
    if size > os.fstat(file.fileno()).st_size:
        raise ValueError("the header of an array is damaged")
    return np.frombuffer(file.read(size), dtype).reshape(shape)


def _shape_and_type(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Of the array that begins here in the file. Raises ValueError for what is no array."""
    npy.read_magic(file)
    try:
        with array_headers:
            shape, _, dtype = npy.read_array_header_1_0(file)
    except (SyntaxError, TokenError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError("the header of an array is damaged") from error
    if any(size < 0 for size in shape) or dtype.kind not in _NUMBERS:
        raise ValueError("the header of an array is damaged")
    return shape, dtype


def _require_whole(content: Any, *, is_known: bool) -> None:
    """Raises ValueError when the header does not fit what follows."""
    checksum = _require_length(content[: _HEADER.size], len(content))
    with memoryview(content) as view:
        if not is_known and zlib.crc32(view[_HEADER.size :]) != checksum:
            raise ValueError("its checksum is wrong")


def _require_header(file: BinaryIO, size: int, stamped: int | None = None) -> None:
    """Before the whole file is read. Raises ValueError."""
    _require_length(os.pread(file.fileno(), _HEADER.size, 0), size, stamped)


def _require_length(header: bytes, size: int, stamped: int | None = None) -> int:
    """The checksum of what follows. Raises ValueError for the header of a file of another size, and of
    one that was not `stamped`."""
    if len(header) < _HEADER.size:
        raise ValueError("it is cut short")
    mark, length, checksum = _HEADER.unpack(header)
    if mark != _MARK:
        raise ValueError("it is no index file, or one of an earlier ccingest")
    if length != size - _HEADER.size:
        raise ValueError("it is cut short")
    if stamped is not None and joined(zlib.crc32(header), checksum, length) != stamped:
        raise ValueError("it is not the file that was written there")
    return int(checksum)


def _require_checksum(file: BinaryIO) -> None:
    file.seek(0)
    _, _, expected = _HEADER.unpack(file.read(_HEADER.size))
    checksum = 0
    while block := file.read(_READ_AT_ONCE):
        checksum = zlib.crc32(block, checksum)
    if checksum != expected:
        raise ValueError("its checksum is wrong")


def _blocks(
    parts: Sequence[NDArray[Any] | FilePart], position: int
) -> Iterator[bytes | memoryview]:
    """One array as it is written at this position after the header: its own, then its parts."""
    arrays = [part for part in parts if not isinstance(part, FilePart)]
    dtype, shape = (arrays[0].dtype, arrays[0].shape[1:]) if arrays else (np.dtype(np.uint8), ())
    header = io.BytesIO()
    npy.write_array_header_1_0(
        header,
        {
            "descr": npy.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": (sum(map(len, parts)), *shape),
        },
    )
    yield _aligned(header.getvalue(), position)
    for part in parts:
        if isinstance(part, FilePart):
            yield from _blocks_of_file(part)
        elif part.size:  # memoryview.cast can't do an empty one
            yield np.ascontiguousarray(part).data.cast("B")


def _aligned(header: bytes, position: int) -> bytes:
    """The header with so many more spaces that the array begins at a multiple of 64 bytes.

    NumPy copies the whole of an array that does not before it looks up one number in it.
    """
    spaces = -(position + len(header)) % _HEADER.size
    size = len(header) - _BEFORE_TEXT + spaces
    start = header[: _BEFORE_TEXT - 2] + size.to_bytes(2, "little")
    return start + header[_BEFORE_TEXT:-1] + b" " * spaces + header[-1:]


def _blocks_of_file(part: FilePart) -> Iterator[bytes]:
    """Raises OSError, also for a file that is shorter than it was."""
    with open_regular(part.path) as file:
        file.seek(part.start)
        left = part.length
        while left:
            block = file.read(min(left, _READ_AT_ONCE))
            if not block:
                raise OSError(errno.EIO, "it is cut short", str(part.path))
            left -= len(block)
            yield block
