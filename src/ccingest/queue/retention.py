"""What is kept, and for how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ccingest.db.catalog import MAINTENANCE_SECONDS, idle_dataset
from ccingest.db.connection import LATER, NOW, transaction
from ccingest.models import Dataset


def delete_old_jobs(connection: sqlite3.Connection, days: int) -> int:
    """Delete the jobs that ended over `days` days ago, their events and logs; returns how many."""
    with transaction(connection):
        done = connection.execute(
            """DELETE FROM jobs WHERE status IN ('completed', 'failed', 'cancelled')
            AND completed_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)""",
            (f"-{days} days",),
        )
        return done.rowcount


@contextmanager
def in_maintenance(connection: sqlite3.Connection, dataset_id: int) -> Iterator[Dataset | None]:
    """The dataset's visible version, whose table no job writes while the body runs.

    None when a job writes it now, another clean-up has it, or it is gone.
    """
    with transaction(connection):
        dataset = idle_dataset(connection, dataset_id)
        if dataset:
            connection.execute(
                f"UPDATE datasets SET maintenance_until = {LATER} WHERE id = ?",
                (f"+{MAINTENANCE_SECONDS} seconds", dataset_id),
            )
    try:
        yield dataset
    finally:
        if dataset:
            connection.execute(
                "UPDATE datasets SET maintenance_until = NULL WHERE id = ?", (dataset_id,)
            )


def move_version(connection: sqlite3.Connection, dataset: Dataset, version: int) -> bool:
    """Point the dataset at another table version of the same content.

    False when it was published anew or deleted meanwhile: then nothing is changed.
    """
    done = connection.execute(
        """UPDATE datasets SET table_version = ?
        WHERE id = ? AND table_name = ? AND table_version = ?""",
        (version, dataset.dataset_id, dataset.table_name, dataset.table_version),
    )
    return done.rowcount == 1


def begin_if_due(connection: sqlite3.Connection, name: str, hours: int) -> bool:
    """Whether it is time to do `name` again, and nobody else has just begun to.

    True at most once in so many hours, whoever asks, and again when the clock was set back.
    """
    due = f"""at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{int(hours)} hours') OR at > {NOW}"""
    row = connection.execute(
        f"SELECT ({due}) AS due FROM maintenance_runs WHERE name = ?", (name,)
    ).fetchone()
    if row is not None and not row["due"]:
        return False  # asked often, and takes no write lock for it
    done = connection.execute(
        f"""INSERT INTO maintenance_runs(name, at) VALUES (?, {NOW})
        ON CONFLICT(name) DO UPDATE SET at = excluded.at WHERE {due}""",
        (name,),
    )
    return done.rowcount == 1
