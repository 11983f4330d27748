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


def idle_datasets(connection: sqlite3.Connection) -> list[DatasetVersion]:
    """The visible versions of the datasets that no job is writing."""
    rows = connection.execute(
        """SELECT d.id AS dataset_id, p.name AS project, d.name, d.scope, d.repository, d.host,
            d.branch, d.commit_sha AS sha, d.embedder, d.chunker, d.selection, d.table_name,
            d.table_version, d.files, d.chunks
        FROM datasets d JOIN projects p ON p.id = d.project_id
        WHERE d.table_name IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jobs j WHERE j.status = 'in_progress'
            AND j.project_id = d.project_id AND j.dataset_name = d.name)"""
    )
    return [DatasetVersion(**dict(row)) for row in rows]


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
