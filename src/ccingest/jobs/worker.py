"""Claims jobs and runs them. What running means is the handler's, injected by the caller."""

from __future__ import annotations

import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ccingest.errors import (
    CancelledError,
    CcingestError,
    LeaseLostError,
    StoreBusyError,
)
from ccingest.events import Emit
from ccingest.jobs import queue
from ccingest.jobs.database import connect
from ccingest.jobs.datasets import publish
from ccingest.jobs.heartbeat import heartbeat
from ccingest.jobs.lookup import get_job
from ccingest.jobs.recorder import JobRecorder, WorkerStoppedError
from ccingest.jobs.records import Job
from ccingest.jobs.schedule import enqueue_due
from ccingest.records import JobResult, Unchanged

Handler: TypeAlias = Callable[[Job, Emit], JobResult | Unchanged]

# Seconds between two looks for a new job. A look at `data_version` costs microseconds.
POLL_INTERVAL = 0.1
# Jobs become due, and leases run out, by time as well, without a change of the file.
_DUE_INTERVAL = 1.0
# Seconds for which the end of a job, hours of work perhaps, waits for a locked database.
_PATIENCE = 60.0


def run_job(
    connection: sqlite3.Connection,
    path: Path,
    job: Job,
    worker_id: str,
    handler: Handler,
    *,
    stop: threading.Event | None = None,
    lease_seconds: float = queue.LEASE_SECONDS,
) -> Job:
    """Run a claimed job to its end, and return it as it is then.

    It ends completed, failed, cancelled, or pending again: for a retry, or because `stop` was set.
    On KeyboardInterrupt the job stays claimed: the caller releases or cancels it. Raises
    StoreError when the end of the job can't be written; then its lease runs out.
    """
    recorder = JobRecorder(connection, job, worker_id, stop)
    level, line = "info", ""
    try:
        with heartbeat(path, job, worker_id, recorder, lease_seconds):
            result = handler(job, recorder)
            _patiently(partial(_finish, connection, job, worker_id, result))
    except WorkerStoppedError:
        line, step = "Handed back: the worker stops.", partial(queue.release, connection)
    except CancelledError as error:
        line, step = error.message, partial(queue.mark_cancelled, connection)
    except CcingestError as error:
        if (
            error.retryable and stop and stop.is_set()
        ):  # a signal breaks off what waits for a server
            line, step = "Handed back: the worker stops.", partial(queue.release, connection)
        else:
            level, line, step = "error", error.message, partial(queue.fail, connection, error=error)
    except Exception as error:  # noqa: BLE001 - a bug must end as a failed job, not as a dead worker
        level, line = "error", traceback.format_exc()
        step = partial(queue.fail, connection, error=_internal(error))
    else:
        _log(connection, job, level, result.message)
        return get_job(connection, job.id)
    with suppress(LeaseLostError):  # the job is another worker's: it is left alone
        _patiently(partial(step, job, worker_id))
    _log(connection, job, level, line)
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
    lease_seconds: float = queue.LEASE_SECONDS,
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
        queue.release(connection, job, worker_id)


class ChangeWatch:
    """Waits for another connection to change the database, at the cost of a look at a counter."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._seen = self._version()

    def wait(
        self, seconds: float, *, poll: float = POLL_INTERVAL, stop: threading.Event | None = None
    ) -> None:
        """Returns at the first change since the last call, on `stop`, or after `seconds`."""
        pause = stop or threading.Event()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self._version()
            if found != self._seen:
                self._seen = found
                return
            if pause.wait(poll):
                return

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


def _finish(
    connection: sqlite3.Connection, job: Job, worker_id: str, result: JobResult | Unchanged
) -> None:
    if isinstance(result, Unchanged):
        queue.complete_unchanged(connection, job, worker_id, result)
    else:
        publish(connection, job, worker_id, result)


def _patiently(step: Callable[[], None]) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return step()
        except StoreBusyError:
            if time.monotonic() > end:
                raise


def _log(connection: sqlite3.Connection, job: Job, level: str, message: str) -> None:
    with suppress(StoreBusyError):  # the end of the job is written; a line about it may be missed
        queue.add_log(connection, job.id, level, message)


def _internal(error: Exception) -> CcingestError:
    first_line = (str(error).splitlines() or [""])[0][:300]
    return CcingestError(
        f"Internal error, {type(error).__name__}: {first_line}; `ccingest logs` has the details."
    )


def _next_job(connection: sqlite3.Connection, worker_id: str, lease_seconds: float) -> Job | None:
    with suppress(StoreBusyError):  # a lock passes; a worker that waits for jobs can wait for it
        enqueue_due(connection)
        return queue.claim(connection, worker_id, lease_seconds=lease_seconds)
    return None


def _unfinished(connection: sqlite3.Connection) -> bool:
    """Whether a job is pending, or running in a worker that may yet hand it back."""
    found = connection.execute(
        "SELECT 1 FROM jobs WHERE status IN ('pending', 'in_progress') LIMIT 1"
    ).fetchone()
    return found is not None
