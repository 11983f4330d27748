"""The tables that a searcher holds open, and the chunks of a file."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from ccingest.errors import VersionGoneError
from ccingest.models import Chunk, Dataset, DatasetView
from ccingest.store import TableReader, TableStore


@dataclass(frozen=True, slots=True)
class _Open:
    """An open version of a table."""

    version: int
    hidden: frozenset[str]
    reader: TableReader


class OpenTables:
    """Readers of the versions that are searched. For any number of threads."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._open: dict[
            tuple[str, str], _Open
        ] = {}  # by table, and the tree that hides some of it
        self._lock = Lock()

    def reader(self, dataset: Dataset) -> TableReader:
        """Raises VersionGoneError."""
        version, hidden = dataset.table_version, hidden_of(dataset)
        key = dataset.table_name, _tree_of(dataset)
        with self._lock:
            there = self._open.get(key)
            if there is None or (there.version, there.hidden) != (version, hidden):
                reader = open_reader(self._store, dataset)
                there = self._open[key] = _Open(version, hidden, reader)
            return there.reader

    def clear(self) -> None:
        with self._lock:
            self._open.clear()


def open_reader(store: TableStore, dataset: Dataset) -> TableReader:
    """Raises VersionGoneError."""
    name, version = dataset.table_name, dataset.table_version
    return store.read(name, version, dataset=dataset.name, hidden=hidden_of(dataset))


def hidden_of(dataset: Dataset) -> frozenset[str]:
    return dataset.hidden if isinstance(dataset, DatasetView) else frozenset()


def _tree_of(dataset: Dataset) -> str:
    return dataset.tree if isinstance(dataset, DatasetView) and dataset.hidden else ""


def chunks_of(store: TableStore, dataset: Dataset, path: str) -> list[Chunk]:
    """All chunks of a file in order. Raises VersionGoneError when table or chunks are gone."""
    chunks = open_reader(store, dataset).files([path]).get(path)
    if not chunks:
        raise VersionGoneError(f"{path} is gone from {dataset.name}.")
    return chunks
