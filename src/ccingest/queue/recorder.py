"""Writing the progress and the log of a running job to SQLite."""

from __future__ import annotations

import logging
import threading
import time

from ccingest.db.dialect import Connection
from ccingest.errors import CancelledError, LeaseLostError, StoreBusyError
from ccingest.models import Job, Phase
from ccingest.progress import (
    FileProgress,
    FilesPlanned,
    Notice,
    PhaseStarted,
    Progress,
    TransferProgress,
)
from ccingest.queue.claim import advance
from ccingest.queue.logs import add_log

_log = logging.getLogger(__name__)

# Seconds between two writes of progress. A job notices within this time that it was cancelled.
# There are fewer events, one per percent and phase: about a hundred for a job of 100,000 files.
WRITE_INTERVAL = 0.2

# The progress, from 0 to 100, at which each phase starts. Embedding takes most of the time.
_STARTS: dict[Phase, int] = {
    "resolve": 0,
    "clone": 1,
    "fetch": 1,
    "diff": 15,
    "chunk": 17,
    "embed": 17,
    "index": 90,
    "commit": 98,
}
_ORDER = tuple(_STARTS)
_FETCH_SPAN = 14
_EMBED_SPAN = 73


class WorkerStoppedError(Exception):
    """The worker was asked to stop, so it hands the job back. The job has not ended by that."""


class JobRecorder:
    """An Emit for one job. Raises CancelledError or LeaseLostError when the job must stop, and
    WorkerStoppedError when `stop` is set.

    While another process locks the database, progress is not written, but the job goes on.
    """

    def __init__(
        self,
        connection: Connection,
        job: Job,
        worker_id: str,
        stop: threading.Event | None = None,
    ) -> None:
        self._connection = connection
        self._job = job
        self._worker_id = worker_id
        self._stop = stop
        self._phase: Phase | None = None
        self._progress = 0
        self._file: str | None = None
        self._next_write = 0.0
        # Set by the heartbeat, from its thread.
        self.lost_lease = False
        self.cancelled = False

    def __call__(self, progress: Progress) -> None:
        match progress:
            case PhaseStarted(phase):
                # Chunking and embedding alternate, but the phase of a job only goes forward.
                if self._phase is None or _ORDER.index(phase) > _ORDER.index(self._phase):
                    self._phase = phase
                    self._progress = max(self._progress, _STARTS[phase])
                    self._next_write = 0.0  # always write the start of a phase
            case TransferProgress(received, total, _):
                share = received / total if total else 0.0
                self._progress = max(self._progress, _STARTS["clone"] + int(_FETCH_SPAN * share))
            case FilesPlanned(files, size):
                self._add_log("info", f"{files:,} files to index, {size:,} bytes")
            case FileProgress() as now:
                share = now.bytes_done / now.bytes_total if now.bytes_total else 1.0
                self._progress = max(self._progress, _STARTS["embed"] + int(_EMBED_SPAN * share))
                self._file = now.current_file
            case Notice(level, message):
                self._add_log(level, message)
        self._write()

    def _write(self) -> None:
        if self._stop and self._stop.is_set():
            raise WorkerStoppedError
        now = time.monotonic()
        if now < self._next_write:
            return
        if self.cancelled:
            raise CancelledError("Cancelled while it ran.")
        if self.lost_lease:
            raise LeaseLostError(f"The job {self._job.id} is not this worker's any more.")
        try:
            advance(
                self._connection,
                self._job,
                self._worker_id,
                phase=self._phase,
                progress=min(self._progress, 99),
                current_file=self._file,
            )
        except StoreBusyError as error:
            _log.info("Progress of the job %s is not written: %s", self._job.id, error.message)
        self._next_write = time.monotonic() + WRITE_INTERVAL

    def _add_log(self, level: str, message: str) -> None:
        try:
            add_log(self._connection, self._job.id, level, message)
        except StoreBusyError as error:
            _log.warning("A line of the job's log is lost: %s (%s)", message, error.message)
