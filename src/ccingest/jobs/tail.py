"""Job events as they are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ccingest.jobs.database import connect
from ccingest.jobs.lookup import events_after, get_job, newest_event
from ccingest.jobs.queue import reclaim_expired
from ccingest.jobs.records import JobEvent
from ccingest.jobs.worker import ChangeWatch

_POLL = 0.04  # seconds: an event reaches its reader within 150 ms, at under 1 % of a core
_RECLAIM_INTERVAL = 1.0  # seconds


def follow(
    path: Path, *, job_id: str | None = None, project: str | None = None, since: int | None = None
) -> Iterator[JobEvent]:
    """Every event from `since` on, each once, in order, for ever.

    With `job_id` the job's first event is the first, unless `since` says otherwise, and the one
    that ends the job is the last. A job whose worker died is given back, or failed, by the
    follower, so that its end is seen. Raises JobNotFoundError.
    """
    with closing(connect(path)) as connection:
        last = since if since is not None else 0 if job_id else newest_event(connection)
        watch = ChangeWatch(connection)
        while True:
            for event in events_after(connection, last, job_id=job_id, project=project):
                last = event.id
                yield event
            if job_id and _ended(connection, job_id, last):
                return
            reclaim_expired(connection)
            if not events_after(connection, last, job_id=job_id, project=project, limit=1):
                watch.wait(_RECLAIM_INTERVAL, poll=_POLL)


def _ended(connection: sqlite3.Connection, job_id: str, last: int) -> bool:
    """Whether the job has ended and all of its events have been given."""
    if not get_job(connection, job_id).ended:
        return False
    return not events_after(connection, last, job_id=job_id, limit=1)
