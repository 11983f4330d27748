"""The chunks themselves, in files beside the segments: a question reads the few that it shows.

Lance has them too, and is the truth. But to import lancedb takes longer than to answer, and to look
up rows in it longer than to rank them.

A file has the numbers of all chunks, and one text a chunk: of its symbol, its text and so on, one
after the other. Values that many chunks share, such as the path, are there once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccingest.disk import regular_descriptor
from ccingest.errors import VersionGoneError
from ccingest.models import Chunk
from ccingest.store.arrays import FilePart, Kind, open_arrays, require_kinds, write_arrays
from ccingest.store.stamps import FileStatus, fstatus_of

SUFFIX = ".content"

# Texts are copied as they lie in the file, unless they are in more runs than this and short ones.
_MOST_RUNS, _USUAL_RUN = 64, 16

_SHARED = ("path", "language", "kind")
# By the types of a chunk's fields, so that a new field needs no change here.
_NUMBERS = tuple(field.name for field in fields(Chunk) if str(field.type) == "int")
_TUPLES = tuple(field.name for field in fields(Chunk) if str(field.type).startswith("tuple"))
_OWN = tuple(
    field.name for field in fields(Chunk) if field.name not in (*_SHARED, *_NUMBERS, *_TUPLES)
)
_TEXTS = (*_OWN, *_TUPLES)
# The values of a chunk as they are stored, and its fields in their order.
_STORED = (*_NUMBERS, *_SHARED, *_TEXTS)
_in_order_of_chunk = itemgetter(*(_STORED.index(field.name) for field in fields(Chunk)))
_PLACES_OF_TUPLES = tuple(map(_STORED.index, _TUPLES))
_as_values = json.JSONDecoder().raw_decode

Numbered: TypeAlias = tuple[int, Chunk]
"""A chunk and its position among the chunks of its file, from 0."""

Texts: TypeAlias = "NDArray[np.uint8] | FilePart"
# Of a file: those of `Content`, how long each of its values is, and the values.
_KINDS: Sequence[Kind] = (
    (np.int32, 2), (np.int32, 2), (np.int32, 2), (np.int32, 1), (np.uint8, 1),
)  # fmt: skip
NO_CHUNK: Numbered = (0, Chunk("", 0, 0, "", "", "", ""))
"""In the place of a chunk that no version has any more."""


class ContentChangedError(Exception):
    """The file is not as it was when it was opened. Caught in this package: it is made again."""


@contextmanager
def changes_named(what: str) -> Iterator[None]:
    """ContentChangedError as VersionGoneError, where nothing can be made again."""
    try:
        yield
    except ContentChangedError as error:
        raise VersionGoneError(f"{what} is gone.") from error


class Values(dict[int, str]):
    """Texts by their place, decoded when they are asked for: a shard has those of many datasets."""

    def __init__(self, ends: NDArray[np.int64], texts: bytes) -> None:
        self._ends = ends
        self._texts = texts

    @staticmethod
    def of(values: Sequence[str]) -> Values:
        encoded = [value.encode() for value in values]
        return Values(np.cumsum(list(map(len, encoded)), dtype=np.int64), b"".join(encoded))

    @property
    def size(self) -> int:
        return len(self._ends)

    def __missing__(self, place: int) -> str:
        start = self._ends[place - 1] if place else 0
        self[place] = value = self._texts[start : self._ends[place]].decode()
        return value

    def all(self) -> list[str]:
        return [self[place] for place in range(self.size)]


@dataclass(frozen=True)
class Content:
    """The chunks of a segment, which are numbered as in its postings."""

    numbers: NDArray[np.int32]  # (chunks, 1 + numbers of a chunk): its position in its file first
    shared: NDArray[np.int32]  # (chunks, 3) which of the values its path, language and kind are
    lengths: NDArray[np.int32]  # (chunks, texts) bytes of each of its texts
    values: Values
    texts: Texts  # of all chunks, UTF-8; in memory or on the disk

    @property
    def size(self) -> int:
        return len(self.numbers)

    def read(self, chunks: NDArray[np.int64]) -> list[Numbered]:
        """The chunks with these numbers. Raises ContentChangedError."""
        return [
            self._decoded(*parts)
            for parts in zip(
                self._texts_of(chunks),
                self.numbers[chunks].tolist(),
                self.shared[chunks].tolist(),
                self.lengths[chunks].tolist(),
                strict=True,
            )
        ]

    def chosen(self, chunks: NDArray[np.int64]) -> tuple[Content, list[Texts]]:
        """These chunks in this order: without their texts, and those. Raises ContentChangedError.

        Texts that follow each other are not read.
        """
        places, shared = np.unique(self.shared[chunks], return_inverse=True)
        values = Values.of([self.values[place] for place in places.tolist()])
        numbers = shared.reshape(-1, len(_SHARED)).astype(np.int32)
        nothing = np.zeros(0, dtype=np.uint8)
        whole = Content(self.numbers[chunks], numbers, self.lengths[chunks], values, nothing)
        first = np.flatnonzero(np.diff(chunks, prepend=-2) != 1)
        if len(first) > max(_MOST_RUNS, len(chunks) // _USUAL_RUN):
            return whole, [np.frombuffer(b"".join(self._texts_of(chunks)), dtype=np.uint8)]
        runs = zip(chunks[first].tolist(), np.diff(first, append=len(chunks)).tolist(), strict=True)
        return whole, [self._run(start, start + size) for start, size in runs]

    def place(self, chunk: int) -> tuple[str, int]:
        """The path of the file of a chunk, and the chunk's position in it."""
        return self.values[int(self.shared[chunk, 0])], int(self.numbers[chunk, 0])

    def places(
        self, chunks: NDArray[np.int32]
    ) -> tuple[list[str], NDArray[np.int64], NDArray[np.int32]]:
        """The same of many: paths, which of them each chunk has, and its position in that file."""
        found, held = np.unique(self.shared[chunks, 0], return_inverse=True)
        return [self.values[place] for place in found.tolist()], held, self.numbers[chunks, 0]

    def of_paths(self, paths: Collection[str]) -> NDArray[np.int64]:
        """The numbers of the chunks of these files, in the order of their writes: (n,)."""
        places = [self._place_of[path] for path in paths if path in self._place_of]
        if not places:
            return np.zeros(0, dtype=np.int64)
        if len(places) == 1:
            return np.flatnonzero(self.shared[:, 0] == places[0])
        return np.flatnonzero(np.isin(self.shared[:, 0], places))

    def column(self, name: str) -> tuple[list[str], NDArray[np.int64]]:
        """The distinct values of a shared field, and which of them each chunk has, (chunks,)."""
        values, place = np.unique(self.shared[:, _SHARED.index(name)], return_inverse=True)
        return [self.values[value] for value in values], place.astype(np.int64, copy=False)

    def _texts_of(self, chunks: NDArray[np.int64]) -> list[bytes]:
        starts, lengths = self._starts[chunks].tolist(), _sizes(self.lengths[chunks]).tolist()
        whole = self.texts
        if isinstance(whole, FilePart):
            return _read(whole, list(zip(starts, lengths, strict=True)))
        return [
            whole[start : start + length].tobytes()
            for start, length in zip(starts, lengths, strict=True)
        ]

    def _run(self, first: int, end: int) -> Texts:
        """The texts of the chunks from `first` to before `end`, of which there is at least one."""
        start = int(self._starts[first])
        beyond = int(self._starts[end - 1] + self.lengths[end - 1].sum())
        if isinstance(self.texts, FilePart):
            whole = self.texts
            return FilePart(whole.path, whole.status, whole.start + start, beyond - start)
        return self.texts[start:beyond]

    def _decoded(
        self, text: bytes, numbers: list[int], shared: list[int], lengths: list[int]
    ) -> Numbered:
        found: list[Any] = [*numbers[1:], *map(self.values.__getitem__, shared)]
        start = 0
        for length in lengths:
            found.append(text[start : start + length].decode())
            start += length
        for place in _PLACES_OF_TUPLES:
            found[place] = tuple(_as_values(found[place])[0]) if found[place] else ()
        return numbers[0], Chunk(*_in_order_of_chunk(found))

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        sizes = _sizes(self.lengths)
        return np.cumsum(sizes) - sizes

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {value: place for place, value in enumerate(self.values.all())}


