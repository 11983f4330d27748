"""What a pack holds, read before libgit2 resolves its deltas.

libgit2 takes commits and tags into memory as a whole, and what deltas make. A delta is a list of parts
of another object, its base. A few hundred bytes of it make an object of gigabytes, in memory beside its
base. Both sizes are written at its beginning. So a pack that has arrived is read once before.

The format: https://git-scm.com/docs/gitformat-pack
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ccingest.errors import DamagedSourceError, UnsupportedSourceError

# Bytes of a base, of a delta, and of what they make. All three are in memory at once. git makes deltas
# of files up to 512 MiB, but those of over 8 MiB are not read here.
MOST_UNFOLDED = 192 * 1024 * 1024
# Bytes of a commit or a tag: a message, and a line for each parent.
LARGEST_COMMIT = 16 * 1024 * 1024
_HEAD_BYTES = 12  # "PACK", version, number of objects
COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
_ID_BYTES = 20
# What is decompressed at a time: zlib makes up to a thousand times as much of it.
_FIRST_PART, _PART = 512, 16 * 1024
_LONGEST_SHIFT = 64  # bits of a size
_LONGEST_SIZES = 20  # bytes of two sizes at the beginning of a delta
_BEAT_INTERVAL = 1000  # entries


@dataclass(frozen=True, slots=True)
class PackEntry:
    """An object of a pack, or a delta. Sizes are bytes, before compression.

    `base` is the offset or the id of the base of a delta. What is compressed lies from `start` to `end`.
    """

    offset: int
    kind: int
    size: int
    start: int
    end: int
    base: int | bytes | None = None
    base_size: int = 0
    result_size: int = 0


@contextmanager
def opened(pack: Path) -> Iterator[mmap.mmap]:
    """The bytes of a pack. Raises DamagedSourceError when it is none, OSError."""
    with (
        pack.open("rb") as file,
        mmap.mmap(file.fileno(), _required(file), access=mmap.ACCESS_READ) as mapped,
    ):
        yield mapped


def entries_of(pack: mmap.mmap) -> Iterator[PackEntry]:
    """The entries of a pack whose objects have all arrived. Raises DamagedSourceError."""
    position = _HEAD_BYTES
    for _ in range(int.from_bytes(pack[8:_HEAD_BYTES], "big")):
        try:
            entry = _entry_at(pack, position)
        except (IndexError, zlib.error):
            raise damaged() from None
        yield entry
        position = entry.end


def parts_of(pack: mmap.mmap, entry: PackEntry) -> Iterator[bytes]:
    """What an entry holds, decompressed, in parts of at most 16 MiB."""
    decompressor = zlib.decompressobj()
    for position in range(entry.start, entry.end, _PART):
        yield decompressor.decompress(pack[position : min(position + _PART, entry.end)])


def check_sizes(
    pack: mmap.mmap, stored_size: Callable[[bytes], int | None], beat: Callable[[], None]
) -> bool:
    """Returns whether the pack names bases by their ids.

    Raises UnsupportedSourceError when a delta makes, has or needs an object that is too large, and for
    a commit or tag that is. `stored_size` gives the bytes of an object that the repository has, by its
    id; None for another. Bases in the pack that are named by their ids are left to
    `check_no_duplicates`. `beat` is called now and then. Raises DamagedSourceError.
    """
    large, has_ids = set[int](), False
    for number, entry in enumerate(entries_of(pack)):
        if number % _BEAT_INTERVAL == 0:
            beat()
        if entry.base is None:
            if entry.kind in (COMMIT, TAG) and entry.size > LARGEST_COMMIT:
                raise _large_commit()
            if entry.size > MOST_UNFOLDED:
                large.add(entry.offset)
            continue
        stored = 0
        if isinstance(entry.base, bytes):
            has_ids = True
            stored = stored_size(entry.base) or 0
        sizes = (entry.size, entry.base_size, entry.result_size, stored)
        if max(sizes) > MOST_UNFOLDED or entry.base in large:
            raise too_large()
    return has_ids


def too_large() -> UnsupportedSourceError:
    return UnsupportedSourceError(
        f"The server sends differences between files of over {MOST_UNFOLDED // 2**20} MiB, which "
        "ccingest does not take into memory; clone the repository with git, and add the clone."
    )


def damaged() -> DamagedSourceError:
    return DamagedSourceError("The server sends a pack that is damaged; try again later.")


def number_at(data: bytes, position: int) -> tuple[int, int]:
    """A size at the beginning of a delta, and where what follows begins. Raises IndexError."""
    size = shift = 0
    while shift < _LONGEST_SHIFT:
        byte = data[position]
        position, size, shift = position + 1, size | (byte & 127) << shift, shift + 7
        if not byte & 128:
            break
    return size, position


def _large_commit() -> UnsupportedSourceError:
    return UnsupportedSourceError(
        f"The server sends a commit or tag of over {LARGEST_COMMIT // 2**20} MiB; ccingest takes no "
        "repository with one."
    )


def _required(file: BinaryIO) -> int:
    """Bytes of what begins as a pack does. Raises DamagedSourceError."""
    if not file.read(_HEAD_BYTES).startswith(b"PACK"):
        raise damaged()
    return file.seek(0, os.SEEK_END)


def _entry_at(pack: mmap.mmap, offset: int) -> PackEntry:
    byte = pack[offset]
    position, kind, size, shift = offset + 1, byte >> 4 & 7, byte & 15, 4
    while byte & 128 and shift < _LONGEST_SHIFT:
        byte = pack[position]
        position, size, shift = position + 1, size | (byte & 127) << shift, shift + 7
    base: int | bytes | None = None
    if kind == OFS_DELTA:
        base, position = _base_before(pack, offset, position)
    elif kind == REF_DELTA:
        base, position = pack[position : position + _ID_BYTES], position + _ID_BYTES
    elif kind not in KINDS:
        raise damaged()
    head, end = _inflated(pack, position, size)
    if base is None:
        return PackEntry(offset, kind, size, position, end)
    base_size, place = number_at(head, 0)
    result_size, _ = number_at(head, place)
    return PackEntry(offset, kind, size, position, end, base, base_size, result_size)


def _base_before(pack: mmap.mmap, offset: int, position: int) -> tuple[int, int]:
    """The offset of the base of an OFS_DELTA, and where what follows begins."""
    byte = pack[position]
    distance, position = byte & 127, position + 1
    while byte & 128 and distance <= offset:
        byte = pack[position]
        distance, position = (distance + 1) << 7 | byte & 127, position + 1
    return offset - distance, position


def _inflated(pack: mmap.mmap, position: int, size: int) -> tuple[bytes, int]:
    """The first bytes of what is compressed there, and where what follows begins.

    Raises zlib.error, IndexError, and DamagedSourceError when it is not of this size.
    """
    decompressor, head, part, count = zlib.decompressobj(), b"", _FIRST_PART, 0
    while not decompressor.eof:
        given = pack[position : position + part]
        if not given:
            raise IndexError(position)
        made = decompressor.decompress(given)
        count += len(made)
        if len(head) < _LONGEST_SIZES:
            head += made[:_LONGEST_SIZES]
        position, part = position + len(given), _PART
    if count != size:
        raise damaged()
    return head, position - len(decompressor.unused_data)
