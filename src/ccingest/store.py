"""Chunks and vectors in LanceDB: one table per dataset. The only import of lancedb.

A table has many versions; the one a query may see is named in SQLite (`datasets.table_version`).
So a write is invisible until it is published there, and a crash leaves the old version whole.

What decides how this module writes (figures in benchmarks/README.md):
- one write per 8,192 chunks: every write is a version and a fragment, and thousands of them are
  what fills the disks of other tools;
- delete and append, never merge;
- one writer per table. It knows which version each of its writes must make; another number means
  that somebody else wrote, and the job stops instead of publishing a mixture;
- `optimize()` cleans up by age and would take a published version that is old and not the newest:
  see `TableWriter.prune`.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccingest.errors import StorageFullError, StoreBusyError, StoreError, VersionGoneError
from ccingest.records import Candidate, Chunk, EmbeddedChunk
from ccingest.terms import document_terms

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

ROWS_PER_WRITE = 8192
# How long a reader may hold on to a version that is no longer the published one.
READER_GRACE = timedelta(minutes=10)
_NEVER = timedelta(days=36_500)
_PATHS_PER_DELETE = 1000
_CHUNK_COLUMNS = (
    "path", "start_line", "end_line", "language", "symbol", "kind", "text", "overlap", "defines",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows a search may find: of any of the languages, at paths that match any wanted and
    no unwanted pattern (regular expressions). Empty: all."""

    languages: tuple[str, ...] = ()
    wanted_paths: tuple[str, ...] = ()
    unwanted_paths: tuple[str, ...] = ()

    def sql(self) -> str | None:
        parts = []
        if self.languages:
            parts.append(f"language IN ({', '.join(map(quote, self.languages))})")
        if self.wanted_paths:
            parts.append(f"({' OR '.join(map(_path_matches, self.wanted_paths))})")
        parts += [f"NOT {_path_matches(pattern)}" for pattern in self.unwanted_paths]
        return " AND ".join(parts) or None


EVERYTHING = RowFilter()


