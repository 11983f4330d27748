"""Searching and reading one version of one table."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ccingest.errors import StoreError
from ccingest.models import Candidate, Chunk
from ccingest.store.content import ContentChangedError, Numbered
from ccingest.store.export import exported
from ccingest.store.filters import EVERYTHING, RowFilter, in_paths
from ccingest.store.finding import (
    Lookup,
    candidates_of,
    find,
    named_rows,
    uses_of,
)
from ccingest.store.indexing import MisfitError, VersionIndex, load_index
from ccingest.store.integrity import CheckedFiles, CheckedTable, LazyTable
from ccingest.store.origin import TableOrigin
from ccingest.store.problems import find_problems
from ccingest.store.rowmap import RowMap, has_write_ids, read_rows
from ccingest.store.rows import CHUNK_COLUMNS, as_chunk, dimensions_of, matrix, store_errors
from ccingest.store.scored import Scored
from ccingest.store.segments import Segments
from ccingest.store.statistics import QuestionStatistics
from ccingest.store.textindex import WordCounts

_log = logging.getLogger(__name__)

_PATHS_PER_QUERY = 1000
_Rows = NDArray[np.int64]


class TableReader:
    """Searches one version of one table. Its methods raise StoreError or one of its subclasses.

    The chunks of files that are `hidden` are as if they had been deleted: no question finds, counts
    or reads them.
    """

    def __init__(
        self,
        table: LazyTable,
        folder: Path,
        files: CheckedFiles,
        rows: RowMap,
        hidden: frozenset[str] = frozenset(),
        origin: TableOrigin | None = None,
    ) -> None:
        self._lance = table
        self._folder = folder
        self._origin = origin
        self._all_rows = rows
        self._hidden = hidden
        self._segments = Segments(folder, files)
        self._loaded: VersionIndex | None = None
        self._allowed: dict[RowFilter, NDArray[np.bool_]] = {}
        self._uses: NDArray[np.int64] | None = None  # of each row: see `uses_of_rows`

    @property
    def dimensions(self) -> int:
        """Of the vectors of this version; 0 for one without chunks."""
        return self.index.vectors.dimensions

    def statistics(self, terms: Sequence[str]) -> QuestionStatistics:
        """In how many chunks and files the terms are. Those of several readers add up."""
        return self.index.text.statistics(terms)

    def candidates(
        self, wanted: Lookup, limit: int, where: RowFilter = EVERYTHING
    ) -> list[Candidate]:
        """The chunks that `search` finds, with their scores, in no order."""
        return self.read(self.search(wanted, limit, where))

    def search(self, wanted: Lookup, limit: int, where: RowFilter = EVERYTHING) -> Scored:
        """The rows that may answer a question, each with all its scores, in no order.

        These are the `limit` rows of the highest similarity, the `limit` rows of the highest BM25,
        and up to 50 rows that the question names.
        """
        allowed = self._mask(where)
        index = self.index
        named = named_rows(index.text, index.chunks, wanted, allowed, index.chunks.first)
        return find(index.text, index.vectors, wanted, named, limit, allowed, index.chunks.order)

    def order(self, rows: _Rows) -> _Rows:
        """The place of each of these rows among them, by path and position in the file."""
        return self.index.chunks.order(rows)

    def words_in(self, words: Sequence[Sequence[str]], scored: Scored) -> WordCounts:
        """How often these rows hold each word, in any of the forms given for it."""
        return self.index.text.words_in(words, scored.rows)

    def uses_of(
        self, candidates: Sequence[Candidate], whole: Sequence[TableReader] = ()
    ) -> NDArray[np.int64]:
        """Of what each defines, the name that most chunks say: how many say it, and how many define
        one of its names, (candidates, 2). Counts in `whole`, the readers of all parts of the
        dataset, or in this version alone."""
        texts = [part.index.text for part in whole or (self,)]

        def counts_of(keys: NDArray[np.uint64], _: _Rows) -> NDArray[np.int64]:
            counts: NDArray[np.int64] = np.sum([text.holding(keys) for text in texts], axis=0)
            return counts

        return uses_of(candidates, counts_of)

    def uses_of_rows(self, candidates: Sequence[Candidate], rows: _Rows) -> NDArray[np.int64]:
        """The same of the candidates of these rows, in this version alone: counted once a row."""
        known = self._uses
        if known is None:
            known = self._uses = np.zeros((self.index.size, 2), dtype=np.int64)
        new = np.flatnonzero(known[rows, 0] == 0)
        if len(new):  # one more, since 0 means that it was not counted
            known[rows[new]] = self.uses_of([candidates[place] for place in new.tolist()]) + 1
        return known[rows] - 1

    def read(self, scored: Scored) -> list[Candidate]:
        """The chunks of these rows, with their scores."""
        return candidates_of(scored, self._chunks(scored.rows)) if len(scored.rows) else []

    def check(self) -> None:
        """Check that every data file of this version is there and can be read.

        Raises VersionGoneError for a file that is gone, StoreError for a damaged one or for a table
        of an earlier layout. Reads one small column: 100,000 chunks take some milliseconds.
        """
        if not has_write_ids(self._table):
            raise StoreError("The table was written by an earlier ccingest.")
        with store_errors("read the table"):
            self._table.count_rows("path = ''")

    def problems(self, chunks_of: Mapping[str, int]) -> list[str]:
        """What is wrong with this version: all of it is read, and compared with its manifest.

        `chunks_of` has the number of chunks of each file, by its path.
        """
        segments = Segments(self._folder, CheckedFiles(self._folder, trusts_stamp=False))
        return list(find_problems(self._table, segments, chunks_of))

    def count(self) -> int:
        """The number of chunks in this version."""
        with store_errors("count chunks", self._table.dataset):
            return int(self._table.count_rows())

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk of this version, in no order."""
        with store_errors("read chunks"):
            rows = self._table.search().select(list(CHUNK_COLUMNS)).to_arrow()
        for batch in rows.to_batches(1024):
            for row in batch.to_pylist():
                yield as_chunk(row)

    def exported(self) -> Iterator[tuple[list[tuple[int, Chunk]], NDArray[np.float32]]]:
        """Every chunk of this version with its place in its file, and their vectors, in no order."""
        return exported(self._table)

    def files(self, paths: Sequence[str]) -> dict[str, list[Chunk]]:
        """The chunks of each of these files, in their order. A file without any is left out."""
        try:
            return self.index.chunks.files(paths)
        except ContentChangedError:
            return self._loaded_again().chunks.files(paths)

    def at(self, path: str, line: int) -> tuple[int, NDArray[np.float32]] | None:
        """The ordinal and the vector, shape (dimensions,), of the first chunk with this line, if any."""
        try:
            found = self.index.chunks.at(path, line)
        except ContentChangedError:
            found = self._loaded_again().chunks.at(path, line)
        if found is None:
            return None
        row, ordinal = found
        return ordinal, self.index.vectors.at(row)

    def vectors(
        self, paths: Sequence[str], most_numbers: int
    ) -> dict[tuple[str, str, str], NDArray[np.float32]]:
        """The vectors, shape (dimensions,), of chunks of these files: of at least one, and of no more
        than have `most_numbers` together.

        The key is the path, the symbol and the text of the chunk.
        """
        limit = max(1, most_numbers // dimensions_of(self._table.schema))
        found: dict[tuple[str, str, str], NDArray[np.float32]] = {}
        names = ("path", "symbol", "text")
        for start in range(0, len(paths), _PATHS_PER_QUERY):
            if len(found) >= limit:
                break
            where = in_paths(paths[start : start + _PATHS_PER_QUERY])
            with store_errors("read the vectors of changed files"):
                query = self._table.search().where(where).select([*names, "vector"])
                rows = query.limit(limit - len(found)).to_arrow()
            keys = zip(*(rows[name].to_pylist() for name in names), strict=True)
            found.update(zip(keys, matrix(rows), strict=True))
        return found

    @property
    def _table(self) -> CheckedTable:
        return self._lance.opened

    @property
    def index(self) -> VersionIndex:
        """Loaded once, and again when a file of it was written to: see `MappedFile`."""
        index = self._loaded
        return index if index and index.is_unchanged() else self._loaded_again()

    def _loaded_again(self) -> VersionIndex:
        if self._origin:  # the folder is a cache, and the table may have left it meanwhile
            self._origin.bring_index(self._folder.stem, self)
        try:
            index = load_index(self._lance, self._all_rows, self._segments, self._hidden)
        except MisfitError as error:
            _log.warning("The index of %s is made again: %s", self._folder.stem, error)
            self._all_rows = read_rows(self._lance.opened)
            index = load_index(self._lance, self._all_rows, self._segments, self._hidden)
        self._loaded = index
        return index

    def _chunks(self, rows: _Rows) -> list[Numbered]:
        """The chunks of these rows."""
        try:
            return self.index.chunks.chunks(rows)
        except ContentChangedError:
            return self._loaded_again().chunks.chunks(rows)

    def _mask(self, where: RowFilter) -> NDArray[np.bool_] | None:
        """Which rows the filter lets through, shape (rows,). None when it lets all through."""
        columns = where.columns()
        if not columns:
            return None
        mask = self._allowed.get(where)
        if mask is None:
            mask = np.ones(self.index.size, dtype=np.bool_)
            for name in columns:
                mask &= self.index.chunks.allowed(name, partial(where.allows, name))
            self._allowed = {where: mask}  # most often the next question has the same filter
        return mask
