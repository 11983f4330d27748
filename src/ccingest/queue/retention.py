"""Removing old jobs, and coordinating who cleans up what and when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ccingest.db.catalog import MAINTENANCE_SECONDS, idle_dataset
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import LATER, NOW, Connection, shifted
from ccingest.models import Dataset

# A turn that was taken so many seconds from now was taken before the clock was set back. One of less
# was taken while the statement waited for it.
_SET_BACK = 60


@repeated
def delete_old_jobs(connection: Connection, days: int) -> int:
    """Delete jobs that ended over `days` days ago, with their events and logs; returns how many."""
    with transaction(connection):
        done = connection.execute(
            f"""DELETE FROM jobs WHERE status IN ('completed', 'failed', 'cancelled')
            AND completed_at < {LATER}""",
            (f"-{days} days",),
        )
        return done.rowcount


@contextmanager
def in_maintenance(connection: Connection, dataset_id: int) -> Iterator[Dataset | None]:
    """The dataset's visible version. No job writes its table while the body runs.

    None when a job writes it now, when another clean-up works on it, or when it was deleted.
    """
    dataset = _begin_maintenance(connection, dataset_id)
    try:
        yield dataset
    finally:
        if dataset:
            connection.execute(
                "UPDATE datasets SET maintenance_until = NULL WHERE id = ?", (dataset_id,)
            )


@repeated
def _begin_maintenance(connection: Connection, dataset_id: int) -> Dataset | None:
    with transaction(connection):
        dataset = idle_dataset(connection, dataset_id)
        if dataset:
            connection.execute(
                f"UPDATE datasets SET maintenance_until = {LATER} WHERE id = ?",
                (f"+{MAINTENANCE_SECONDS} seconds", dataset_id),
            )
    return dataset


def move_version(connection: Connection, dataset: Dataset, version: int) -> bool:
    """Point the dataset at another table version of the same content.

    False, and nothing changes, when another version was published or the dataset was deleted.
    """
    done = connection.execute(
        """UPDATE datasets SET table_version = ?
        WHERE id = ? AND table_name = ? AND table_version = ?""",
        (version, dataset.dataset_id, dataset.table_name, dataset.table_version),
    )
    return done.rowcount == 1


def begin_if_due(connection: Connection, name: str, hours: int) -> bool:
    """Whether it is time to do the task `name` again.

    Returns True to one caller in `hours` hours, of all processes, and again after the clock was set
    back.
    """
    # With the table's name: an upsert also has the columns of `excluded`.
    due = f"""maintenance_runs.at <= {shifted(f"-{int(hours)} hours")}
        OR maintenance_runs.at > {shifted(f"+{_SET_BACK} seconds")}"""
    row = connection.execute(
        f"SELECT ({due}) AS due FROM maintenance_runs WHERE name = ?", (name,)
    ).fetchone()
    if row is not None and not row["due"]:
        return False  # workers ask often, so take no write lock for them
    done = connection.execute(
        f"""INSERT INTO maintenance_runs(name, at) VALUES (?, {NOW})
        ON CONFLICT(name) DO UPDATE SET at = excluded.at WHERE {due}""",
        (name,),
    )
    return done.rowcount == 1
