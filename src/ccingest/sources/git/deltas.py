"""Applying the deltas of a pack that names bases by their ids, to see that it has no object twice.

libgit2 1.9 does not end with one that has: when two deltas make the same object, or a delta makes its own
base, it takes memory until there is none. Packs of most servers name bases by their offsets, and then
libgit2 refuses such a pack itself. Others are resolved here first, one chain at a time.
"""

from __future__ import annotations

import hashlib
import mmap
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ccingest.errors import UnsupportedSourceError
from ccingest.sources.git.packs import (
    KINDS,
    MOST_UNFOLDED,
    PackEntry,
    damaged,
    entries_of,
    number_at,
    parts_of,
    too_large,
)

# Objects of such a pack, of which each takes 300 bytes here.
_MOST_OBJECTS = 1_000_000
_MOST_AT_ONCE = 2 * MOST_UNFOLDED  # bytes of the bases that are in use together
_COPIES = 128  # the bit of an instruction that copies from the base
_WHOLE_COPY = 0x10000  # bytes, when an instruction names no size

Stored = Callable[[bytes], tuple[bytes, bytes] | None]
"""The kind and the content of an object that the repository has, by its id."""


@dataclass(slots=True)
class _Pack:
    pack: mmap.mmap
    beat: Callable[[], None]
    ids: set[bytes] = field(default_factory=set)  # of all objects that are known by now
    bases: list[tuple[PackEntry, bytes]] = field(
        default_factory=list
    )  # objects as they are, with ids
    after_offset: dict[int, list[PackEntry]] = field(default_factory=lambda: defaultdict(list))
    after_id: dict[bytes, list[PackEntry]] = field(default_factory=lambda: defaultdict(list))

    def take(self, offset: int, object_id: bytes) -> list[PackEntry]:
        """The deltas that are based on an object. Each is taken once."""
        return [*self.after_offset.pop(offset, ()), *self.after_id.pop(object_id, ())]


def check_no_duplicates(pack: mmap.mmap, stored: Stored, beat: Callable[[], None]) -> set[bytes]:
    """The ids of all objects whose bases are there. Raises DamagedSourceError when one is made twice.

    Raises UnsupportedSourceError when it has more objects, or needs more memory, than this takes. The
    sizes of its deltas have been checked. `beat` is called for each object.
    """
    listed = _listed(pack, beat)
    while listed.bases:
        entry, object_id = listed.bases.pop()
        if waiting := listed.take(entry.offset, object_id):
            if entry.size > MOST_UNFOLDED:
                raise too_large()
            _resolve(listed, KINDS[entry.kind], b"".join(parts_of(pack, entry)), waiting)
    # What is left is based on what the repository has: libgit2 adds that to the pack.
    found = {base: known for base in listed.after_id if (known := stored(base))}
    listed.ids |= found.keys()
    for base, (kind, content) in found.items():
        _resolve(listed, kind, content, listed.take(-1, base))
    return listed.ids


def applied(base: bytes, delta: bytes) -> bytes:
    """What a delta makes of its base. Raises DamagedSourceError."""
    try:
        size, position = number_at(delta, 0)
        wanted, position = number_at(delta, position)
        made, view, end = bytearray(), memoryview(base), len(delta)
        if size != len(base):
            raise damaged()
        while position < end:
            step, position = delta[position], position + 1
            if step & _COPIES:
                offset, position = _bytes_of(delta, position, step, 4)
                count, position = _bytes_of(delta, position, step >> 4 & 7, 3)
                part = view[offset : offset + (count or _WHOLE_COPY)]
            else:
                part, position = memoryview(delta)[position : position + step], position + step
            made += part
            if len(made) > wanted or not part:
                raise damaged()
    except IndexError:
        raise damaged() from None
    if len(made) != wanted:
        raise damaged()
    return bytes(made)


def _listed(pack: mmap.mmap, beat: Callable[[], None]) -> _Pack:
    listed = _Pack(pack, beat)
    for number, entry in enumerate(entries_of(pack)):
        beat()
        if number >= _MOST_OBJECTS:
            raise _too_many()
        if isinstance(entry.base, int):
            listed.after_offset[entry.base].append(entry)
        elif entry.base is not None:
            listed.after_id[entry.base].append(entry)
        else:
            object_id = _id_of(KINDS[entry.kind], entry.size, parts_of(pack, entry))
            listed.ids.add(object_id)
            listed.bases.append((entry, object_id))
    return listed


def _resolve(listed: _Pack, kind: bytes, content: bytes, waiting: list[PackEntry]) -> None:
    """Apply the deltas that are based on an object, and those that are based on what they make."""
    chain = [(content, waiting)]
    in_use = len(content)
    while chain:
        base, waiting = chain[-1]
        listed.beat()
        entry = waiting.pop()
        if not waiting:  # the last one that needs it
            chain.pop()
            in_use -= len(base)
        made = applied(base, b"".join(parts_of(listed.pack, entry)))
        object_id = _id_of(kind, len(made), [made])
        if object_id in listed.ids:
            raise damaged()
        listed.ids.add(object_id)
        if after := listed.take(entry.offset, object_id):
            chain.append((made, after))
            in_use += len(made)
            if in_use > _MOST_AT_ONCE:
                raise too_large()


def _bytes_of(delta: bytes, position: int, given: int, count: int) -> tuple[int, int]:
    """A number of which only the bytes are there whose bits are set in `given`."""
    value = 0
    for place in range(count):
        if given >> place & 1:
            value |= delta[position] << 8 * place
            position += 1
    return value, position


def _id_of(kind: bytes, size: int, parts: Iterable[bytes]) -> bytes:
    hashed = hashlib.sha1(b"%s %d\0" % (kind, size), usedforsecurity=False)
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def _too_many() -> UnsupportedSourceError:
    return UnsupportedSourceError(
        f"The server sends over {_MOST_OBJECTS:,} objects, and names the bases of differences by their "
        "ids; clone the repository with git, and add the clone."
    )
