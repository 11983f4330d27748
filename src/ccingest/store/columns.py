"""The chunks of a version, by row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Chunk
from ccingest.store.content import Content, Numbered, Texts
from ccingest.store.rowmap import distinct

_MOST_DECODED = 20_000  # chunks held in memory


class ChunkColumns:
    """Reads the chunks of rows of one version. It holds those that were read last in memory.

    `rows[i]` has the row of each chunk of `parts[i]`; -1 for one that was deleted. Its methods raise
    ContentChangedError when a file was written to or removed.
    """

    def __init__(
        self, parts: Sequence[Content], rows: Sequence[NDArray[np.int32]], size: int
    ) -> None:
        self._parts = list(zip(parts, rows, strict=True))
        part_of = np.full(size, -1, dtype=np.int32)
        self._number_of = np.zeros(size, dtype=np.int32)
        for number, (_, row_of) in enumerate(self._parts):
            chunks = np.flatnonzero(row_of >= 0)
            part_of[row_of[chunks]] = number
            self._number_of[row_of[chunks]] = chunks
        # One number takes no memory for each row.
        self._part_of = part_of if len(self._parts) != 1 else np.broadcast_to(np.int32(0), size)
        self._decoded: dict[int, Numbered] = {}
        self._files: dict[str, list[Chunk]] = {}  # that were read last, of the same chunks

    def chunks(self, rows: NDArray[np.int64]) -> list[Numbered]:
        """The chunks of these rows."""
        return self._read(rows)

    def files(self, paths: Sequence[str]) -> dict[str, list[Chunk]]:
        """The chunks of each of these files, in their order. A file without any is left out."""
        found = {path: self._files.get(path) or self._file(path) for path in paths}
        return {path: chunks for path, chunks in found.items() if chunks}

    def file(self, rows: NDArray[np.int64]) -> list[Chunk]:
        """The chunks of these rows, which are those of one file, in their order."""
        return _in_order(self._read(rows))

    def at(self, path: str, line: int) -> tuple[int, int] | None:
        """The row and the ordinal of the first chunk of the file that has this line, if any."""
        rows = self.rows_of([path])
        read = zip(self._read(rows), rows.tolist(), strict=True)
        there = [
            (ordinal, row)
            for (ordinal, chunk), row in read
            if chunk.start_line <= line <= chunk.end_line
        ]
        if not there:
            return None
        ordinal, row = min(there)
        return row, ordinal

    def allowed(
        self, name: str, allows: Callable[[Sequence[str]], NDArray[np.bool_]]
    ) -> NDArray[np.bool_]:
        """Which rows have a value of a shared field that `allows` lets through, (rows,)."""
        found = np.zeros(len(self._part_of), dtype=np.bool_)
        for content, row_of in self._parts:
            values, place = content.column(name)
            here = row_of >= 0
            found[row_of[here]] = allows(values)[place[here]]
        return found

    def rows_of(self, paths: Collection[str]) -> NDArray[np.int64]:
        """The rows of all chunks of these files, (n,)."""
        found: list[NDArray[np.integer[Any]]] = [np.zeros(0, dtype=np.int64)]
        for content, row_of in self._parts:
            rows = row_of[content.of_paths(paths)]
            found.append(rows[rows >= 0])
        return np.concatenate(found).astype(np.int64, copy=False)

    def paths(self, rows: NDArray[np.int64]) -> list[str]:
        """The path of the file of each of these rows. Reads no file."""
        places = zip(self._part_of[rows].tolist(), self._number_of[rows].tolist(), strict=True)
        return [self._parts[part][0].place(number)[0] for part, number in places]

    def order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each of these rows among them, by path and position in the file. Reads no file.

        The numbers of rows would not do: they show which files an ingest found there already.
        """
        names: dict[str, int] = {}
        name_of = np.zeros(len(rows), dtype=np.int64)
        ordinals = np.zeros(len(rows), dtype=np.int64)
        part_of = self._part_of[rows]
        for number in distinct(part_of).tolist():
            here = part_of == number
            paths, held, ordinals[here] = self._parts[number][0].places(self._number_of[rows[here]])
            known = [names.setdefault(path, len(names)) for path in paths]
            name_of[here] = np.array(known, dtype=np.int64)[held]
        rank = {name: place for place, name in enumerate(sorted(names))}
        rank_of = np.array([rank[name] for name in names], dtype=np.int64)
        found = np.zeros(len(rows), dtype=np.int64)
        found[np.lexsort((ordinals, rank_of[name_of]))] = np.arange(len(rows))
        return found

    def first(self, rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
        """The first so many of these rows in that order, ascending."""
        if len(rows) <= most:
            return rows
        return np.sort(rows[self.order(rows) < most])

    def in_order(self) -> tuple[list[Content], list[Texts]]:
        """The chunks of all rows in their order: without their texts, and those."""
        contents: list[Content] = []
        texts: list[Texts] = []
        edges = np.flatnonzero(np.diff(self._part_of, prepend=-2, append=-2))
        for first, end in pairwise(edges.tolist()):
            part = self._parts[self._part_of[first]][0]
            content, found = part.chosen(self._number_of[first:end].astype(np.int64))
            contents.append(content)
            texts += found
        return contents, texts

    def _file(self, path: str) -> list[Chunk]:
        chunks = self.file(self.rows_of([path]))
        self._files[path] = chunks
        return chunks

    def _read(self, rows: NDArray[np.int64]) -> list[Numbered]:
        wanted = rows.tolist()
        # Replaced, not cleared: another thread may be about to read what it has put in.
        if len(self._decoded) > _MOST_DECODED:
            self._decoded, self._files = {}, {}
        decoded = self._decoded
        missing = np.array([row for row in wanted if row not in decoded], dtype=np.int64)
        part_of = self._part_of[missing]
        for number in distinct(part_of).tolist():
            here = missing[part_of == number]
            read = self._parts[number][0].read(self._number_of[here].astype(np.int64))
            decoded.update(zip(here.tolist(), read, strict=True))
        return [decoded[row] for row in wanted]


def _in_order(chunks: Sequence[Numbered]) -> list[Chunk]:
    return [chunk for _, chunk in sorted(chunks, key=_ordinal)]


def _ordinal(one: Numbered) -> int:
    return one[0]
