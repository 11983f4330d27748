"""Schedules: which datasets are brought up to date automatically, and when.

Any number of workers check them. One transaction queues the job and sets the schedule's next time, so
a due schedule gives exactly one job. If no worker ran for several due times, there is one job for all.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from ccingest.db.catalog import require_same_source
from ccingest.db.checked import Columns, damaged, time_of
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import NOW, Connection, Row, clock
from ccingest.db.rows import options_of, reference_of, to_json
from ccingest.errors import (
    DamagedDatabaseError,
    DatasetTakenError,
    ScheduleNotFoundError,
    UsageError,
)
from ccingest.models import Every, JobRequest, Schedule, Timing
from ccingest.queue.enqueue import insert_or_get, with_free_name
from ccingest.queue.timing import LONGEST, SHORTEST, parse_cron
from ccingest.times import to_text

_log = logging.getLogger(__name__)

_SCHEDULES = """
SELECT s.*, p.name AS project, j.status AS last_status,
    COALESCE(j.created_at, s.created_at) AS planned_at
FROM schedules s JOIN projects p ON p.id = s.project_id LEFT JOIN jobs j ON j.id = s.last_job_id
"""
_TYPES = {
    **{"project": "str", "dataset_name": "str", "scope": "str", "branch": "str | None"},
    **{"priority": "int", "max_retries": "int", "last_job_id": "str | None"},
    **{"last_status": "str | None", "error": "str | None"},
}
_COLUMNS = Columns("schedules", **_TYPES)
# A clock is often corrected by seconds.
_CORRECTION = timedelta(minutes=1)
# Of the times that two machines plan: they may be in different zones.
_ZONES = timedelta(days=1)


@repeated
def add_schedule(
    connection: Connection, request: JobRequest, timing: Timing
) -> tuple[Schedule, bool]:
    """Make or replace the schedule of a dataset; the second value is whether there was one.

    `Every` is due at once, `Cron` when its time comes. Raises UsageError when the dataset holds
    another source.
    """
    now = clock(connection)
    with transaction(connection):
        connection.execute(
            "INSERT INTO projects(name) VALUES (?) ON CONFLICT DO NOTHING", (request.project,)
        )
        request = with_free_name(connection, request)
        require_same_source(connection, request.project, request.dataset, request.source)
        _require_same_source(connection, request)
        replaced = _delete(connection, request.project, request.dataset)
        connection.execute(
            f"""INSERT INTO schedules(project_id, dataset_name, scope, source, branch, priority,
                max_retries, options, every_seconds, cron, next_at, created_at)
            SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {NOW} FROM projects WHERE name = ?""",
            (
                *(request.dataset, request.scope, to_json(request.source), request.branch),
                *(request.priority, request.max_retries, to_json(request.options)),
                *_columns(timing),
                to_text(now if isinstance(timing, Every) else timing.next_after(now)),
                request.project,
            ),
        )
        (made,) = _find(connection, request.project, request.dataset)
    return made, replaced


def _require_same_source(connection: Connection, request: JobRequest) -> None:
    for row in _rows(connection, request.project, request.dataset):
        try:
            source = _schedule(row).request.source
        except DamagedDatabaseError:
            continue  # this one replaces it
        if source.identity != request.source.identity:
            raise DatasetTakenError(
                f"The schedule of {request.dataset} is for {source.name} from {source.location}."
            )


def list_schedules(connection: Connection, project: str | None) -> list[Schedule]:
    """Schedules by project and dataset. `project` None means all."""
    return readable_schedules(connection, project)[0]


def readable_schedules(
    connection: Connection, project: str | None
) -> tuple[list[Schedule], list[str]]:
    """The same without those whose rows are damaged, and a sentence about each of these."""
    found: list[Schedule] = []
    damaged: list[str] = []
    for row in _rows(connection, project, None):
        try:
            found.append(_schedule(row))
        except DamagedDatabaseError as error:
            damaged.append(
                f"The schedule of {_name(row['dataset_name'])} (project {_name(row['project'])}) is "
                f"damaged in the database: {error.what}; remove it and add it again."
            )
    return found, damaged


@repeated
def remove_schedule(connection: Connection, project: str, dataset: str) -> Schedule | None:
    """Remove a schedule. The dataset and its queued job stay. Raises ScheduleNotFoundError.

    None for one whose row was damaged. Where its name is, it is removed by what stands for that in
    `readable_schedules`.
    """
    with transaction(connection):
        rows = [
            row
            for row in _rows(connection, None, None)
            if (_name(row["project"]), _name(row["dataset_name"])) == (project, dataset)
        ]
        if not rows:
            raise ScheduleNotFoundError(
                f"No schedule for dataset {dataset!r} in project {project!r}."
            )
        connection.execute("DELETE FROM schedules WHERE id = ?", (rows[0]["id"],))
    try:
        return _schedule(rows[0])
    except DamagedDatabaseError as error:
        _log.info("The schedule of %s was damaged: %s", dataset, error.what)
        return None


@repeated
def enqueue_due(connection: Connection, now: datetime | None = None) -> list[str]:
    """Queue a job for each due schedule and set its next time; returns the ids of new jobs.

    When a job can't be queued, the schedule stores the reason and gets its next time as well. Tests
    give another time than the clock's as `now`.
    """
    now = now or clock(connection)
    if not _due(connection, now):
        return []  # workers ask often, so take no write lock for them
    made = []
    with transaction(connection):
        for row in _due(connection, now):
            job_id, created, error = _insert(connection, _schedule(row).request)
            made += [job_id] if job_id and created else []
            connection.execute(
                """UPDATE schedules SET next_at = ?, error = ?,
                    last_job_id = COALESCE(?, last_job_id) WHERE id = ?""",
                (to_text(_timing(row).next_after(now)), error, job_id, row["id"]),
            )
    return made


def _insert(connection: Connection, request: JobRequest) -> tuple[str | None, bool, str | None]:
    connection.execute("SAVEPOINT job")
    try:
        job_id, created = insert_or_get(connection, request)
    except UsageError as error:  # another source has the dataset's name now
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        return None, False, error.message
    connection.execute("RELEASE job")
    return job_id, created, None


def _due(connection: Connection, now: datetime) -> list[Row]:
    """The schedules whose time has come.

    A schedule whose time is later than it can be is due as well: the clock was set back. Its last job
    tells of a clock that was wrong by hours.
    """
    soon = to_text(now + _CORRECTION)
    rows = connection.stored_rows(
        _SCHEDULES
        + """WHERE next_at <= ? OR next_at > ?
        OR (next_at > ? AND COALESCE(j.created_at, s.created_at) > ?)""",
        (to_text(now), to_text(now + _ZONES), soon, soon),
    )
    return [row for row in rows if _is_due(row, now)]


def _is_due(row: Row, now: datetime) -> bool:
    """False for one that can't be read, too: it must not hold up the others, nor all other jobs."""
    try:
        _schedule(row)
        return time_of(row["next_at"]) <= now or _is_too_late(row, now)
    except DamagedDatabaseError as error:
        _log.info("The schedule of %s is left out: %s", row["dataset_name"], error.what)
        return False


