"""Listing, cancelling and retrying jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.errors import UsageError
from ccingest.queue import history

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from ccingest.models import Event, Job, JobLog, ProjectStatistics


def list_jobs(
    home: Home, *, project: str | None = None, status: str | None = None, limit: int = 20
) -> list[Job]:
    """Jobs, newest first. `project` None means all. Raises UsageError for an unknown status."""
    return all_jobs(home, project=project, status=status, limit=limit)[0]


def all_jobs(
    home: Home, *, project: str | None = None, status: str | None = None, limit: int = 20
) -> tuple[list[Job], list[str]]:
    """The same, and a sentence about each whose row in the database can't be read."""
    from ccingest.models.jobs import STATUSES

    if status is not None and status not in STATUSES:
        raise UsageError(
            f"status is {status!r}, but must be one of {', '.join(STATUSES)}.",
            parameter="status",
        )
    return history.readable_history(home.connection, project=project, status=status, limit=limit)


def get_job(home: Home, job_id: str) -> Job:
    """The job whose id begins like this. Raises JobNotFoundError, UsageError when several do."""
    return history.get_job(home.connection, job_id)


def cancel_job(home: Home, job_id: str) -> Job:
    """Cancel a pending job at once, a running one within a second.

    Raises what `get_job` raises, and UsageError when the job has already ended.
    """
    from ccingest.queue import enqueue

    return enqueue.cancel(home.connection, job_id)


def retry_job(home: Home, job_id: str) -> Job:
    """Queue a failed or cancelled job again. Raises what `get_job` raises, and UsageError."""
    from ccingest.queue import enqueue

    return enqueue.retry(home.connection, job_id)


def job_log(home: Home, job_id: str) -> JobLog:
    """The log of a job. Raises what `get_job` raises."""
    from ccingest.models import JobLog
    from ccingest.queue import logs

    job = history.get_job(home.connection, job_id)
    return JobLog(job, tuple(logs.logs(home.connection, job.id)))


def follow_events(
    home: Home,
    *,
    job_id: str | None = None,
    project: str | None = None,
    since: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Event]:
    """Events while they are written, see `queue.events.follow`. `job_id` is a whole id."""
    from ccingest.queue import events

    return events.follow(
        home.settings.database, job_id=job_id, project=project, since=since, stop=stop
    )


def events_after(home: Home, since: int, *, project: str | None = None) -> list[Event]:
    """At most 1,000 events with an id above `since`, in order."""
    from ccingest.queue import events

    return events.events_after(home.connection, since, project=project)


def newest_event(home: Home) -> int:
    """The id of the newest event; 0 when there is none."""
    from ccingest.queue import events

    return events.newest_event(home.connection)


def project_statistics(home: Home, project: str | None) -> list[ProjectStatistics]:
    """Statistics by project name. `project` None means all projects."""
    from ccingest.queue import statistics

    return statistics.statistics(home.connection, project)
