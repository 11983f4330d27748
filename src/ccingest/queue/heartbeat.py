"""A thread beside a running job that renews its lease, and cancels it when somebody asks for that.

It can cancel a job that reports no progress: one that builds an index, or waits for a silent server.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.errors import LeaseLostError, StoreError
from ccingest.models import Job
from ccingest.queue import claim
from ccingest.queue.recorder import JobRecorder

_log = logging.getLogger(__name__)

_CHECK_INTERVAL = 0.2  # seconds
# A job that reports progress notices a cancellation within this time, and stops by itself.
_GRACE_SECONDS = 0.5


class BeatConnection:
    """The connection of heartbeats, of one job after the other. It is opened when it is needed: most
    jobs have ended before."""

    def __init__(self, database: DatabaseAddress) -> None:
        self._database = database
        self._opened: Connection | None = None

    def get(self) -> Connection:
        """Raises StoreError."""
        if self._opened is None:
            self._opened = connect(self._database, check_same_thread=False)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened = None


@contextmanager
def heartbeat(
    beats: BeatConnection, job: Job, worker_id: str, recorder: JobRecorder, lease_seconds: float
) -> Iterator[None]:
    """While the body runs, a thread with a connection of its own keeps the job's lease."""
    stop = threading.Event()
    beat = _Heartbeat(job, worker_id, recorder, lease_seconds)
    name = f"heartbeat of {job.id}"
    thread = threading.Thread(
        target=_keep_beating, args=(beat, beats, stop), name=name, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep_beating(beat: _Heartbeat, beats: BeatConnection, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            beat.run(beats, stop)
            return
        except StoreError as error:
            # A lock or a full disk may be over before the lease runs out.
            _log.warning("The lease can't be renewed now: %s", error.message)
            beats.close()
            stop.wait(1.0)


class _Heartbeat:
    def __init__(
        self, job: Job, worker_id: str, recorder: JobRecorder, lease_seconds: float
    ) -> None:
        self._job = job
        self._worker_id = worker_id
        self._recorder = recorder
        self._lease_seconds = lease_seconds
        self._cancel_at: float | None = None

    def run(self, beats: BeatConnection, stop: threading.Event) -> None:
        """Renew the lease until `stop` is set, or until the job is not this worker's any more."""
        while not stop.wait(min(_CHECK_INTERVAL, self._lease_seconds / 3)):
            connection = beats.get()
            state = claim.state_of_lease(
                connection, self._job, self._worker_id, self._lease_seconds
            )
            if state is None or (state.is_due and not self._renew(connection)):
                self._recorder.lost_lease = True
                return
            if state.cancel_requested and self._cancel(connection):
                return

    def _renew(self, connection: Connection) -> bool:
        return claim.renew_lease(connection, self._job, self._worker_id, self._lease_seconds)

    def _cancel(self, connection: Connection) -> bool:
        """Cancel the job, after a while in which it may stop by itself. Returns whether it has ended."""
        now = time.monotonic()
        self._cancel_at = self._cancel_at or now + _GRACE_SECONDS
        if now < self._cancel_at:
            return False
        try:
            claim.mark_cancelled(connection, self._job, self._worker_id)
        except LeaseLostError:  # it has just ended, and its worker has logged how
            return True
        self._recorder.cancelled = True
        return True