def content_of(chunks: Sequence[Numbered]) -> Content:
    """The content of these chunks, in memory."""
    values: list[str] = []
    texts: list[bytes] = []
    numbers: list[int] = []
    for ordinal, chunk in chunks:
        values += _of_shared(chunk)
        numbers.append(ordinal)
        numbers += _of_numbers(chunk)
        texts += [text.encode() for text in _of_own(chunk)]
        texts += map(_as_json, _of_tuples(chunk))
    place_of = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return Content(
        _table(numbers, 1 + len(_NUMBERS)),
        _table(list(map(place_of.__getitem__, values)), len(_SHARED)),
        _table(list(map(len, texts)), len(_TEXTS)),
        Values.of(list(place_of)),
        np.frombuffer(b"".join(texts), dtype=np.uint8),
    )


def joined(parts: Sequence[Content]) -> Content:
    """The chunks of all parts, one part after the other, without their texts."""
    place_of: dict[str, int] = {}
    shared = []
    for part in parts:
        places = [place_of.setdefault(value, len(place_of)) for value in part.values.all()]
        shared.append(np.array(places, dtype=np.int32)[part.shared])
    return Content(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate(shared),
        np.concatenate([part.lengths for part in parts]),
        Values.of(list(place_of)),
        np.zeros(0, dtype=np.uint8),
    )


