"""Searches and reads one version of one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ccingest.records import Candidate, Chunk
from ccingest.store.filters import EVERYTHING, RowFilter, in_paths, names_or_ends
from ccingest.store.rows import CHUNK_COLUMNS, as_candidate, as_chunk, ordinal_of, store_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PATHS_PER_QUERY = 1000


class TableReader:
    """Searches one version of one table."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def nearest(
        self, vector: NDArray[np.float32], limit: int, where: RowFilter = EVERYTHING
    ) -> list[Candidate]:
        """The `limit` chunks of the highest cosine similarity to the unit vector (dimensions,)."""
        with store_errors("search by vector"):
            query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
            rows = self._run(query, limit, where)
        # Of unit vectors, Lance's dot distance is 1 - cosine similarity.
        return [as_candidate(row, 1.0 - row["_distance"]) for row in rows]

    def matching(self, terms: str, limit: int, where: RowFilter = EVERYTHING) -> list[Candidate]:
        """The `limit` chunks of the highest BM25 score for any of the terms."""
        if not terms:
            return []
        from lancedb.query import MatchQuery

        with store_errors("search by text"):
            query = self._table.search(MatchQuery(terms, "terms"), query_type="fts")
            rows = self._run(query, limit, where)
        return [as_candidate(row, row["_score"]) for row in rows]

    def check(self) -> None:
        """Touch every file of this version. Raises StoreError or VersionGoneError for a damaged one.

        Reads one small column: 100,000 chunks take some milliseconds.
        """
        with store_errors("read the table"):
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
        if not (names or paths):
            return []
        condition = names_or_ends(names, paths)
        if filtered := where.sql():
            condition += f" AND {filtered}"
        with store_errors("look up names"):
            query = self._table.search().where(condition).limit(limit)
            rows = query.select(["id", *CHUNK_COLUMNS]).to_arrow().to_pylist()
        return [as_candidate(row, 0.0) for row in rows]

    def count(self) -> int:
        """The number of chunks in this version."""
        with store_errors("count chunks"):
            return int(self._table.count_rows())

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk of this version, in no order."""
        with store_errors("read chunks"):
            rows = self._table.search().select(list(CHUNK_COLUMNS)).to_arrow()
        for batch in rows.to_batches(1024):
            for row in batch.to_pylist():
                yield as_chunk(row)

    def files(self, paths: Sequence[str]) -> dict[str, list[Chunk]]:
        """All chunks of these files, in their order; a file that is not there is left out."""
        with store_errors("read the chunks of files"):
            query = self._table.search().where(in_paths(paths)).limit(self.count())
            rows = query.select(["id", *CHUNK_COLUMNS]).to_arrow().to_pylist()
        rows.sort(key=lambda row: (row["path"], ordinal_of(row["id"])))
        found: dict[str, list[Chunk]] = {}
        for row in rows:
            found.setdefault(row["path"], []).append(as_chunk(row))
        return found

    def at(self, path: str, line: int) -> tuple[str, NDArray[np.float32]] | None:
        """The id and the vector, shape (dimensions,), of the first chunk that holds this line."""
        import numpy as np

        covers = f"{in_paths([path])} AND start_line <= {line} AND end_line >= {line}"
        with store_errors("look up a line"):
            query = self._table.search().where(covers).limit(self.count())
            rows = query.select(["id", "vector"]).to_arrow().to_pylist()
        if not rows:
            return None
        first = min(rows, key=lambda row: ordinal_of(row["id"]))
        return first["id"], np.asarray(first["vector"], dtype=np.float32)

    def vectors(
        self, paths: Sequence[str], limit: int
    ) -> dict[tuple[str, str, str], NDArray[np.float32]]:
        """The vectors, shape (dimensions,), of at most `limit` chunks of these files.

        By path, symbol and text of the chunk.
        """
        found: dict[tuple[str, str, str], NDArray[np.float32]] = {}
        names = ("path", "symbol", "text")
        for start in range(0, len(paths), _PATHS_PER_QUERY):
            if len(found) >= limit:
                break
            where = in_paths(paths[start : start + _PATHS_PER_QUERY])
            with store_errors("read the vectors of changed files"):
                query = self._table.search().where(where).select([*names, "vector"])
                rows = query.limit(limit - len(found)).to_arrow()
            matrix = rows["vector"].combine_chunks().flatten().to_numpy()
            matrix = matrix.reshape(len(rows), -1)
            keys = zip(*(rows[name].to_pylist() for name in names), strict=True)
            found.update(zip(keys, matrix, strict=True))
        return found

    def _run(self, query: Any, limit: int, where: RowFilter) -> list[dict[str, Any]]:
        condition = where.sql()
        if condition:
            query = query.where(condition, prefilter=True)
        columns = ["id", *CHUNK_COLUMNS]  # the score comes along unasked
        found: list[dict[str, Any]] = query.limit(limit).select(columns).to_arrow().to_pylist()
        return found
