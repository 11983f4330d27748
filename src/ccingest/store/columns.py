"""The chunks of a version, by row. They are kept in memory if the reader is for many questions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Chunk
from ccingest.store.filters import in_paths
from ccingest.store.rowmap import RowMap
from ccingest.store.rows import CHUNK_COLUMNS, as_chunk, ordinal_of, store_errors

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = ("id", *CHUNK_COLUMNS)
# To read this many rows takes no longer than to look some up.
_FEW = 20_000
_MOST_DECODED = 20_000


class ChunkColumns:
    """Reads the chunks of rows of one version.

    With `keep`, the second question loads all chunks into memory, 1.7 KB each. Without, each
    question reads from the disk what it needs.
    """

    def __init__(self, table: Any, rows: RowMap, *, keep: bool) -> None:
        self._table = table
        self._rows = rows
        self._keep = keep
        self._asked = 0
        self._decoded: dict[int, tuple[str, Chunk]] = {}

    def chunks(self, rows: NDArray[np.int64]) -> list[tuple[str, Chunk]]:
        """The id and the chunk of each of these rows."""
        wanted = rows.tolist()
        # Replaced, not cleared: another thread may be about to read what it has put in.
        if len(self._decoded) > _MOST_DECODED:
            self._decoded = {}
        decoded = self._decoded
        missing = [row for row in wanted if row not in decoded]
        if missing:
            found = self._take(np.array(missing, dtype=np.int64))
            for row, values in zip(missing, found.to_pylist(), strict=True):
                decoded[row] = values["id"], as_chunk(values)
        return [decoded[row] for row in wanted]

    def files(self, paths: Sequence[str]) -> dict[str, list[Chunk]]:
        """The chunks of each of these files, in their order. A file without any is left out."""
        if self._is_kept():
            rows = [row for path in paths for row in self._rows_of_path.get(path, ())]
            found = self.chunks(np.array(rows, dtype=np.int64))
        else:
            with store_errors("read the chunks of files"):
                query = self._table.search().where(in_paths(paths)).limit(self._rows.size)
                values = query.select(list(_COLUMNS)).to_arrow().to_pylist()
            found = [(row["id"], as_chunk(row)) for row in values]
        files: dict[str, list[Chunk]] = {}
        for _, chunk in sorted(found, key=lambda item: (item[1].path, ordinal_of(item[0]))):
            files.setdefault(chunk.path, []).append(chunk)
        return files

    def _is_kept(self) -> bool:
        return self._keep and (self._asked > 1 or self._rows.size <= _FEW)

    def _take(self, rows: NDArray[np.int64]) -> pa.Table:
        self._asked += 1
        return self._all.take(rows) if self._is_kept() else self._read(rows, list(_COLUMNS))

    def _read(self, rows: NDArray[np.int64], columns: list[str]) -> pa.Table:
        """These columns of these rows from the disk, in the order of `rows`."""
        ascending = np.sort(rows)
        addresses = ", ".join(map(str, self._rows.addresses[ascending].tolist()))
        with store_errors("read chunks"):
            query = self._table.search().where(f"_rowid IN ({addresses})").limit(len(rows))
            found = query.select(columns).with_row_id(True).to_arrow()
        return _by_address(found).take(np.searchsorted(ascending, rows))

    @cached_property
    def _all(self) -> pa.Table:
        with store_errors("read the chunks"):
            found = self._table.search().select(list(_COLUMNS)).with_row_id(True).to_arrow()
        found = _by_address(found)
        if len(found) != self._rows.size:  # some are hidden
            found = found.filter(self._rows.has(found["_rowid"].to_numpy()))
        return found.combine_chunks()

    @cached_property
    def _rows_of_path(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, path in enumerate(self._all["path"].to_pylist()):
            rows.setdefault(path, []).append(row)
        return rows


def _by_address(found: pa.Table) -> pa.Table:
    """The rows in the order of RowMap. Most of the time Lance returns them in it."""
    addresses = found["_rowid"].to_numpy()
    if np.all(addresses[1:] > addresses[:-1]):
        return found
    return found.take(np.argsort(addresses))
