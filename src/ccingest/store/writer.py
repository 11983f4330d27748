"""Writing a table: chunks into rows and segments, and removing what nobody needs any more."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ccingest.errors import StoreBusyError
from ccingest.models import EmbeddedChunk
from ccingest.store.compacting import merge_small, prune
from ccingest.store.content import content_of
from ccingest.store.counting import TermCounter
from ccingest.store.filters import in_paths
from ccingest.store.indexing import write_missing
from ccingest.store.integrity import CheckedFiles, CheckedTable, LazyTable, damaged_file
from ccingest.store.rowmap import RowMap, distinct, read_rows
from ccingest.store.rows import ROWS_PER_WRITE, dimensions_of, matrix, store_errors, to_arrow
from ccingest.store.segments import Outline, Segment, Segments
from ccingest.store.stamps import seal
from ccingest.store.vectorcodes import quantize

# How long a reader may hold on to a version that is no longer the published one.
READER_GRACE = timedelta(minutes=10)
_MOST_CHARACTERS = 8 * 1024 * 1024  # of one write; its index takes twenty times as much memory
_MOST_FRAGMENTS = 64  # a question looks into each
_NEVER = timedelta(days=36_500)
_NOW = timedelta(0)  # for a new table, which has no reader yet
_PATHS_PER_DELETE = 1000
_USUAL_DIMENSIONS = 1024  # at most


class TableWriter:
    """Writes one table. A question sees nothing of it before the new version is published.

    Its methods raise StoreBusyError when another process wrote to the table meanwhile, and
    StoreError or another of its subclasses when Lance fails.
    """

    def __init__(
        self, table: Any, folder: Path, files: CheckedFiles, *, is_new: bool = False
    ) -> None:
        self._table = table
        self._is_new = is_new
        self._folder = folder
        self._files = files
        self._segments = Segments(folder, files)
        self._terms = TermCounter()
        self._version: int = table.version
        self._stored = self._count()
        self._rows: list[EmbeddedChunk] = []
        self._characters = 0  # of their texts

    @property
    def version(self) -> int:
        """The version that the last write made."""
        return self._version

    @cached_property
    def dimensions(self) -> int:
        """Of the vectors of this table."""
        return dimensions_of(self._table.schema)

    def add(self, chunks: Sequence[EmbeddedChunk]) -> None:
        """Append chunks. They are written ROWS_PER_WRITE at a time, the last by `finish`."""
        self._rows.extend(chunks)
        self._characters += sum(len(one.chunk.text) for one in chunks)
        # Several copies of a write are in memory at a time, so longer vectors come in smaller ones.
        most = max(1, min(ROWS_PER_WRITE, ROWS_PER_WRITE * _USUAL_DIMENSIONS // self.dimensions))
        while len(self._rows) >= most:
            self._write(self._rows[:most])
            del self._rows[:most]
            self._characters = sum(len(row.chunk.text) for row in self._rows)
        # Those of a bundle may be far longer than what is cut here.
        if self._rows and self._characters > _MOST_CHARACTERS:
            self._write(self._rows)
            self._rows = []
            self._characters = 0

    def remove_files(self, paths: Sequence[str]) -> int:
        """Delete all chunks of these files; returns how many those were."""
        before = self._stored
        for start in range(0, len(paths), _PATHS_PER_DELETE):
            with store_errors("delete the chunks of changed files"):
                self._table.delete(in_paths(paths[start : start + _PATHS_PER_DELETE]))
            self._require_next_version()
        self._stored = self._count()
        return before - self._stored

    def finish(self) -> tuple[int, int]:
        """Write the chunks that are left, and make the index whole and of few files.

        Returns the version to publish and the number of chunks in it. All of it is on the disk.
        """
        if self._rows:
            self._write(self._rows)
            self._rows = []
        with store_errors("look at the newest version"):
            self._table.checkout_latest()
        self._require_alone(self._table.version == self._version)
        with store_errors("count fragments"):
            fragments = self._table.stats()["fragment_stats"]["num_fragments"]
        if fragments > _MOST_FRAGMENTS:
            with store_errors("compact the table"):
                self._optimize(_NOW if self._is_new else _NEVER)
        self._finish_index()
        self._require_alone(self._count() == self._stored)
        self._seal(has_index=True)
        return self._version, self._stored

    def optimize(self) -> int:
        """Compact the table. Returns a new version with the same content."""
        with store_errors("compact the table"):
            self._optimize(_NEVER)
        self._seal()
        return self._version

    def prune(self) -> int:
        """Remove versions that no reader can still need. Returns the version to publish instead.

        The version that is published now must have been made within READER_GRACE, by `finish` or
        `optimize`. Lance removes versions by age and keeps only the newest, and if the process dies
        before the returned version is published, the published one must still be there.
        """
        with store_errors("remove old versions"):
            self._optimize(READER_GRACE)
        self._prune_index(read_rows(self._table), READER_GRACE)
        self._seal()
        return self._version

    def _optimize(self, older_than: timedelta) -> None:
        self._table.optimize(cleanup_older_than=older_than)
        self._version = self._table.version

    def _write(self, rows: Sequence[EmbeddedChunk]) -> None:
        write_id = secrets.randbits(63)
        with store_errors("write chunks"):
            table = to_arrow(rows, write_id, self._table.schema)
            numbers = np.arange(len(rows), dtype=np.uint32)
            postings = self._terms.count(write_id, [row.chunk for row in rows])
            content = content_of([(row.ordinal, row.chunk) for row in rows])
            self._segments.write(Segment(postings, quantize(matrix(table), numbers), content))
            self._table.add(table)
        self._stored += len(rows)
        self._require_next_version()

    def _seal(self, *, has_index: bool = False) -> None:
        """The version is on the disk, with the names of its files, before anybody publishes it."""
        rows = read_rows(self._table)
        with store_errors("bring the version to the disk"):
            self._segments.write_rows(self._version, rows)
            damaged = seal(self._folder, self._version, has_index=has_index)
        if damaged:
            raise damaged_file(self._folder / damaged[0], "")
        self._files.is_being_made = False

    def _require_next_version(self) -> None:
        self._version += 1
        self._require_alone(self._table.version == self._version)

    def _require_alone(self, is_alone: bool) -> None:
        """Raises StoreBusyError when what was found shows that another process wrote, too."""
        if not is_alone:
            raise StoreBusyError(
                f"Another process wrote to the table {self._table.name} meanwhile; "
                "nothing of this job was published."
            )

    def _finish_index(self) -> None:
        rows = read_rows(self._table)
        table = CheckedTable(self._table, self._files)
        with store_errors("write the index"):
            there = write_missing(LazyTable(lambda: table), rows, self._segments)
            covering = merge_small(self._segments, there, is_new=self._is_new)
        if self._is_new:
            self._prune_index(rows, _NOW, covering)

    def _prune_index(
        self, rows: RowMap, grace: timedelta, covering: Sequence[Outline] | None = None
    ) -> None:
        held = {write_id: rows.positions[members] for write_id, members in rows.writes().items()}
        with store_errors("remove old parts of the index"):
            if covering is None:
                covering = self._segments.outlines(distinct(rows.write_ids))
            prune(self._segments, self._version, held, grace, covering)

    def _count(self) -> int:
        with store_errors("count chunks"):
            return int(self._table.count_rows())
