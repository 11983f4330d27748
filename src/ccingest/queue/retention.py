"""Removing old jobs, and coordinating who cleans up when."""

from __future__ import annotations

from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import LATER, NOW, Connection, shifted

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
