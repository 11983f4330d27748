"""Jobs that this process runs beside other work, one after the other."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing

from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker, enqueue_requests
from ccingest.db.connection import connect
from ccingest.errors import CcingestError, UsageError
from ccingest.models import Enqueued, Job, JobRequest
from ccingest.queue import enqueue

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 4.0  # that a running job has to stop by itself


class BackgroundJobs:
    """Runs jobs in one thread, in the order in which they were queued."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None
        self._running: dict[str, Future[None]] = {}
        self._created: list[str] = []

    def start(self, request: JobRequest) -> Job:
        """Queue a job, and run it as soon as those before it have ended. Returns it at once.

        When the same job is queued already, that one is returned, and run if nobody else does.
        """
        (queued,) = enqueue_requests(self._home, [request])
        job_id = queued.job.id
        with self._lock:
            if queued.created:
                self._created.append(job_id)
            if job_id not in self._running or self._running[job_id].done():
                if self._executor is None:
                    self._executor = ThreadPoolExecutor(1, "ccingest-jobs")
                self._running[job_id] = self._executor.submit(self._run, queued)
        return queued.job

    def stop(self) -> None:
        """Cancel the jobs that were queued here, and wait a little for the running one."""
        with self._lock:
            executor, running = self._executor, list(self._running.values())
        if executor is None:
            return
        self._stop.set()
        executor.shutdown(wait=False, cancel_futures=True)
        wait([one for one in running if not one.cancelled()], timeout=_GRACE_SECONDS)
        with closing(connect(self._home.settings.database)) as connection:
            for job_id in self._created:
                try:
                    enqueue.cancel(connection, job_id)
                except UsageError:  # it has ended
                    continue

    def _run(self, queued: Enqueued) -> None:
        try:
            with ForegroundWorker(self._home, self._stop) as worker:
                worker.run([queued])
        except CcingestError as error:  # which the job itself can't record
            _log.warning("The job %s was given up: %s", queued.job.id, error.message)
        except KeyboardInterrupt:  # `stop` was called
            _log.info("The job %s was stopped.", queued.job.id)
