"""Writes one table. Nothing of it is seen by a query before it is published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ccingest.errors import StoreBusyError
from ccingest.records import EmbeddedChunk
from ccingest.store.filters import in_paths
from ccingest.store.rows import store_errors, to_arrow

ROWS_PER_WRITE = 8192
# How long a reader may hold on to a version that is no longer the published one.
READER_GRACE = timedelta(minutes=10)
# Chunks: below, an index costs a fraction of a second; above, a query feels what is not in it.
_CHEAP_TO_INDEX = 2000
_MOST_UNINDEXED = 512
_MOST_FRAGMENTS = 64
_TEXT_INDEX = "terms_idx"  # Lance's name for the index of that column
_NEVER = timedelta(days=36_500)
_PATHS_PER_DELETE = 1000


class TableWriter:
    """Writes one table. Nothing it does is seen by a query before it is published."""

    def __init__(self, table: Any, *, is_new: bool) -> None:
        self._table = table
        self._is_new = is_new
        self._version: int = table.version
        self._first_version = self._version
        self._stored = 0 if is_new else self._count()
        self._rows: list[EmbeddedChunk] = []

    @property
    def version(self) -> int:
        return self._version

    def add(self, chunks: Sequence[EmbeddedChunk]) -> None:
        """Append chunks; they reach the disk in large batches."""
        self._rows.extend(chunks)
        while len(self._rows) >= ROWS_PER_WRITE:
            self._write(self._rows[:ROWS_PER_WRITE])
            del self._rows[:ROWS_PER_WRITE]

    def remove_files(self, paths: Sequence[str]) -> int:
        """Delete all chunks of these files; returns how many those were."""
        before = self._stored
        for start in range(0, len(paths), _PATHS_PER_DELETE):
            with store_errors("delete the chunks of changed files"):
                self._table.delete(in_paths(paths[start : start + _PATHS_PER_DELETE]))
            self._expect_next_version()
        self._stored = self._count()
        return before - self._stored

    def finish(self) -> tuple[int, int]:
        """Write what is left and bring the full-text index up to date.

        Returns the version to publish and the number of chunks in it.
        """
        if self._rows:
            self._write(self._rows)
            self._rows = []
        with store_errors("look at the newest version"):
            self._table.checkout_latest()
        self._expect(self._table.version == self._version)
        if self._is_new:
            self._create_text_index()
        elif self._version != self._first_version and not self._may_stay_unindexed():
            with store_errors("update the full-text index"):
                self._table.optimize(cleanup_older_than=_NEVER)
                lost = not self._table.list_indices()
            if lost:  # none of the rows it was made of is left
                self._create_text_index()
        self._version = self._table.version
        self._expect(self._count() == self._stored)
        return self._version, self._stored

    def freshen(self) -> int:
        """Compact the table; returns a version of the same content, made just now."""
        with store_errors("compact the table"):
            self._table.optimize(cleanup_older_than=_NEVER)
        self._version = self._table.version
        return self._version

    def prune(self) -> int:
        """Remove versions that no reader can still need; returns the version to publish instead.

        Lance removes by age and spares only the newest version, so what is published now must have
        been made within READER_GRACE, by `finish` or `freshen`: if the process dies before the
        returned number is published, that one must still be there.
        """
        with store_errors("remove old versions"):
            self._table.optimize(cleanup_older_than=READER_GRACE)
        self._version = self._table.version
        return self._version

    def _write(self, rows: Sequence[EmbeddedChunk]) -> None:
        with store_errors("write chunks"):
            self._table.add(to_arrow(rows, self._table.schema))
        self._stored += len(rows)
        self._expect_next_version()

    def _expect_next_version(self) -> None:
        self._version += 1
        self._expect(self._table.version == self._version)

    def _expect(self, alone: bool) -> None:
        if not alone:
            raise StoreBusyError(
                f"Another process wrote to the table {self._table.name} meanwhile; "
                "nothing of this job was published."
            )

    def _may_stay_unindexed(self) -> bool:
        """Whether what is not in the full-text index yet is so little that it may wait.

        Searching finds it all the same, by reading it; its scores are a few percent off. Merging it
        takes as long as making the whole index, 9 s for 20,000 chunks.
        """
        with store_errors("look at the full-text index"):
            index = self._table.index_stats(_TEXT_INDEX)
            fragments = self._table.stats()["fragment_stats"]["num_fragments"]
        return (
            index is not None
            and self._stored >= _CHEAP_TO_INDEX
            and index.num_unindexed_rows <= min(_MOST_UNINDEXED, self._stored // 20)
            and fragments <= _MOST_FRAGMENTS
        )

    def _create_text_index(self) -> None:
        with store_errors("build the full-text index"):
            self._table.create_fts_index(
                "terms",
                use_tantivy=False,
                with_position=False,  # positions make optimize() crash in later versions
                base_tokenizer="whitespace",  # `terms` is cut into terms already
                lower_case=False,
                stem=False,
                remove_stop_words=False,
                ascii_folding=False,
            )

    def _count(self) -> int:
        with store_errors("count chunks"):
            return int(self._table.count_rows())
