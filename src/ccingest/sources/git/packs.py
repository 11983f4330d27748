"""What the objects of a pack unfold to, found before libgit2 unfolds them.

libgit2 takes commits and tags into memory as a whole, and what deltas make. A delta is a list of parts of another object, its base. A few hundred bytes of it make an object of
gigabytes, in memory beside its base. Both sizes are written at the beginning of the delta. So when a
pack has arrived, and before its deltas are resolved, it is read once.

The format: https://git-scm.com/docs/gitformat-pack
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pygit2

from ccingest.errors import DamagedSourceError, UnsupportedSourceError
from ccingest.sources.git.library import READS_HEADERS

_log = logging.getLogger(__name__)

# Bytes of a base, of a delta, and of what they make. All three are in memory at once. git makes deltas
# of files up to 512 MiB, but those of over 8 MiB are not read here.
MOST_UNFOLDED = 192 * 1024 * 1024
# Bytes of a commit or a tag: a message, and a line for each parent.
_LARGEST_COMMIT = 16 * 1024 * 1024
_HEAD_BYTES = 12  # "PACK", version, number of objects
_COMMIT, _TAG, _OFS_DELTA, _REF_DELTA = 1, 4, 6, 7
_KINDS = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}
_ID_BYTES = 20
# What is decompressed at a time: zlib makes up to a thousand times as much of it.
_FIRST_PART, _PART = 512, 16 * 1024
_LONGEST_SHIFT = 64  # bits of a size
_LONGEST_SIZES = 20  # bytes of two sizes at the beginning of a delta
_BEAT_INTERVAL = 1000  # entries


@dataclass(frozen=True, slots=True)
class PackEntry:
    """An object of a pack, or a delta.

    The base of a delta is an offset in the pack or an id. `unfolded` is the largest number of bytes that
    the entry says that it, its base or its result has.
    """

    offset: int
    kind: int
    unfolded: int
    base: int | bytes | None
    object_id: bytes = b""  # only of an object that is too large to be a base


def check_unfolded(
    pack: Path, stored_size: Callable[[bytes], int | None], beat: Callable[[], None]
) -> None:
    """Raises UnsupportedSourceError when a delta makes, has or needs an object that is too large, and
    for a commit or tag that is.

    `stored_size` gives the bytes of an object that the repository has, by its id; None for another.
    `beat` is called now and then. Raises DamagedSourceError for what is no pack.
    """
    large_offsets, large_ids, has_ids_within = set[int](), set[bytes](), False
    for number, entry in enumerate(entries_of(pack)):
        if number % _BEAT_INTERVAL == 0:
            beat()
        if entry.base is None:
            if entry.kind in (_COMMIT, _TAG) and entry.unfolded > _LARGEST_COMMIT:
                raise _large_commit()
            if entry.unfolded > MOST_UNFOLDED:
                large_offsets.add(entry.offset)
                large_ids.add(entry.object_id)
            continue
        stored = stored_size(entry.base) if isinstance(entry.base, bytes) else 0
        has_ids_within |= stored is None
        if max(entry.unfolded, stored or 0) > MOST_UNFOLDED or entry.base in large_offsets:
            raise _too_large()
    # The base of a delta by id may come after it.
    if large_ids and has_ids_within:
        for entry in entries_of(pack):
            if entry.base in large_ids:
                raise _too_large()


def entries_of(pack: Path) -> Iterator[PackEntry]:
    """The entries of a pack whose objects have all arrived. Raises DamagedSourceError, OSError."""
    with (
        pack.open("rb") as file,
        mmap.mmap(file.fileno(), _required(file), access=mmap.ACCESS_READ) as mapped,
    ):
        position = _HEAD_BYTES
        for _ in range(int.from_bytes(mapped[8:_HEAD_BYTES], "big")):
            try:
                entry, position = _entry_at(mapped, position)
            except (IndexError, zlib.error):
                raise _damaged() from None
            yield entry


def check_received(repository: pygit2.Repository, beat: Callable[[], None]) -> None:
    """`check_unfolded` for the pack that this repository has just received."""
    found = list(_unfinished(repository))
    if len(found) == 1:
        check_unfolded(found[0], partial(_stored_size, repository.odb), beat)
    else:
        _log.warning("The pack is not found among %d files, and not checked.", len(found))


def remove_unfinished(repository: pygit2.Repository) -> None:
    """Remove the packs of transfers that were killed. No other may be running."""
    for path in _unfinished(repository):
        path.unlink(missing_ok=True)


def _stored_size(odb: pygit2.Odb, object_id: bytes) -> int | None:
    if not READS_HEADERS:
        return 0 if odb.exists(pygit2.Oid(raw=object_id)) else None
    try:
        return int(odb.read_header(pygit2.Oid(raw=object_id))[1])
    except (KeyError, pygit2.GitError):  # of another object of the pack
        return None


def _unfinished(repository: pygit2.Repository) -> Iterator[Path]:
    return (Path(repository.path) / "objects" / "pack").glob("pack_git2_*")


def _required(file: BinaryIO) -> int:
    """Bytes of what begins as a pack does. Raises DamagedSourceError."""
    if not file.read(_HEAD_BYTES).startswith(b"PACK"):
        raise _damaged()
    return file.seek(0, os.SEEK_END)


def _entry_at(mapped: mmap.mmap, offset: int) -> tuple[PackEntry, int]:
    """The entry there, and where the next one begins."""
    byte = mapped[offset]
    position, kind, size, shift = offset + 1, byte >> 4 & 7, byte & 15, 4
    while byte & 128 and shift < _LONGEST_SHIFT:
        byte = mapped[position]
        position, size, shift = position + 1, size | (byte & 127) << shift, shift + 7
    base: int | bytes
    if kind == _OFS_DELTA:
        base, position = _base_before(mapped, offset, position)
    elif kind == _REF_DELTA:
        base, position = mapped[position : position + _ID_BYTES], position + _ID_BYTES
    elif kind in _KINDS:
        is_large = size > MOST_UNFOLDED
        hashed = hashlib.sha1(b"%s %d\0" % (_KINDS[kind], size), usedforsecurity=False)
        _, end = _inflated(mapped, position, hashed.update if is_large else None)
        entry = PackEntry(offset, kind, size, None, hashed.digest() if is_large else b"")
        return entry, end
    else:
        raise _damaged()
    head, end = _inflated(mapped, position, None)
    base_size, place = _size_at(head, 0)
    result_size, _ = _size_at(head, place)
    return PackEntry(offset, kind, max(size, base_size, result_size), base), end


def _base_before(mapped: mmap.mmap, offset: int, position: int) -> tuple[int, int]:
    """The offset of the base of an OFS_DELTA, and where what follows begins."""
    byte = mapped[position]
    distance, position = byte & 127, position + 1
    while byte & 128 and distance <= offset:
        byte = mapped[position]
        distance, position = (distance + 1) << 7 | byte & 127, position + 1
    return offset - distance, position


def _size_at(head: bytes, position: int) -> tuple[int, int]:
    """A size at the beginning of a delta, and where what follows begins. Raises IndexError."""
    size = shift = 0
    while True:
        byte = head[position]
        position, size, shift = position + 1, size | (byte & 127) << shift, shift + 7
        if not byte & 128:
            return size, position


def _inflated(
    mapped: mmap.mmap, position: int, take: Callable[[bytes], object] | None
) -> tuple[bytes, int]:
    """The first bytes of a compressed object, and where what follows begins. Raises zlib.error."""
    decompressor, head, part = zlib.decompressobj(), b"", _FIRST_PART
    while not decompressor.eof:
        given = mapped[position : position + part]
        if not given:
            raise IndexError(position)
        made = decompressor.decompress(given)
        if take:
            take(made)
        if len(head) < _LONGEST_SIZES:
            head += made[:_LONGEST_SIZES]
        position, part = position + len(given), _PART
    return head, position - len(decompressor.unused_data)


def _too_large() -> UnsupportedSourceError:
    return UnsupportedSourceError(
        f"The server sends differences between files of over {MOST_UNFOLDED // 2**20} MiB, which "
        "ccingest does not take into memory; clone the repository with git, and add the clone."
    )


def _large_commit() -> UnsupportedSourceError:
    return UnsupportedSourceError(
        f"The server sends a commit or tag of over {_LARGEST_COMMIT // 2**20} MiB; ccingest takes no "
        "repository with one."
    )


def _damaged() -> DamagedSourceError:
    return DamagedSourceError("The server sends a pack that can't be read; try again later.")
