"""Claiming jobs and running them. The caller gives the handler that does the work of a job."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TypeAlias

from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.errors import (
    CancelledError,
    CcingestError,
    LeaseLostError,
    NewerDatabaseError,
    StoreBusyError,
    internal_error,
)
from ccingest.exhausted import is_failure
from ccingest.models import Job, PreparedVersion, Unchanged
from ccingest.progress import Emit
from ccingest.queue import claim
from ccingest.queue.heartbeat import BeatConnection, heartbeat
from ccingest.queue.history import get_job
from ccingest.queue.logs import JobLogs, add_log
from ccingest.queue.publish import complete_unchanged, publish
from ccingest.queue.recorder import JobRecorder, WorkerStoppedError
from ccingest.queue.schedules import enqueue_due

_log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Job, Emit], PreparedVersion | Unchanged]

# Jobs become due and leases run out without a change of the database, so check once a second. Between
# jobs that take less, what else a worker does waits for so long, too.
_DUE_INTERVAL = 1.0
# A job may have taken hours. So its end waits for a locked database, for so many seconds.
_LONGEST_WAIT = 60.0
_LEFT_TO_NEWER = "Handed back: the database is newer than this worker."
_HANDED_BACK = "Handed back: the worker stops."


def run_job(
    connection: Connection,
    database: DatabaseAddress,
    job: Job,
    worker_id: str,
    handler: Handler,
    *,
    stop: threading.Event | None = None,
    lease_seconds: float = claim.LEASE_SECONDS,
) -> Job:
    """Run a claimed job to its end, and return it as it is then.

    It ends as completed, failed or cancelled, or is pending again: for a retry, or because `stop`
    was set. On KeyboardInterrupt it stays claimed, and the caller has to release or cancel it.
    Raises NewerDatabaseError when a newer ccingest has upgraded the database meanwhile; the job is
    pending again. Raises StoreError when its end can't be written; then its lease runs out.
    """
    with closing(BeatConnection(database)) as beats:
        return _run(connection, beats, job, worker_id, handler, stop, lease_seconds)


def _run(
    connection: Connection,
    beats: BeatConnection,
    job: Job,
    worker_id: str,
    handler: Handler,
    stop: threading.Event | None,
    lease_seconds: float,
) -> Job:
    with JobLogs(connection, job):
        recorder = JobRecorder(connection, job, worker_id, stop)
        try:
            with heartbeat(beats, job, worker_id, recorder, lease_seconds):
                result = handler(job, recorder)
                _wait_for_lock(partial(_finish, connection, job, worker_id, result))
        except WorkerStoppedError:
            _end(connection, job, worker_id, claim.release, "info", _HANDED_BACK)
        except NewerDatabaseError:  # workers of the newer version go on with it
            _end(connection, job, worker_id, claim.release, "info", _LEFT_TO_NEWER)
            raise
        except CancelledError as error:
            _end(connection, job, worker_id, claim.mark_cancelled, "info", error.message)
        except CcingestError as error:
            if error.retryable and stop and stop.is_set():  # the signal interrupted a transfer
                _end(connection, job, worker_id, claim.release, "info", _HANDED_BACK)
            else:
                step = partial(claim.fail, error=error)
                _end(connection, job, worker_id, step, "error", error.message)
        except BaseException as error:  # a bug must end the job, not the worker
            if not is_failure(error):
                raise
            step = partial(claim.fail, error=internal_error(error, hint="read_job_log"))
            _end(connection, job, worker_id, step, "error", traceback.format_exc())
    return get_job(connection, job.id)


def work(
    database: DatabaseAddress,
    worker_id: str,
    handler: Handler,
    *,
    drain: bool = False,
    stop: threading.Event | None = None,
    between: Callable[[], None] | None = None,
    after: Callable[[Job], None] | None = None,
    lease_seconds: float = claim.LEASE_SECONDS,
    most_per_host: int = 0,
) -> int:
    """Run jobs until `stop` is set, or with `drain` until none is left; returns how many runs.

    A job that is running when `stop` is set, or on KeyboardInterrupt, is handed back without using
    up a retry. Also queues the jobs of due schedules. `between` is called about once a second while no
    job runs, and before the end of a drain; `after` with each job after its run, unless another worker
    has it by then. `most_per_host` is as for `claim`. Raises StoreError.
    """
    stop = stop or threading.Event()
    done, looks_at = 0, float("-inf")
    with closing(connect(database)) as connection, closing(BeatConnection(database)) as beats:
        watch = connection.changes()
        while not stop.is_set():
            looks = time.monotonic() >= looks_at
            if looks:
                looks_at = time.monotonic() + _DUE_INTERVAL
                if between:
                    between()
                _enqueue_due(connection)
            job = _next_job(connection, worker_id, lease_seconds, most_per_host)
            if job is None:
                looks_at = float("-inf")
                if not looks:
                    continue
                if drain and not _unfinished(connection):
                    break
                watch.wait(_DUE_INTERVAL, stop=stop)
                continue
            try:
                ended = _run(connection, beats, job, worker_id, handler, stop, lease_seconds)
            except KeyboardInterrupt:
                release_quietly(connection, job, worker_id)
                raise
            except StoreBusyError as error:  # its lease runs out, and somebody claims it again
                _log.warning("The end of the job %s is not stored: %s", job.id, error.message)
                continue
            if ended.attempt != job.attempt:  # another worker has it, and tells how it ends
                continue
            if after:
                after(ended)
            done += 1
    return done


def release_quietly(connection: Connection, job: Job, worker_id: str) -> None:
    """After an interrupt: hand the job back, unless it has ended or another worker has it."""
    if connection.in_transaction:
        connection.rollback()
    try:
        claim.release(connection, job, worker_id)
    except LeaseLostError as error:
        _log.info("%s", error.message)


def _finish(
    connection: Connection, job: Job, worker_id: str, result: PreparedVersion | Unchanged
) -> None:
    if isinstance(result, Unchanged):
        complete_unchanged(connection, job, worker_id, result)
    else:
        publish(connection, job, worker_id, result)


def _end(
    connection: Connection,
    job: Job,
    worker_id: str,
    step: Callable[[Connection, Job, str], None],
    level: str,
    line: str,
) -> None:
    """End the job by `step`, unless another worker has it now, and write a line to its log."""
    try:
        _wait_for_lock(partial(step, connection, job, worker_id))
    except LeaseLostError as error:
        _log.info("%s", error.message)
    _add_log(connection, job, level, line)


def _wait_for_lock(step: Callable[[], None]) -> None:
    end = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            return step()
        except StoreBusyError:
            if time.monotonic() > end:
                raise


def _add_log(connection: Connection, job: Job, level: str, message: str) -> None:
    try:
        add_log(connection, job.id, level, message)
    except StoreBusyError:  # the end of the job is written, so only its log lacks a line
        _log.warning("The last line of the job's log is lost: %s", message)


def _enqueue_due(connection: Connection) -> None:
    try:
        enqueue_due(connection)
    except StoreBusyError as error:  # the next round tries again
        _log.info("No due job is queued now: %s", error.message)


def _next_job(
    connection: Connection, worker_id: str, lease_seconds: float, most_per_host: int
) -> Job | None:
    try:
        return claim.claim(
            connection, worker_id, lease_seconds=lease_seconds, most_per_host=most_per_host
        )
    except StoreBusyError as error:  # the next round tries again
        _log.info("No job is claimed now: %s", error.message)
        return None


def _unfinished(connection: Connection) -> bool:
    """Whether a job is pending, or is running in a worker that may hand it back."""
    try:
        found = connection.execute(
            "SELECT 1 FROM jobs WHERE status IN ('pending', 'in_progress') LIMIT 1"
        ).fetchone()
    except StoreBusyError as error:  # the next round looks again
        _log.info("What is left to do is not known: %s", error.message)
        return True
    return found is not None
