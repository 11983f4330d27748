"""Running all queued jobs, in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

from ccingest.app.home import Home
from ccingest.app.ingest import IngestHandler
from ccingest.app.maintenance import clean_up, prune_tables, remove_leftovers
from ccingest.app.shards import merge_shards
from ccingest.db.connection import connect
from ccingest.errors import StoreBusyError, StoreError
from ccingest.models import CleanupSummary, Job, PreparedVersion, Unchanged, WorkerSummary
from ccingest.progress import Emit, JobEnded, JobStarted, discard
from ccingest.queue import claim
from ccingest.queue.liveness import new_worker_id, registered
from ccingest.queue.retention import begin_if_due
from ccingest.queue.worker import work

_log = logging.getLogger(__name__)

_CLEANUP_HOURS = 24
# Other machines publish, too. The one that merges shards looks so often, also when it has no job.
_MERGE_EVERY = 30.0  # seconds


class Worker:
    """Claims and runs jobs.

    `on_job` is called with each job after its run, `on_cleanup` with what the daily clean-up removed,
    `on_idle` about once a second while no job runs. `view` gets the progress of the jobs.

    What a job leaves is removed, and shards are merged, between jobs and about once a second.
    """

    def __init__(
        self,
        home: Home,
        *,
        stop: threading.Event | None = None,
        on_job: Callable[[Job], None] | None = None,
        on_cleanup: Callable[[CleanupSummary], None] | None = None,
        on_idle: Callable[[], None] | None = None,
        view: Emit = discard,
    ) -> None:
        self._home = home
        self._stop = stop or threading.Event()
        self._on_job = on_job
        self._on_cleanup = on_cleanup
        self._on_idle = on_idle
        self._view = view
        self._worker_id = new_worker_id()
        self._counts: Counter[str] = Counter()
        self._is_tidy = True
        self._merges_at = time.monotonic() + _MERGE_EVERY

    def run(self, *, drain: bool = False) -> WorkerSummary:
        """Run jobs until `stop` is set, or with `drain` until no job is pending or running.

        A job that is running when `stop` is set is handed back, without using up a retry. Raises
        StoreError.
        """
        home = self._home
        with registered(home.connection, self._worker_id):
            remove_leftovers(home)
            work(
                home.settings.database,
                self._worker_id,
                self._handle,
                drain=drain,
                stop=self._stop,
                between=self._between,
                after=self._after_job,
                most_per_host=home.settings.clones_per_host,
            )
            if home.remote and drain and not self._stop.is_set():
                merge_shards(home, patience=0)
        return WorkerSummary(dict(self._counts), was_stopped=self._stop.is_set())

    def hand_back(self) -> None:
        """Hand back the running job before the process ends. Any thread may call this."""
        with closing(connect(self._home.settings.database)) as connection:
            claim.release_all(connection, self._worker_id)

    def _handle(self, job: Job, record: Emit) -> PreparedVersion | Unchanged:
        self._view(JobStarted(job, 1, 1))
        return IngestHandler(self._home, self._view)(job, record)

    def _between(self) -> None:
        self._tidy_up()
        self._clean_up_if_due()
        if self._on_idle:
            self._on_idle()

    def _after_job(self, job: Job) -> None:
        self._counts[job.status] += 1
        self._view(JobEnded(job, 1, 1))
        if self._on_job:
            self._on_job(job)
        self._is_tidy = False

    def _tidy_up(self) -> None:
        now = time.monotonic()
        if self._is_tidy and not (self._home.remote and now >= self._merges_at):
            return
        self._merges_at = now + _MERGE_EVERY
        try:
            remove_leftovers(self._home)
            prune_tables(self._home)
            self._is_tidy = not merge_shards(self._home, steps=1)
        except StoreBusyError as error:  # it is done between the next jobs
            _log.warning("Leftovers stay for now: %s", error.message)

    def _clean_up_if_due(self) -> None:
        home = self._home
        try:
            if begin_if_due(home.connection, "cleanup", _CLEANUP_HOURS):
                done = clean_up(home, home.settings.history_days)
                if self._on_cleanup:
                    self._on_cleanup(done)
        except StoreError as error:  # jobs go on, and the next clean-up tries again
            _log.warning("The clean-up failed: %s", error.message)
