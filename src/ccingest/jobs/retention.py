"""What is kept, and for how long."""

from __future__ import annotations

import sqlite3

from ccingest.jobs.database import transaction
from ccingest.records import DatasetVersion


def delete_old_jobs(connection: sqlite3.Connection, days: int) -> int:
    """Delete the jobs that ended over `days` days ago, their events and logs; returns how many."""
    with transaction(connection):
        done = connection.execute(
            """DELETE FROM jobs WHERE status IN ('completed', 'failed', 'cancelled')
            AND completed_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)""",
            (f"-{days} days",),
        )
        return done.rowcount


def move_version(connection: sqlite3.Connection, dataset: DatasetVersion, version: int) -> bool:
    """Point the dataset at another table version of the same content.

    False when it was published anew or deleted meanwhile: then nothing is changed.
    """
    done = connection.execute(
        """UPDATE datasets SET table_version = ?
        WHERE id = ? AND table_name = ? AND table_version = ?""",
        (version, dataset.dataset_id, dataset.table_name, dataset.table_version),
    )
    return done.rowcount == 1