class TableStore:
    """The folder of all tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: Any = None

    def create(self, name: str, dimensions: int) -> TableWriter:
        """An empty table; an unpublished one of that name, left by a crash, is replaced."""
        with _store_errors(f"create the table {name}"):
            table = self._connect().create_table(name, schema=_schema(dimensions), mode="overwrite")
        return TableWriter(table, is_new=True)

    def continue_from(self, name: str, version: int) -> TableWriter:
        """A writer whose first write follows `version`, whatever was written after it.

        Raises VersionGoneError when the table or the version is not there.
        """
        table = self._open(name)
        with _store_errors(f"restore {name} to its published version"):
            if table.version != version:
                table.checkout(version)
                table.restore()
        return TableWriter(table, is_new=False)

    def read(self, name: str, version: int) -> TableReader:
        """Raises VersionGoneError when the table or the version is not there."""
        table = self._open(name)
        with _store_errors(f"open version {version} of {name}"):
            table.checkout(version)
        return TableReader(table)

    def drop(self, name: str) -> None:
        """Remove a table and all its files. No error when there is none."""
        # A table is its folder. lancedb's own drop would cost its import, and does not see a table
        # whose creation was killed. Moved away first, it is gone at once for all readers.
        folder = self._folder / f"{name}.lance"
        trash = self._folder / f"{name}.{uuid.uuid4().hex}.trash"
        with _store_errors(f"drop the table {name}"):
            try:
                folder.rename(trash)
            except FileNotFoundError:
                return
            shutil.rmtree(trash, ignore_errors=True)

    def names(self) -> frozenset[str]:
        """The tables on disk, also half-written ones. Needs no import of lancedb."""
        return frozenset(path.stem for path in self._folder.glob("*.lance"))

    def empty_trash(self) -> None:
        """Remove what is left of tables whose removal was killed half-way."""
        for folder in self._folder.glob("*.trash"):
            shutil.rmtree(folder, ignore_errors=True)

    def size(self, name: str) -> int:
        """Bytes on disk, all versions of the table together."""
        total = 0
        for root, _, files in os.walk(self._folder / f"{name}.lance"):
            for file in files:
                try:
                    total += os.lstat(f"{root}/{file}").st_size
                except FileNotFoundError:  # a clean-up was quicker
                    continue
        return total

    def _open(self, name: str) -> Any:
        if name not in self.names():
            raise VersionGoneError(f"The table {name} is gone; add the repository again.")
        with _store_errors(f"open the table {name}"):
            return self._connect().open_table(name)

    def _connect(self) -> Any:
        if self._connection is None:
            # Lance logs to stderr, which belongs to the user.
            os.environ.setdefault("LANCEDB_LOG", "off")
            import lancedb

            self._connection = lancedb.connect(str(self._folder))
        return self._connection


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
            with _store_errors("delete the chunks of changed files"):
                self._table.delete(_in_paths(paths[start : start + _PATHS_PER_DELETE]))
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
        with _store_errors("look at the newest version"):
            self._table.checkout_latest()
        self._expect(self._table.version == self._version)
        if self._is_new:
            self._create_text_index()
        elif self._version != self._first_version:
            with _store_errors("update the full-text index"):
                self._table.optimize(cleanup_older_than=_NEVER)
                lost = not self._table.list_indices()
            if lost:  # none of the rows it was made of is left
                self._create_text_index()
        self._version = self._table.version
        self._expect(self._count() == self._stored)
        return self._version, self._stored

    def freshen(self) -> int:
        """Compact the table; returns a version of the same content, made just now."""
        with _store_errors("compact the table"):
            self._table.optimize(cleanup_older_than=_NEVER)
        self._version = self._table.version
        return self._version

    def prune(self) -> int:
        """Remove versions that no reader can still need; returns the version to publish instead.

        Lance removes by age and spares only the newest version, so what is published now must have
        been made within READER_GRACE, by `finish` or `freshen`: if the process dies before the
        returned number is published, that one must still be there.
        """
        with _store_errors("remove old versions"):
            self._table.optimize(cleanup_older_than=READER_GRACE)
        self._version = self._table.version
        return self._version

    def _write(self, rows: Sequence[EmbeddedChunk]) -> None:
        with _store_errors("write chunks"):
            self._table.add(_to_arrow(rows, self._table.schema))
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

    def _create_text_index(self) -> None:
        with _store_errors("build the full-text index"):
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
        with _store_errors("count chunks"):
            return int(self._table.count_rows())


class TableReader:
    """Searches one version of one table."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def nearest(
        self, vector: NDArray[np.float32], limit: int, where: RowFilter = EVERYTHING
    ) -> list[Candidate]:
        """The `limit` chunks of the highest cosine similarity to the unit vector (dimensions,)."""
        with _store_errors("search by vector"):
            query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
            rows = self._run(query, limit, where)
        # Of unit vectors, Lance's dot distance is 1 - cosine similarity.
        return [_candidate(row, 1.0 - row["_distance"]) for row in rows]

    def matching(self, terms: str, limit: int, where: RowFilter = EVERYTHING) -> list[Candidate]:
        """The `limit` chunks of the highest BM25 score for any of the terms."""
        if not terms:
            return []
        from lancedb.query import MatchQuery

        with _store_errors("search by text"):
            query = self._table.search(MatchQuery(terms, "terms"), query_type="fts")
            rows = self._run(query, limit, where)
        return [_candidate(row, row["_score"]) for row in rows]

    def check(self) -> None:
        """Touch every file of this version. Raises StoreError or VersionGoneError for a damaged one.

        Reads one small column: 100,000 chunks take some milliseconds.
        """
        with _store_errors("read the table"):
            self._table.count_rows("path = ''")
        self.matching("a", 1)

    def named(
        self,
        names: Sequence[str],
        paths: Sequence[str],
        limit: int,
        where: RowFilter = EVERYTHING,
    ) -> list[Candidate]:
        """At most `limit` chunks that define one of the names or whose path ends with one of the
        paths, case aside; in no order, with score 0."""
        parts = []
        if names:
            either = "|".join(map(re.escape, names))
            pattern = f"(?i)(^|[ .$_@])({either})[!?]?( |$)"
            parts.append(f"regexp_like(array_to_string(defines, ' '), {quote(pattern)})")
        if paths:
            either = "|".join(map(re.escape, paths))
            parts.append(f"regexp_like(path, {quote(f'(?i)(^|/)({either})$')})")
        if not parts:
            return []
        condition = f"({' OR '.join(parts)})"
        if filtered := where.sql():
            condition += f" AND {filtered}"
        with _store_errors("look up names"):
            query = self._table.search().where(condition).limit(limit)
            rows = query.select(["id", *_CHUNK_COLUMNS]).to_arrow().to_pylist()
        return [_candidate(row, 0.0) for row in rows]

    def count(self) -> int:
        """The number of chunks in this version."""
        with _store_errors("count chunks"):
            return int(self._table.count_rows())

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk of this version, in no order."""
        with _store_errors("read chunks"):
            rows = self._table.search().select(list(_CHUNK_COLUMNS)).to_arrow()
        for batch in rows.to_batches(1024):
            for row in batch.to_pylist():
                yield _chunk(row)

    def vectors(self, paths: Sequence[str], limit: int) -> dict[str, NDArray[np.float32]]:
        """The vectors, shape (dimensions,), of at most `limit` chunks of these files, by text."""
        found: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(paths), _PATHS_PER_DELETE):
            if len(found) >= limit:
                break
            where = _in_paths(paths[start : start + _PATHS_PER_DELETE])
            with _store_errors("read the vectors of changed files"):
                query = self._table.search().where(where).select(["text", "vector"])
                rows = query.limit(limit - len(found)).to_arrow()
            matrix = rows["vector"].combine_chunks().flatten().to_numpy()
            matrix = matrix.reshape(len(rows), -1)
            found.update(zip(rows["text"].to_pylist(), matrix, strict=True))
        return found

    def _run(self, query: Any, limit: int, where: RowFilter) -> list[dict[str, Any]]:
        condition = where.sql()
        if condition:
            query = query.where(condition, prefilter=True)
        columns = ["id", *_CHUNK_COLUMNS]  # the score comes along unasked
        found: list[dict[str, Any]] = query.limit(limit).select(columns).to_arrow().to_pylist()
        return found


def _in_paths(paths: Sequence[str]) -> str:
    return f"path IN ({', '.join(map(quote, paths))})"


def _path_matches(pattern: str) -> str:
    return f"regexp_like(path, {quote(pattern)})"


def quote(text: str) -> str:
    """A string literal for a Lance filter."""
    return "'" + text.replace("'", "''") + "'"


def _schema(dimensions: int) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("path", pa.string(), nullable=False),
            pa.field("start_line", pa.int32(), nullable=False),
            pa.field("end_line", pa.int32(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("symbol", pa.string(), nullable=False),
            pa.field("kind", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("overlap", pa.int32(), nullable=False),
            pa.field("defines", pa.list_(pa.string()), nullable=False),
            pa.field("terms", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dimensions), nullable=False),
        ]
    )


def _to_arrow(rows: Sequence[EmbeddedChunk], schema: pa.Schema) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    chunks = [row.chunk for row in rows]
    vectors = np.stack([row.vector for row in rows]).astype(np.float32, copy=False)
    columns: dict[str, Any] = {
        column: [getattr(chunk, column) for chunk in chunks] for column in _CHUNK_COLUMNS
    }
    columns["id"] = [f"{row.chunk.path}#{row.ordinal}" for row in rows]
    columns["terms"] = [document_terms(chunk.path, chunk.symbol, chunk.text) for chunk in chunks]
    columns["vector"] = pa.FixedSizeListArray.from_arrays(
        pa.array(vectors.ravel()), vectors.shape[1]
    )
    return pa.table(columns, schema=schema)


def _candidate(row: dict[str, Any], score: float) -> Candidate:
    return Candidate(chunk=_chunk(row), chunk_id=row["id"], score=score)


def _chunk(row: dict[str, Any]) -> Chunk:
    values = {column: row[column] for column in _CHUNK_COLUMNS}
    return Chunk(**values | {"defines": tuple(row["defines"])})


@contextmanager
def _store_errors(action: str) -> Iterator[None]:
    """Lance raises RuntimeError, ValueError and OSError with the cause in the text only."""
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        text = str(error)
        if "No space left" in text or "os error 28" in text or "Disk quota" in text:
            raise StorageFullError(f"The disk is full: could not {action}.") from error
        if "no longer exists" in text or "was not found" in text or "Not found" in text:
            raise VersionGoneError(
                f"A part of the dataset is gone: could not {action}; add the repository again."
            ) from error
        if "conflict" in text.lower():
            raise StoreBusyError(f"Another process writes there: could not {action}.") from error
        first_line = text.splitlines()[0][:300] if text else type(error).__name__
        raise StoreError(
            f"LanceDB could not {action}: {first_line}; `ccingest github add --force` makes a "
            "damaged dataset anew."
        ) from error
