"""The checksums of files, CRC-32; and bringing files to the disk."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from ccingest.disk import NotRegularError, regular_descriptor

_READ_AT_ONCE = 128 * 1024  # bytes, which fit in the processor's cache
# The polynomial of CRC-32, its highest power in the lowest bit; and 1 and x written like that.
_POLYNOMIAL, _ONE, _X = 0xEDB88320, 1 << 31, 1 << 30


def checksum_of(path: Path) -> int:
    """The checksum of a file. Raises NotRegularError and OSError."""
    descriptor = regular_descriptor(path)
    try:
        return _checksum(descriptor)
    finally:
        os.close(descriptor)


def is_of(path: Path, size: int, checksum: int | None) -> bool:
    """Whether the file has this size and this checksum, if any; False for what is no regular file.

    Raises OSError.
    """
    try:
        descriptor = regular_descriptor(path)
    except NotRegularError:
        return False
    try:
        if os.fstat(descriptor).st_size != size:
            return False
        return checksum is None or _checksum(descriptor) == checksum
    finally:
        os.close(descriptor)


def joined(first: int, second: int, length: int) -> int:
    """The checksum of two texts, one after the other, from those of each; `length` is the second's.

    That of the first is multiplied by x to the bits of the second, modulo the polynomial.
    """
    shift, power, bits = _ONE, _X, 8 * length
    while bits:
        if bits & 1:
            shift = _product(shift, power)
        power = _product(power, power)
        bits >>= 1
    return _product(shift, first) ^ second


def sync(path: Path) -> None:
    """Bring the bytes of a file, or the names in a folder, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> int:
    """Bring the file's bytes to the disk; returns their checksum."""
    descriptor = regular_descriptor(path)
    try:
        checksum = _checksum(descriptor)
        os.fsync(descriptor)
        return checksum
    finally:
        os.close(descriptor)


def _checksum(descriptor: int) -> int:
    checksum = 0
    while block := os.read(descriptor, _READ_AT_ONCE):
        checksum = zlib.crc32(block, checksum)
    return checksum


def _product(first: int, second: int) -> int:
    found = 0
    while first:
        if first & _ONE:
            found ^= second
        first = first << 1 & 0xFFFFFFFF
        second = second >> 1 ^ (_POLYNOMIAL if second & 1 else 0)
    return found
