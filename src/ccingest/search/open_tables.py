"""The tables and shards that a searcher holds open, and the chunks of a file."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from ccingest.errors import VersionGoneError
from ccingest.models import Chunk, Dataset, DatasetView
from ccingest.search.parts import Alone, Part, Together
from ccingest.store import Member, ShardReader, TableReader, TableStore
from ccingest.store.rows import store_errors
from ccingest.store.shards.folder import Chosen, Listing
from ccingest.store.shards.reader import files_of_member
from ccingest.values import dataclass

# A question about so few datasets looks for no shard.
_FEW = 4
_MOST_KNOWN = 8  # choices of datasets of which it is known how to search them


@dataclass(frozen=True, slots=True)
class _Open:
    """An open version of a table."""

    table: str
    version: int
    hidden: frozenset[str]
    reader: TableReader


@dataclass(frozen=True, slots=True)
class _Known:
    """The parts of some datasets, while these and the shards are the same."""

    datasets: Sequence[Dataset]
    listing: Listing
    parts: Sequence[Part]
    chosen: Chosen

    def is_current(self, datasets: Sequence[Dataset], listing: Listing) -> bool:
        return (
            self.datasets is datasets
            and self.listing is listing
            and all(shard.is_unchanged() for shard, _ in self.chosen.shards)
        )


class OpenTables:
    """Readers of the versions that are searched. For any number of threads."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._open: dict[tuple[str, str], _Open] = {}  # by `_place_of`
        self._known: tuple[_Known, ...] = ()  # the last first
        self._lock = Lock()

    def reader(self, dataset: Dataset) -> TableReader:
        """Raises VersionGoneError."""
        state = dataset.table_name, dataset.table_version, hidden_of(dataset)
        key = _place_of(dataset)
        with self._lock:
            there = self._open.get(key)
            if there is None or (there.table, there.version, there.hidden) != state:
                if there and there.table != dataset.table_name:
                    self._store.release(there.table)
                there = self._open[key] = _Open(*state, open_reader(self._store, dataset))
            return there.reader

    def parts(self, datasets: Sequence[Dataset]) -> Sequence[Part]:
        """What has to be searched for these datasets. Raises VersionGoneError and StoreError.

        With the same tuple as before, it need not look at each dataset.
        """
        if len(datasets) <= _FEW:
            return self._alone(datasets, range(len(datasets)))
        shards = self._store.shards
        with store_errors("look for shards"):
            listing = shards.listing()
            for known in self._known:
                if known.is_current(datasets, listing):
                    return known.parts
            chosen = shards.choose([member_of(dataset) for dataset in datasets])
        parts = [
            Together(
                datasets[next(iter(places.values()))],
                datasets,
                ShardReader(shard, places),
            )
            for shard, places in chosen.shards
        ]
        rest = [place for place in chosen.rest if datasets[place].chunks] or chosen.rest[:1]
        found: list[Part] = [*parts, *self._alone(datasets, rest)]
        if isinstance(datasets, tuple):
            known = _Known(datasets, listing, found, chosen)
            others = [one for one in self._known if one.listing is listing]
            self._known = (known, *others[: _MOST_KNOWN - 1])
        self._close_others(datasets, chosen)
        return found

    def files(self, dataset: Dataset, paths: Sequence[str]) -> dict[str, list[Chunk]]:
        """As `TableReader.files`, from the shard of the dataset if its own segments are not open.

        Raises VersionGoneError and StoreError.
        """
        if _place_of(dataset) not in self._open:
            shards = self._store.shards
            with store_errors("look for shards"):
                found = shards.listing().places.get(member_of(dataset))
                shard = shards.opened(found[0]) if found else None
            if found and shard:
                return files_of_member(shard, found[1], paths)
        return self.reader(dataset).files(paths)

    def clear(self) -> None:
        with self._lock:
            self._open.clear()
            self._known = ()

    def _alone(self, datasets: Sequence[Dataset], places: Sequence[int]) -> list[Part]:
        readers = [self.reader(datasets[place]) for place in places]
        whole: dict[int, list[TableReader]] = {}
        for place, reader in zip(places, readers, strict=True):
            whole.setdefault(datasets[place].dataset_id, []).append(reader)
        return [
            Alone(datasets[place], place, reader, whole[datasets[place].dataset_id])
            for place, reader in zip(places, readers, strict=True)
        ]

    def _close_others(self, datasets: Sequence[Dataset], chosen: Chosen) -> None:
        """Close tables that are in a shard by now: each takes memory."""
        with self._lock:
            for _, places in chosen.shards:
                for place in places.values():
                    self._open.pop(_place_of(datasets[place]), None)


def open_reader(store: TableStore, dataset: Dataset) -> TableReader:
    """Raises VersionGoneError."""
    name, version = dataset.table_name, dataset.table_version
    return store.read(name, version, dataset=dataset.name, hidden=hidden_of(dataset))


def hidden_of(dataset: Dataset) -> frozenset[str]:
    return dataset.hidden if isinstance(dataset, DatasetView) else frozenset()


def member_of(dataset: Dataset) -> Member:
    """The version of the dataset, as shards name it. No shard has that of a view."""
    if isinstance(dataset, DatasetView):
        return Member("", 0, "")
    published = str(dataset.indexed_at or dataset.created_at)
    return Member(dataset.table_name, dataset.table_version, published)


def _place_of(dataset: Dataset) -> tuple[str, str]:
    """Which dataset it is, and the tree that hides some of it. It may get new tables again and again,
    and one of them is open at a time."""
    if not isinstance(dataset, DatasetView):
        return str(dataset.dataset_id), ""
    if dataset.states is not None:
        return f"overlay of {dataset.dataset_id}", dataset.tree
    return str(dataset.dataset_id), dataset.tree if dataset.hidden else ""


def chunks_of(store: TableStore, dataset: Dataset, path: str) -> list[Chunk]:
    """All chunks of a file in order. Raises VersionGoneError when table or chunks are gone."""
    chunks = open_reader(store, dataset).files([path]).get(path)
    if not chunks:
        raise VersionGoneError(f"{path} is gone from {dataset.name}.")
    return chunks