def kept(content: Content, is_live: NDArray[np.bool_]) -> Content:
    """The content of live chunks alone; the others are empty. Raises ContentChangedError."""
    live = np.flatnonzero(is_live)
    chunks = [NO_CHUNK] * content.size
    for number, chunk in zip(live.tolist(), content.read(live), strict=True):
        chunks[number] = chunk
    return content_of(chunks)


def write_content(
    path: Path, parts: Sequence[Content], texts: Sequence[Texts] | None = None
) -> None:
    """Write a file with the chunks of all parts. Raises OSError.

    `texts` are those of all parts, where they are not in the parts.
    """
    whole = joined(parts)
    values = [value.encode() for value in whole.values.all()]
    write_arrays(
        path,
        [
            [whole.numbers],
            [whole.shared],
            [whole.lengths],
            [np.array([len(value) for value in values], dtype=np.int32)],
            [np.frombuffer(b"".join(values), dtype=np.uint8)],
            [part.texts for part in parts] if texts is None else texts,
        ],
    )


def read_content(path: Path, *, is_known: bool, stamped: int | None = None) -> Content:
    """Raises OSError, and ValueError for a damaged file. See `read_arrays` for the rest."""
    arrays, texts = open_arrays(path, len(_KINDS), is_known=is_known, stamped=stamped)
    require_kinds(arrays, _KINDS)
    numbers, shared, lengths, sizes, blob = arrays
    values = Values(np.cumsum(sizes, dtype=np.int64), blob.tobytes())
    return Content(numbers, shared, lengths, values, texts)


def _sizes(lengths: NDArray[np.int32]) -> NDArray[np.int64]:
    """The bytes of all texts of each chunk, (chunks,)."""
    sizes: NDArray[np.int64] = lengths.sum(axis=1, dtype=np.int64)
    return sizes


def _read(part: FilePart, places: Sequence[tuple[int, int]]) -> list[bytes]:
    """The bytes at each start, of each length."""
    try:
        descriptor = regular_descriptor(part.path)
    except OSError as error:
        raise ContentChangedError from error
    try:
        if not _is_same(fstatus_of(descriptor), part.status):
            raise ContentChangedError
        found = [os.pread(descriptor, length, part.start + start) for start, length in places]
    finally:
        os.close(descriptor)
    if any(len(text) != length for text, (_, length) in zip(found, places, strict=True)):
        raise ContentChangedError
    return found


def _is_same(now: FileStatus, then: FileStatus) -> bool:
    return (now.size, now.modified) == (then.size, then.modified)


def _as_json(values: Sequence[str]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() if values else b""


def _table(numbers: list[int], columns: int) -> NDArray[np.int32]:
    """The numbers row by row, (rows, columns)."""
    return np.array(numbers, dtype=np.int32).reshape(-1, columns)


def _getter(names: Sequence[str]) -> Callable[[Chunk], tuple[Any, ...]]:
    """What returns these fields of a chunk."""
    if len(names) > 1:
        return attrgetter(*names)
    only = attrgetter(*names)
    return lambda chunk: (only(chunk),)


_of_shared, _of_numbers = _getter(_SHARED), _getter(_NUMBERS)
_of_own, _of_tuples = _getter(_OWN), _getter(_TUPLES)
