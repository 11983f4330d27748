"""Claims jobs and runs them. What running means is the handler's, injected by the caller."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ccingest.db.connection import ChangeWatch, connect
from ccingest.errors import (
    CancelledError,
    CcingestError,
    LeaseLostError,
    StoreBusyError,
)
from ccingest.models import Job, PreparedVersion, Unchanged
from ccingest.progress import Emit
from ccingest.queue import claim
from ccingest.queue.heartbeat import heartbeat
from ccingest.queue.history import get_job
from ccingest.queue.logs import JobLogs, add_log
from ccingest.queue.publish import complete_unchanged, publish
from ccingest.queue.recorder import JobRecorder, WorkerStoppedError
from ccingest.queue.schedules import enqueue_due

_log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Job, Emit], PreparedVersion | Unchanged]

# Jobs become due, and leases run out, by time as well, without a change of the file.
_DUE_INTERVAL = 1.0
# Seconds for which the end of a job, hours of work perhaps, waits for a locked database.
_LONGEST_WAIT = 60.0
_HANDED_BACK = "Handed back: the worker stops."


def run_job(
    connection: sqlite3.Connection,
    path: Path,
    job: Job,
    worker_id: str,
    handler: Handler,
    *,
    stop: threading.Event | None = None,
    lease_seconds: float = claim.LEASE_SECONDS,
) -> Job:
    """Run a claimed job to its end, and return it as it is then.

    It ends completed, failed, cancelled, or pending again: for a retry, or because `stop` was set.
    On KeyboardInterrupt the job stays claimed: the caller releases or cancels it. Raises
    StoreError when the end of the job can't be written; then its lease runs out.
    """
    with JobLogs(connection, job):
        recorder = JobRecorder(connection, job, worker_id, stop)
        try:
            with heartbeat(path, job, worker_id, recorder, lease_seconds):
                result = handler(job, recorder)
                _wait_for_lock(partial(_finish, connection, job, worker_id, result))
        except WorkerStoppedError:
            _end(connection, job, worker_id, claim.release, "info", _HANDED_BACK)
        except CancelledError as error:
            _end(connection, job, worker_id, claim.mark_cancelled, "info", error.message)
        except CcingestError as error:
            if error.retryable and stop and stop.is_set():  # the signal broke off a transfer
                _end(connection, job, worker_id, claim.release, "info", _HANDED_BACK)
            else:
                step = partial(claim.fail, error=error)
                _end(connection, job, worker_id, step, "error", error.message)
        except Exception as error:  # noqa: BLE001 - a bug must end as a failed job, not as a dead worker
            step = partial(claim.fail, error=_internal(error))
            _end(connection, job, worker_id, step, "error", traceback.format_exc())
        else:
            _add_log(connection, job, "info", result.message)
    return get_job(connection, job.id)


def work(
    path: Path,
    worker_id: str,
    handler: Handler,
    *,
    drain: bool = False,
    stop: threading.Event | None = None,
    before_claim: Callable[[], None] | None = None,
    after: Callable[[Job], None] | None = None,
    lease_seconds: float = claim.LEASE_SECONDS,
) -> int:
    """Run jobs until `stop` is set, or with `drain` until none is left; returns how many runs.

    A job that is running when `stop` is set, or on KeyboardInterrupt, is handed back at no cost.
    Schedules that are due are queued on the way. `before_claim` is called before each look for a
    job, about once a second, `after` with each job as it is after its run. Raises StoreError.
    """
    stop = stop or threading.Event()
    done = 0
    with closing(connect(path)) as connection:
        watch = ChangeWatch(connection)
        while not stop.is_set():
            if before_claim:
                before_claim()
            job = _next_job(connection, worker_id, lease_seconds)
            if job is None:
                if drain and not _unfinished(connection):
                    break
                watch.wait(_DUE_INTERVAL, stop=stop)
                continue
            try:
                ended = run_job(
                    connection,
                    path,
                    job,
                    worker_id,
                    handler,
                    stop=stop,
                    lease_seconds=lease_seconds,
                )
            except KeyboardInterrupt:
                release_quietly(connection, job, worker_id)
                raise
            if after:
                after(ended)
            done += 1
    return done


def release_quietly(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """After an interrupt: hand the job back unless it has ended or gone to another worker."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    with suppress(LeaseLostError):
        claim.release(connection, job, worker_id)


def _finish(
    connection: sqlite3.Connection, job: Job, worker_id: str, result: PreparedVersion | Unchanged
) -> None:
    if isinstance(result, Unchanged):
        complete_unchanged(connection, job, worker_id, result)
    else:
        publish(connection, job, worker_id, result)


def _end(
    connection: sqlite3.Connection,
    job: Job,
    worker_id: str,
    step: Callable[[sqlite3.Connection, Job, str], None],
    level: str,
    line: str,
) -> None:
    """Take the job to where `step` takes it; one that is another worker's by now is left alone."""
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


def _add_log(connection: sqlite3.Connection, job: Job, level: str, message: str) -> None:
    try:
        add_log(connection, job.id, level, message)
    except StoreBusyError:  # the end of the job is written; a line about it may be missed
        _log.warning("The last line of the job's log is lost: %s", message)


def _internal(error: Exception) -> CcingestError:
    first_line = (str(error).splitlines() or [""])[0][:300]
    return CcingestError(
        f"Internal error, {type(error).__name__}: {first_line}.", hint="read_job_log"
    )


def _next_job(connection: sqlite3.Connection, worker_id: str, lease_seconds: float) -> Job | None:
    try:
        enqueue_due(connection)
        return claim.claim(connection, worker_id, lease_seconds=lease_seconds)
    except StoreBusyError as error:  # a lock passes; who waits for jobs can wait for it
        _log.info("No job is claimed now: %s", error.message)
        return None


def _unfinished(connection: sqlite3.Connection) -> bool:
    """Whether a job is pending, or running in a worker that may yet hand it back."""
    found = connection.execute(
        "SELECT 1 FROM jobs WHERE status IN ('pending', 'in_progress') LIMIT 1"
    ).fetchone()
    return found is not None
