"""Reading jobs, their history, events and logs. Writes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from ccingest.errors import JobNotFoundError, UsageError
from ccingest.jobs.records import Job, JobEvent, LogLine, Status, options_from_json
from ccingest.records import RepoRef

_EVENTS = """
SELECT e.id, e.job_id, p.name AS project, j.dataset_name AS dataset, e.at, e.status, e.progress,
    e.phase, e.current_file, e.error, e.message
FROM job_events e JOIN jobs j ON j.id = e.job_id JOIN projects p ON p.id = j.project_id
"""


def get_job(connection: sqlite3.Connection, id_or_prefix: str) -> Job:
    """Raises JobNotFoundError, and UsageError when several jobs' ids begin so."""
    prefix = id_or_prefix.strip().lower()
    rows = connection.execute(
        # A range, for the index: ids are hexadecimal, so nothing in one sorts after a "g".
        "SELECT * FROM job_history WHERE id >= ? AND id < ? || 'g' LIMIT 2",
        (prefix, prefix),
    ).fetchall()
    if not prefix or not rows:
        raise JobNotFoundError(f"No job {id_or_prefix!r}; `ccingest history` lists the jobs.")
    if len(rows) > 1:
        raise UsageError(f"Several jobs begin with {id_or_prefix!r}; give more of the id.")
    return job_from_row(rows[0])


def history(
    connection: sqlite3.Connection,
    *,
    project: str | None = None,
    status: Status | None = None,
    limit: int = 20,
) -> list[Job]:
    """Jobs, newest first. `project` None means all."""
    rows = connection.execute(
        """SELECT * FROM job_history
        WHERE (:project IS NULL OR project = :project) AND (:status IS NULL OR status = :status)
        ORDER BY created_at DESC, number DESC LIMIT :limit""",
        {"project": project, "status": status, "limit": limit},
    )
    return [job_from_row(row) for row in rows]


def events_after(
    connection: sqlite3.Connection,
    since: int,
    *,
    job_id: str | None = None,
    project: str | None = None,
    limit: int = 1000,
) -> list[JobEvent]:
    """Events with an id above `since`, in order."""
    rows = connection.execute(
        _EVENTS
        + """WHERE e.id > :since AND (:job IS NULL OR e.job_id = :job)
        AND (:project IS NULL OR p.name = :project) ORDER BY e.id LIMIT :limit""",
        {"since": since, "job": job_id, "project": project, "limit": limit},
    )
    return [JobEvent(**dict(row)) for row in rows]


def newest_event(connection: sqlite3.Connection) -> int:
    """The id of the newest event; 0 when there is none."""
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM job_events").fetchone()[0])


def logs(connection: sqlite3.Connection, job_id: str) -> list[LogLine]:
    rows: Sequence[sqlite3.Row] = connection.execute(
        "SELECT at, level, message FROM job_logs WHERE job_id = ? ORDER BY id", (job_id,)
    ).fetchall()
    return [LogLine(**dict(row)) for row in rows]


def job_from_row(row: sqlite3.Row) -> Job:
    """A Job of a row of the view `job_history`."""
    values: dict[str, Any] = {key: row[key] for key in row.keys() if key in Job.__slots__}  # noqa: SIM118
    return Job(
        **values
        | {
            "dataset": row["dataset_name"],
            "ref": RepoRef(row["repo_host"], row["repo_owner"], row["repo_name"], row["repo_url"]),
            "phase": row["current_phase"],
            "cancel_requested": bool(row["cancel_requested"]),
            "skipped": json.loads(row["skipped"]),
            "fallbacks": json.loads(row["fallbacks"]),
            "seconds": json.loads(row["seconds"]),
            "options": options_from_json(row["options"]),
        }
    )
