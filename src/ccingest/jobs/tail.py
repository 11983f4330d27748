"""Job events as they are written."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from ccingest.errors import StoreBusyError
from ccingest.jobs.database import connect
from ccingest.jobs.lookup import events_after, get_job, newest_event
from ccingest.jobs.queue import reclaim_lost
from ccingest.jobs.records import JobEvent
from ccingest.jobs.worker import ChangeWatch

_POLL = 0.05  # seconds: an event reaches its reader within 150 ms, at 1 % of a core
_RECLAIM_INTERVAL = 1.0  # seconds


def follow(
    path: Path,
    *,
    job_id: str | None = None,
    project: str | None = None,
    since: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[JobEvent]:
    """Every event with an id above `since`, each once, in order, until `stop` is set.

    Without `since`: all events of the job `job_id` from its first, or else what comes from now on.
    With `job_id` the event that ends the job is the last. A job whose worker died is given back,
    or failed, by the follower, so that its end is seen. Raises JobNotFoundError.
    """
    with closing(connect(path)) as connection:
        job = get_job(connection, job_id).id if job_id else None
        last = since if since is not None else 0 if job else newest_event(connection)
        watch = ChangeWatch(connection)
        while not (stop and stop.is_set()):
            # Looked at first: events written after this look are read after it too.
            over = job is not None and get_job(connection, job).ended
            events = events_after(connection, last, job_id=job, project=project)
            for event in events:
                last = event.id
                yield event
            if events:
                continue
            if over:
                return
            if not _reclaim(connection):
                watch.wait(_RECLAIM_INTERVAL, poll=_POLL, stop=stop)


def _reclaim(connection: sqlite3.Connection) -> int:
    with suppress(StoreBusyError):  # who reads needs no lock; the next round tries again
        return reclaim_lost(connection)
    return 0
