"""Reading the events of jobs, and following them while they are written."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing

from ccingest.database_address import DatabaseAddress
from ccingest.db.checked import Columns, time_of
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.errors import ConnectionLostError, StoreError
from ccingest.models import Event
from ccingest.queue.claim import reclaim_lost
from ccingest.queue.history import get_job

_log = logging.getLogger(__name__)

_POLL = 0.05  # seconds; an event reaches its reader within 150 ms, for 1 % of a core
_RECLAIM_INTERVAL = 1.0  # seconds
_EVENTS = """
SELECT e.id, e.job_id, json_extract(j.source, '$.kind') AS source_kind, p.name AS project,
    j.dataset_name AS dataset, e.at, e.status, e.progress, e.phase, e.current_file, e.error, e.message
FROM job_events e JOIN jobs j ON j.id = e.job_id JOIN projects p ON p.id = j.project_id
"""
_COLUMNS = Columns.of("job_events", Event)


def events_after(
    connection: Connection,
    since: int,
    *,
    job_id: str | None = None,
    project: str | None = None,
    limit: int = 1000,
) -> list[Event]:
    """Events with an id above `since`, in order."""
    rows = connection.execute(
        _EVENTS
        + """WHERE e.id > :since AND (:job IS NULL OR e.job_id = :job)
        AND (:project IS NULL OR p.name = :project) ORDER BY e.id LIMIT :limit""",
        {"since": since, "job": job_id, "project": project, "limit": limit},
    ).fetchall()
    return [Event(**{**dict(row), "at": time_of(row["at"])}) for row in _COLUMNS.checked(rows)]


def newest_event(connection: Connection) -> int:
    """The id of the newest event; 0 when there is none."""
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM job_events").fetchone()[0])


def follow(
    database: DatabaseAddress,
    *,
    job_id: str | None = None,
    project: str | None = None,
    since: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Event]:
    """Every event with an id above `since`, each once, in order, until `stop` is set.

    With `job_id`, only the events of that job, and the last is the one that ends it. Without `since`
    the events begin with the job's first, or with the next one if no job is given. Hands back the
    jobs of dead workers, so that their events appear as well. Raises JobNotFoundError.
    """
    with closing(connect(database)) as connection:
        job = get_job(connection, job_id).id if job_id else None
        last = since if since is not None else 0 if job else newest_event(connection)
        watch = connection.changes()
        while not (stop and stop.is_set()):
            try:
                # Read before the events: if the job has ended here, its last event is among them.
                has_ended = job is not None and get_job(connection, job).ended
                events = events_after(connection, last, job_id=job, project=project)
            except ConnectionLostError as error:  # it goes on where it was
                _log.warning("Events can't be read now: %s", error.message)
                continue
            for event in events:
                last = event.id
                yield event
            if events:
                continue
            if has_ended:
                return
            if not _reclaim(connection):
                watch.wait(_RECLAIM_INTERVAL, poll=_POLL, stop=stop)


def _reclaim(connection: Connection) -> int:
    try:
        return reclaim_lost(connection)
    except StoreError as error:  # such as a full disk; following only reads, and tries again later
        _log.info("Jobs of dead workers are not handed back now: %s", error.message)
        return 0
