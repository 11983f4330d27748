"""Schedules: which datasets are brought up to date by themselves, and when.

Any number of workers look at them; the transaction in which a schedule moves on is the one that
queues its job, so each time it is due gives one job. Times missed while no worker ran are made up
for by one job, not by one each.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

from ccingest.errors import ScheduleNotFoundError, UsageError
from ccingest.jobs import queue
from ccingest.jobs.database import NOW, transaction
from ccingest.jobs.datasets import require_same_repository
from ccingest.jobs.records import JobRequest, Status, options_from_json, parse_time
from ccingest.jobs.timing import Cron, Every, Timing
from ccingest.records import RepoRef

_SCHEDULES = """
SELECT s.*, p.name AS project, j.status AS last_status
FROM schedules s JOIN projects p ON p.id = s.project_id LEFT JOIN jobs j ON j.id = s.last_job_id
"""
# Clocks are corrected by seconds all the time; what is set back by a day was wrong before.
_CLOCK_TOLERANCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A row of `schedules`, names joined in. Times are ISO 8601 text in UTC."""

    request: JobRequest
    timing: Timing
    next_at: str
    last_job_id: str | None  # None before the first, or when the job has been cleaned up
    last_status: Status | None
    error: str | None  # why it could not be queued when it was last due
    created_at: str


def add_schedule(
    connection: sqlite3.Connection, request: JobRequest, timing: Timing
) -> tuple[Schedule, bool]:
    """Make or replace the schedule of a dataset; the second value is whether there was one.

    `Every` is due at once, `Cron` when its time comes. Raises UsageError when the dataset's name
    stands for another repository.
    """
    now = datetime.now(timezone.utc)
    ref = request.ref
    with transaction(connection):
        connection.execute("INSERT OR IGNORE INTO projects(name) VALUES (?)", (request.project,))
        require_same_repository(connection, request.project, request.dataset, ref)
        replaced = _delete(connection, request.project, request.dataset)
        connection.execute(
            f"""INSERT INTO schedules(project_id, dataset_name, scope, repo_host, repo_url,
                repo_owner, repo_name, branch, priority, max_retries, options, every_seconds, cron,
                next_at, created_at)
            SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {NOW} FROM projects WHERE name = ?""",
            (
                *(request.dataset, request.scope, ref.host, ref.clone_url, ref.owner, ref.name),
                *(request.branch, request.priority, request.max_retries),
                *(json.dumps(asdict(request.options)), *_columns(timing)),
                *(_text(now if isinstance(timing, Every) else timing.next_after(now)),),
                request.project,
            ),
        )
        (made,) = _find(connection, request.project, request.dataset)
    return made, replaced


def list_schedules(connection: sqlite3.Connection, project: str | None) -> list[Schedule]:
    """By project and dataset. `project` None means all."""
    return _find(connection, project, None)


def remove_schedule(connection: sqlite3.Connection, project: str, dataset: str) -> Schedule:
    """The dataset and a job that is queued already stay. Raises ScheduleNotFoundError."""
    with transaction(connection):
        found = _find(connection, project, dataset)
        if not found:
            raise ScheduleNotFoundError(
                f"No schedule for dataset {dataset!r} in project {project!r}; "
                "`ccingest schedule list` lists them."
            )
        _delete(connection, project, dataset)
    return found[0]


def enqueue_due(connection: sqlite3.Connection, now: datetime | None = None) -> list[str]:
    """Queue a job for each schedule that is due, and move it on; returns the ids of new jobs.

    One that can't be queued keeps the reason and moves on as well. `now` is for those who know
    better than the clock: tests.
    """
    now = now or datetime.now(timezone.utc)
    if not _due(connection, now):
        return []  # workers look often, and take no write lock for it
    made = []
    with transaction(connection):
        for row in _due(connection, now):
            job_id, created, error = _put(connection, _schedule(row).request)
            made += [job_id] if job_id and created else []
            connection.execute(
                """UPDATE schedules SET next_at = ?, error = ?,
                    last_job_id = COALESCE(?, last_job_id) WHERE id = ?""",
                (_text(_timing(row).next_after(now)), error, job_id, row["id"]),
            )
    return made


def _put(
    connection: sqlite3.Connection, request: JobRequest
) -> tuple[str | None, bool, str | None]:
    connection.execute("SAVEPOINT put")
    try:
        return *queue.put(connection, request), None
    except UsageError as error:  # the dataset's name went to another repository meanwhile
        connection.execute("ROLLBACK TO put")
        return None, False, error.message
    finally:
        connection.execute("RELEASE put")


def _due(connection: sqlite3.Connection, now: datetime) -> list[sqlite3.Row]:
    """Also what is further off than it can be: then the clock was set back meanwhile."""
    rows = connection.execute(
        _SCHEDULES + "WHERE next_at <= ? OR next_at > ?",
        (_text(now), _text(now + _CLOCK_TOLERANCE)),
    )
    return [
        row
        for row in rows
        if (planned := parse_time(row["next_at"])) <= now
        or planned > _timing(row).next_after(now) + _CLOCK_TOLERANCE
    ]


def _find(
    connection: sqlite3.Connection, project: str | None, dataset: str | None
) -> list[Schedule]:
    rows = connection.execute(
        _SCHEDULES
        + """WHERE (:project IS NULL OR p.name = :project)
        AND (:dataset IS NULL OR s.dataset_name = :dataset) ORDER BY p.name, s.dataset_name""",
        {"project": project, "dataset": dataset},
    )
    return [_schedule(row) for row in rows]


def _delete(connection: sqlite3.Connection, project: str, dataset: str) -> bool:
    done = connection.execute(
        """DELETE FROM schedules WHERE dataset_name = ?
        AND project_id = (SELECT id FROM projects WHERE name = ?)""",
        (dataset, project),
    )
    return done.rowcount > 0


def _schedule(row: sqlite3.Row) -> Schedule:
    request = JobRequest(
        ref=RepoRef(row["repo_host"], row["repo_owner"], row["repo_name"], row["repo_url"]),
        project=row["project"],
        dataset=row["dataset_name"],
        scope=row["scope"],
        branch=row["branch"],
        options=options_from_json(row["options"]),
        priority=row["priority"],
        max_retries=row["max_retries"],
    )
    return Schedule(
        request=request,
        timing=_timing(row),
        next_at=row["next_at"],
        last_job_id=row["last_job_id"],
        last_status=row["last_status"],
        error=row["error"],
        created_at=row["created_at"],
    )


def _timing(row: sqlite3.Row) -> Timing:
    return Cron(row["cron"]) if row["cron"] else Every(row["every_seconds"])


def _columns(timing: Timing) -> tuple[int | None, str | None]:
    if isinstance(timing, Every):
        return timing.seconds, None
    return None, timing.expression


def _text(moment: datetime) -> str:
    """As SQLite's strftime writes it, so that the two compare as text."""
    utc = moment.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"