def _is_too_late(row: Row, now: datetime) -> bool:
    """Whether a clock that was ahead has set the next time. One that was ahead by seconds does not count:
    what it has just queued would be queued again."""
    soon = now + _CORRECTION
    tolerance = timedelta(0) if time_of(row["planned_at"]) > soon else _ZONES
    return time_of(row["next_at"]) > _timing(row).next_after(soon) + tolerance


def _find(connection: Connection, project: str, dataset: str) -> list[Schedule]:
    return [_schedule(row) for row in _rows(connection, project, dataset)]


def _rows(connection: Connection, project: str | None, dataset: str | None) -> list[Row]:
    return connection.stored_rows(
        _SCHEDULES
        + """WHERE (:project IS NULL OR p.name = :project)
        AND (:dataset IS NULL OR s.dataset_name = :dataset) ORDER BY p.name, s.dataset_name""",
        {"project": project, "dataset": dataset},
    )


def _name(stored: Any) -> str:
    r"""A name as people can write it: bytes that are no UTF-8 as `\xff`."""
    return stored.decode(errors="backslashreplace") if type(stored) is bytes else str(stored)


def _delete(connection: Connection, project: str, dataset: str) -> bool:
    done = connection.execute(
        """DELETE FROM schedules WHERE dataset_name = ?
        AND project_id = (SELECT id FROM projects WHERE name = ?)""",
        (dataset, project),
    )
    return done.rowcount > 0


def _schedule(row: Row) -> Schedule:
    _COLUMNS.checked_row([row[name] for name in _TYPES])
    request = JobRequest(
        source=reference_of(row["source"]),
        project=row["project"],
        dataset=row["dataset_name"],
        scope=row["scope"],
        branch=row["branch"],
        options=options_of(row["options"]),
        priority=row["priority"],
        max_retries=row["max_retries"],
    )
    return Schedule(
        request=request,
        timing=_timing(row),
        next_at=time_of(row["next_at"]),
        last_job_id=row["last_job_id"],
        last_status=row["last_status"],
        error=row["error"],
        created_at=time_of(row["created_at"]),
    )


def _timing(row: Row) -> Timing:
    """Raises StoreError for one that nobody set."""
    cron, seconds = row["cron"], row["every_seconds"]
    if type(cron) is str:
        try:
            return parse_cron(cron)
        except UsageError as error:
            raise damaged("a schedule of it has no time") from error
    if type(seconds) is int and SHORTEST <= seconds <= LONGEST:
        return Every(seconds)
    raise damaged("a schedule of it has no time")


def _columns(timing: Timing) -> tuple[int | None, str | None]:
    if isinstance(timing, Every):
        return timing.seconds, None
    return None, timing.expression
