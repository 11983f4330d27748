"""Claims jobs and runs them. What running means is the handler's, injected by the caller."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ccingest.errors import CancelledError, CcingestError, LeaseLostError, StoreError
from ccingest.events import Emit
from ccingest.jobs import queue
from ccingest.jobs.database import connect
from ccingest.jobs.datasets import publish
from ccingest.jobs.lookup import get_job
from ccingest.jobs.recorder import JobRecorder
from ccingest.jobs.records import Job
from ccingest.records import JobResult, Unchanged

Handler = Callable[[Job, Emit], JobResult | Unchanged]

# Seconds between two looks for a new job. A look at `data_version` costs microseconds.
POLL_INTERVAL = 0.1
# Jobs become due by time as well, without a change of the file.
_DUE_INTERVAL = 1.0


def run_job(
    connection: sqlite3.Connection,
    path: Path,
    job: Job,
    worker_id: str,
    handler: Handler,
    *,
    lease_seconds: float = queue.LEASE_SECONDS,
) -> Job:
    """Run a claimed job to its end, and return it as it is then.

    It ends completed, failed, cancelled, or pending again for a retry. On KeyboardInterrupt the
    job stays claimed: the caller decides whether to release or to cancel it.
    """
    recorder = JobRecorder(connection, job, worker_id)
    try:
        with _heartbeat(path, job, worker_id, recorder, lease_seconds):
            result = handler(job, recorder)
        _finish(connection, job, worker_id, result)
    except CancelledError:
        _log(connection, job, "info", "Cancelled.")
        queue.mark_cancelled(connection, job, worker_id)
    except LeaseLostError as error:
        _log(connection, job, "warning", error.message)
    except CcingestError as error:
        _fail(connection, job, worker_id, error)
    except Exception as error:  # noqa: BLE001 - a bug must end as a failed job, not as a dead worker
        kind = type(error).__name__
        first_line = (str(error).splitlines() or [""])[0][:300]
        _fail(connection, job, worker_id, CcingestError(f"Internal error, {kind}: {first_line}"))
    return get_job(connection, job.id)


def work(
    path: Path,
    worker_id: str,
    handler: Handler,
    *,
    drain: bool = False,
    after: Callable[[Job], None] | None = None,
    lease_seconds: float = queue.LEASE_SECONDS,
) -> int:
    """Run jobs until KeyboardInterrupt, or with `drain` until none is left; returns how many.

    A job that is running then is handed back at no cost. `after` is called with each ended job.
    """
    done = 0
    with closing(connect(path)) as connection:
        watch = ChangeWatch(connection)
        while True:
            job = queue.claim(connection, worker_id, lease_seconds=lease_seconds)
            if job is None:
                if drain and not _unfinished(connection):
                    return done
                watch.wait(_DUE_INTERVAL)
                continue
            try:
                ended = run_job(
                    connection, path, job, worker_id, handler, lease_seconds=lease_seconds
                )
            except KeyboardInterrupt:
                release_quietly(connection, job, worker_id)
                raise
            if after:
                after(ended)
            done += 1


def release_quietly(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """Hand a job back unless it has ended or gone to another worker meanwhile."""
    if connection.in_transaction:
        connection.rollback()
    try:
        queue.release(connection, job, worker_id)
    except LeaseLostError:
        return


class ChangeWatch:
    """Waits for another connection to change the database, at the cost of a look at a counter."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._seen = self._version()

    def wait(self, seconds: float, *, poll: float = POLL_INTERVAL) -> None:
        """Returns at the next change, or after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self._version()
            if found != self._seen:
                self._seen = found
                return
            time.sleep(poll)

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


def _finish(
    connection: sqlite3.Connection, job: Job, worker_id: str, result: JobResult | Unchanged
) -> None:
    if isinstance(result, Unchanged):
        queue.complete_unchanged(connection, job, worker_id, result)
    else:
        publish(connection, job, worker_id, result)
    _log(connection, job, "info", result.message)


def _fail(connection: sqlite3.Connection, job: Job, worker_id: str, error: CcingestError) -> None:
    _log(connection, job, "error", error.message)
    try:
        queue.fail(connection, job, worker_id, error)
    except LeaseLostError as lost:
        _log(connection, job, "warning", lost.message)


def _log(connection: sqlite3.Connection, job: Job, level: str, message: str) -> None:
    queue.add_log(connection, job.id, level, message)


def _unfinished(connection: sqlite3.Connection) -> bool:
    """Whether a job is pending, or running in a worker that may yet hand it back."""
    found = connection.execute(
        "SELECT 1 FROM jobs WHERE status IN ('pending', 'in_progress') LIMIT 1"
    ).fetchone()
    return found is not None


@contextmanager
def _heartbeat(
    path: Path, job: Job, worker_id: str, recorder: JobRecorder, lease_seconds: float
) -> Iterator[None]:
    """Renews the lease from a thread of its own while the body runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(lease_seconds / 3):
            try:
                with closing(connect(path)) as connection:
                    if not queue.renew_lease(connection, job, worker_id, lease_seconds):
                        recorder.lost_lease = True
                        return
            except StoreError:
                continue  # a lock or a full disk may pass before the lease runs out

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
