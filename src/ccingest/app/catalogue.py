"""The published datasets as questions see them, read again only when the database changed.

To make the values of 10,000 datasets takes longer than to search them. So those of which the rows are
the same stay, and a question over the same datasets as the last one gets the very same tuple.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ccingest.app.views import views_of
from ccingest.db.catalog import chosen_datasets
from ccingest.db.connection import change_counter, reading, repeated
from ccingest.db.dialect import Connection
from ccingest.db.published import datasets_of, readable_rows
from ccingest.models import DamagedDataset, Dataset

_MOST_KEPT = 64  # choices

_Row = tuple[object, ...]
_Choice = tuple["str | None", tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class _Snapshot:
    """All published datasets, by project and name, and what was chosen of them."""

    datasets: tuple[Dataset, ...] = ()
    damaged: tuple[DamagedDataset, ...] = ()
    rows: tuple[_Row, ...] = ()  # of all of them
    known: dict[_Row, Dataset] = field(default_factory=dict)  # by row
    chosen: dict[_Choice, tuple[Dataset, ...]] = field(default_factory=dict)

    def of(
        self,
        connection: Connection,
        project: str | None,
        names: tuple[str, ...],
        repositories: tuple[str, ...],
    ) -> tuple[Dataset, ...]:
        choice = project, names, repositories
        found = self.chosen.get(choice)
        if found is None:
            connection.execute("SELECT ?", (project,))  # raises for what is no text, as any query
            visible = [
                dataset
                for dataset in self.datasets
                if project in (None, dataset.project) or dataset.scope == "global"
            ]
            found = tuple(chosen_datasets(connection, visible, project, names, repositories))
            if len(self.chosen) >= _MOST_KEPT:
                self.chosen.clear()
            self.chosen[choice] = found
        return found


class Catalogue:
    """For any number of threads, each with its own connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot = _Snapshot()
        self._of_thread = threading.local()

    def datasets(
        self,
        connection: Connection,
        project: str | None,
        names: tuple[str, ...] = (),
        repositories: tuple[str, ...] = (),
        tree: str | None = None,
    ) -> tuple[Dataset, ...]:
        """What `searchable` finds; with a tree, each dataset of which that has an overlay as its two
        parts. Raises as `searchable` does."""
        return repeated(self._datasets)(connection, project, names, repositories, tree)

    def _datasets(
        self,
        connection: Connection,
        project: str | None,
        names: tuple[str, ...],
        repositories: tuple[str, ...],
        tree: str | None,
    ) -> tuple[Dataset, ...]:
        with reading(connection):
            found = self._current(connection).of(connection, project, names, repositories)
            return found if tree is None else tuple(views_of(connection, found, tree))

    def damaged(self, connection: Connection, project: str | None) -> tuple[DamagedDataset, ...]:
        """The datasets of a project that can't be searched, as their rows can't be read."""
        found = repeated(self._current)(connection).damaged
        return tuple(one for one in found if project in (None, one.project))

    def _current(self, connection: Connection) -> _Snapshot:
        # What another connection changed, and what this one did: SQLite counts these by themselves.
        now = change_counter(connection)
        seen: tuple[object, _Snapshot] | None = getattr(self._of_thread, "seen", None)
        if seen is None or seen[0] != (id(connection), now) or seen[1] is not self._snapshot:
            seen = self._of_thread.seen = (id(connection), now), self._read(connection)
        return seen[1]

    def _read(self, connection: Connection) -> _Snapshot:
        rows, unreadable = readable_rows(connection)
        with self._lock:
            old = self._snapshot
            values = tuple(map(tuple, rows))
            if values == old.rows and not unreadable:
                return old
            known: dict[_Row, Dataset] = {}
            damaged = list(unreadable)
            for value, row in zip(values, rows, strict=True):
                if dataset := old.known.get(value):
                    known[value] = dataset
                    continue
                found = datasets_of([row])
                known.update((value, one) for one in found.datasets)
                damaged += found.damaged
            self._snapshot = _Snapshot(tuple(known.values()), tuple(damaged), values, known)
            return self._snapshot
