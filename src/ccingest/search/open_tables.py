"""The tables that a searcher holds open, and the chunks of a file."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from ccingest.errors import VersionGoneError
from ccingest.models import Chunk, Dataset
from ccingest.store import TableReader, TableStore


@dataclass(frozen=True, slots=True)
class _Open:
    """An open version of a table."""

    version: int
    reader: TableReader


class OpenTables:
    """Readers of the versions that are searched. For any number of threads."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._open: dict[str, _Open] = {}  # by table
        self._lock = Lock()

    def reader(self, dataset: Dataset) -> TableReader:
        """Raises VersionGoneError."""
        name, version = dataset.table_name, dataset.table_version
        with self._lock:
            there = self._open.get(name)
            if there is None or there.version != version:
                reader = self._store.read(name, version, dataset=dataset.name)
                there = self._open[name] = _Open(version, reader)
            return there.reader

    def clear(self) -> None:
        with self._lock:
            self._open.clear()


def chunks_of(store: TableStore, dataset: Dataset, path: str) -> list[Chunk]:
    """All chunks of a file in order. Raises VersionGoneError when table or chunks are gone."""
    reader = store.read(dataset.table_name, dataset.table_version, dataset=dataset.name)
    chunks = reader.files([path]).get(path)
    if not chunks:
        raise VersionGoneError(f"{path} is gone from {dataset.name}.")
    return chunks
