"""Writing the table of a dataset without a job, while no job writes it.

A clean-up that was stopped for long, such as with its machine, finds that its time is over: a job may
have written the table meanwhile, and what that has not finished must never become visible.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from ccingest.db.catalog import MAINTENANCE_SECONDS, idle_dataset
from ccingest.db.connection import connect, repeated, transaction
from ccingest.db.dialect import LATER, Connection
from ccingest.errors import LeaseLostError, StoreError
from ccingest.models import Dataset

_log = logging.getLogger(__name__)

_RENEW_SECONDS = MAINTENANCE_SECONDS / 4


class Maintenance:
    """A dataset's visible version that no job writes, as long as `until` stands in its row.

    Whoever takes the dataset after that time, a job or another clean-up, writes something else there.
    """

    def __init__(self, connection: Connection, dataset: Dataset, until: str) -> None:
        self.dataset = dataset
        self._connection = connection
        self._until = until
        self._lock = threading.Lock()  # one thread works, another one renews

    def move_version(self, version: int) -> bool:
        """Point the dataset at another table version of the same content.

        False, and nothing changes, when a job or another clean-up took the dataset meanwhile, or it was
        deleted. Otherwise no job writes the table for another while.
        """
        return self._renewed(self._connection, version)

    def renew(self, connection: Connection) -> bool:
        """Keep jobs out for another while. False when it is too late for that."""
        return self._renewed(connection, None)

    def end(self) -> None:
        """Let jobs in again."""
        with self._lock:
            self._connection.execute(
                """UPDATE datasets SET maintenance_until = NULL
                WHERE id = ? AND maintenance_until = ?""",
                (self.dataset.dataset_id, self._until),
            )

    def _renewed(self, connection: Connection, version: int | None) -> bool:
        with self._lock, suppress(LeaseLostError):
            self._until = _renew(connection, self.dataset.dataset_id, self._until, version)
            return True
        return False


@contextmanager
def in_maintenance(connection: Connection, dataset_id: int) -> Iterator[Maintenance | None]:
    """The dataset's visible version. No job writes its table while the body runs.

    None when a job writes it now, when another clean-up works on it, or when it was deleted.
    """
    found = _begin(connection, dataset_id)
    if found is None:
        yield None
        return
    maintenance = Maintenance(connection, *found)
    try:
        with _renewing(maintenance, connection):
            yield maintenance
    finally:
        maintenance.end()


@contextmanager
def _renewing(maintenance: Maintenance, connection: Connection) -> Iterator[None]:
    """While the body runs, a thread with a connection of its own keeps jobs out."""

    def renew() -> None:
        while not stop.wait(_RENEW_SECONDS):
            try:
                with closing(connect(connection.address)) as own:
                    if not maintenance.renew(own):
                        return
            except StoreError as error:  # a lock may be over before the time is
                _log.warning("A clean-up can't keep jobs out now: %s", error.message)

    stop = threading.Event()
    thread = threading.Thread(target=renew, name="maintenance", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@repeated
def _begin(connection: Connection, dataset_id: int) -> tuple[Dataset, str] | None:
    with transaction(connection):
        dataset = idle_dataset(connection, dataset_id)
        return (dataset, _set_until(connection, dataset_id)) if dataset else None


@repeated
def _renew(connection: Connection, dataset_id: int, until: str, version: int | None) -> str:
    """Returns the new time. Raises LeaseLostError when the old one does not stand there any more."""
    with transaction(connection):
        if _until_of(connection, dataset_id) != until:
            raise LeaseLostError(f"The dataset {dataset_id} was taken by another.")
        if version is not None:
            connection.execute(
                "UPDATE datasets SET table_version = ? WHERE id = ?", (version, dataset_id)
            )
        return _set_until(connection, dataset_id)


def _set_until(connection: Connection, dataset_id: int) -> str:
    connection.execute(
        f"UPDATE datasets SET maintenance_until = {LATER} WHERE id = ?",
        (f"+{MAINTENANCE_SECONDS} seconds", dataset_id),
    )
    until = _until_of(connection, dataset_id)
    assert until is not None  # it has just been set
    return until


def _until_of(connection: Connection, dataset_id: int) -> str | None:
    row = connection.execute(
        "SELECT maintenance_until FROM datasets WHERE id = ?", (dataset_id,)
    ).fetchone()
    return row["maintenance_until"] if row else None
