"""Reading jobs. Writes nothing."""

from __future__ import annotations

from ccingest.db.checked import Columns
from ccingest.db.dialect import Connection
from ccingest.db.rows import job_of
from ccingest.errors import DamagedDatabaseError, JobNotFoundError, UsageError
from ccingest.models import Job, Status

_HOSTS = Columns("jobs", worker_host="str", count="int")


def get_job(connection: Connection, id_or_prefix: str) -> Job:
    """The job whose id begins like this. Raises JobNotFoundError, UsageError when several do."""
    prefix = id_or_prefix.strip().lower()
    if not prefix or "\0" in prefix:  # which Postgres does not take
        raise JobNotFoundError(f"No job {id_or_prefix!r}.")
    rows = connection.execute(
        # A range can use the index. Ids are hexadecimal, so all that begin so sort before a "g".
        "SELECT * FROM job_history WHERE id >= ? AND id < ? || 'g' LIMIT 2",
        (prefix, prefix),
    ).fetchall()
    if not rows:
        raise JobNotFoundError(f"No job {id_or_prefix!r}.")
    if len(rows) > 1:
        raise UsageError(f"Several jobs begin with {id_or_prefix!r}; give more of the id.")
    return job_of(rows[0])


def running_hosts(connection: Connection) -> dict[str, int]:
    """The machines whose workers run jobs now, and how many jobs each."""
    rows = connection.execute(
        """SELECT worker_host, count(*) FROM jobs
        WHERE status = 'in_progress' AND worker_host IS NOT NULL
        GROUP BY worker_host ORDER BY worker_host"""
    )
    return {row[0]: row[1] for row in _HOSTS.checked(rows.fetchall())}


def history(
    connection: Connection,
    *,
    project: str | None = None,
    status: Status | None = None,
    limit: int = 20,
) -> list[Job]:
    """Jobs, newest first. `project` None means all. Without those whose rows are damaged."""
    return readable_history(connection, project=project, status=status, limit=limit)[0]


def readable_history(
    connection: Connection,
    *,
    project: str | None = None,
    status: Status | None = None,
    limit: int = 20,
) -> tuple[list[Job], list[str]]:
    """The same, and a sentence about each whose row can't be read."""
    rows = connection.stored_rows(
        """SELECT * FROM job_history
        WHERE (:project IS NULL OR project = :project) AND (:status IS NULL OR status = :status)
        ORDER BY created_at DESC, number DESC LIMIT :limit""",
        {"project": project, "status": status, "limit": limit},
    )
    found: list[Job] = []
    damaged: list[str] = []
    for row in rows:
        try:
            found.append(job_of(row))
        except DamagedDatabaseError as error:
            damaged.append(f"The job {row['id']} is damaged in the database: {error.what}.")
    return found, damaged
