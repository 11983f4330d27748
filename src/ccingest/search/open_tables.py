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

    table: str
    version: int
    hidden: frozenset[str]
    reader: TableReader


class OpenTables:
    """Readers of the versions that are searched. For any number of threads."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._open: dict[tuple[str, str], _Open] = {}  # by `_place_of`
        self._lock = Lock()

    def reader(self, dataset: Dataset) -> TableReader:
        """Raises VersionGoneError."""
        state = dataset.table_name, dataset.table_version, hidden_of(dataset)
        key = _place_of(dataset)
        with self._lock:
            there = self._open.get(key)
            if there is None or (there.table, there.version, there.hidden) != state:
                there = self._open[key] = _Open(*state, open_reader(self._store, dataset))
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


def _place_of(dataset: Dataset) -> tuple[str, str]:
    """Its table, and the tree that hides some of it. An overlay gets new tables again and again, and
    one of them is open at a time."""
    if not isinstance(dataset, DatasetView):
        return dataset.table_name, ""
    if dataset.states is not None:
        return f"overlay of {dataset.dataset_id}", dataset.tree
    return dataset.table_name, dataset.tree if dataset.hidden else ""


def chunks_of(store: TableStore, dataset: Dataset, path: str) -> list[Chunk]:
    """All chunks of a file in order. Raises VersionGoneError when table or chunks are gone."""
    chunks = open_reader(store, dataset).files([path]).get(path)
    if not chunks:
        raise VersionGoneError(f"{path} is gone from {dataset.name}.")
    return chunks
