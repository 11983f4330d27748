"""Running jobs in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.app.maintenance import prune_table_of, remove_leftovers
from ccingest.app.shards import MOST_AFTER_INGEST, merge_shards
from ccingest.app.templates import templates_for
from ccingest.db.catalog import find_dataset
from ccingest.db.connection import connect
from ccingest.db.manifests import manifest
from ccingest.errors import UsageError
from ccingest.models import (
    Dataset,
    Enqueued,
    Job,
    JobRequest,
    ManifestFile,
    PreparedVersion,
    Unchanged,
)
from ccingest.models.sources import short_branch
from ccingest.progress import Emit, JobEnded, JobStarted, Notice, Progress, Retrying, discard
from ccingest.queue import claim, enqueue
from ccingest.queue.history import get_job
from ccingest.queue.liveness import new_worker_id, registered
from ccingest.queue.worker import run_job

if TYPE_CHECKING:
    from ccingest.pipeline.request import IngestRequest

_log = logging.getLogger(__name__)

_CLAIM_INTERVAL = 0.2  # seconds
_TIMES_AS_LONG = 10  # as the last tidying up, before the next


@dataclass(frozen=True, slots=True)
class IngestHandler:
    """Runs the ingest of a job, for a worker. Sends its progress to `view` as well."""

    home: Home
    view: Emit = discard

    def __call__(self, job: Job, record: Emit) -> PreparedVersion | Unchanged:
        connection = self.home.connection
        base = find_dataset(connection, job.project, job.dataset)
        emit = _EmitToBoth(record, self.view)
        like = [base] if base else []
        if job.options.bundle:
            from ccingest.app.pulling import pulled_version

            made = pulled_version(self.home, job, base, emit)
        else:
            files = manifest(connection, base.dataset_id) if base else {}
            request = self._request(job, base, files)
            like += [template.dataset for template in request.templates]
            made = self._ingested(job, request, emit)
        remote = self.home.remote
        if remote and isinstance(made, PreparedVersion):
            remote.keep(connection, made, [one.table_name for one in like], emit)
        return made

    def _ingested(
        self, job: Job, request: IngestRequest, emit: Emit
    ) -> PreparedVersion | Unchanged:
        from ccingest.pipeline.ingest import ingest
        from ccingest.sources import open_source

        settings = self.home.settings
        source = open_source(job.source, settings, job.options)
        return ingest(source, request, settings, emit, store=self.home.open_store())

    def _request(
        self, job: Job, base: Dataset | None, files: Mapping[str, ManifestFile]
    ) -> IngestRequest:
        from ccingest.pipeline.request import IngestRequest

        settings = self.home.settings
        # The crawl of a site has chosen its pages by their addresses.
        is_crawl = job.source.kind == "web"
        options = replace(job.options, include=(), exclude=()) if is_crawl else job.options
        return IngestRequest(
            new_table=job.table_name,
            branch=_branch_of(job, base),
            revision=job.wanted_revision,
            options=options,
            base=base,
            manifest=files,
            templates=templates_for(self.home.connection, settings, job, options, base),
            isolate_parsing=job.crash_count > 0,
            copies_base=self.home.remote is not None,
        )


def _branch_of(job: Job, base: Dataset | None) -> str | None:
    """What the job asks for. A dataset that was made of a tag stays on it, also when there is a
    branch of the same name later; to leave it, the branch is asked for by its full name."""
    held = base.wanted_branch if base else None
    return held if held and short_branch(held) == job.branch else job.branch


@dataclass(frozen=True, slots=True)
class _EmitToBoth:
    """An Emit that passes progress on to two others. The first may raise, to stop the job."""

    first: Emit
    second: Emit

    def __call__(self, progress: Progress) -> None:
        self.first(progress)
        self.second(progress)


class ForegroundWorker:
    """Runs the jobs that its caller has queued, and waits for those that another worker runs.

    A context manager: as long as the context lasts, other processes see that this worker is alive.
    """

    def __init__(self, home: Home, stop: threading.Event | None = None) -> None:
        self._home = home
        self._stop = stop or threading.Event()
        self._worker_id = new_worker_id()
        self._registered = registered(home.connection, self._worker_id)
        self._created: list[str] = []
        self._tidies_at = 0.0

    def __enter__(self) -> ForegroundWorker:
        self._registered.__enter__()
        remove_leftovers(self._home)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._registered.__exit__(kind, error, trace)

    def run(self, queued: Sequence[Enqueued], emit: Emit = discard) -> list[Job]:
        """Run the jobs one after the other; returns them in the given order when all have ended.

        A job that is retried later, or that another worker runs, does not hold up the others. When
        `stop` is set, or on Ctrl-C, cancels the jobs that were queued for this call, and raises
        KeyboardInterrupt.
        """
        self._created = [one.job.id for one in queued if one.created]
        jobs = {one.job.id for one in queued}
        ended: dict[str, Job] = {}
        try:
            for is_last_round in (False, True) if len(queued) > 1 else (True,):
                for number, one in enumerate(queued, start=1):
                    if one.job.id in ended:
                        continue
                    emit(JobStarted(one.job, number, len(queued)))
                    job = self._run_one(one, emit, until_ended=is_last_round)
                    emit(JobEnded(job, number, len(queued)))
                    if job.ended:
                        ended[job.id] = job
                        prune_table_of(self._home, job.project, job.dataset)
                        self._tidy_up(is_last=len(ended) == len(jobs))
        except KeyboardInterrupt:
            self.cancel()
            raise
        return [ended[one.job.id] for one in queued]

    def _tidy_up(self, *, is_last: bool) -> None:
        """Not after each of many jobs: beside thousands of datasets it takes longer than a small job."""
        start = time.monotonic()
        if not is_last and start < self._tidies_at:
            return
        remove_leftovers(self._home)
        merge_shards(self._home, most=MOST_AFTER_INGEST, steps=1)
        end = time.monotonic()
        self._tidies_at = end + _TIMES_AS_LONG * (end - start)

    def cancel(self) -> None:
        """Cancel the jobs that were queued for this worker, and hand back others that it runs.

        Any thread may call this, also while `run` can't be interrupted.
        """
        with closing(connect(self._home.settings.database)) as connection:
            for job_id in self._created:
                try:
                    enqueue.cancel(connection, job_id)
                except UsageError:  # it has already ended, so there is nothing to cancel
                    continue
            claim.release_all(connection, self._worker_id)

    def cancelled(self) -> list[tuple[Job, Dataset | None]]:
        """The jobs that `cancel` ended, each with its dataset as it stands; None if there is none."""
        connection = self._home.connection
        jobs = [get_job(connection, job_id) for job_id in self._created]
        return [
            (job, find_dataset(connection, job.project, job.dataset))
            for job in jobs
            if job.status == "cancelled" or job.cancel_requested
        ]

    def _run_one(self, queued: Enqueued, emit: Emit, *, until_ended: bool) -> Job:
        """Run the job, or wait while another worker runs it; returns it as it is then."""
        home, job = self._home, queued.job
        if not queued.created:
            emit(Notice("info", f"The same is {job.status} already, as job {job.id}."))
        while not job.ended:
            if self._stop.is_set():
                raise KeyboardInterrupt
            claimed = claim.claim(home.connection, self._worker_id, job_id=job.id)
            job = self._run_claimed(claimed, emit) if claimed else get_job(home.connection, job.id)
            if not (until_ended or job.ended):
                return job
            if not claimed:
                self._stop.wait(_CLAIM_INTERVAL)
        return job

    def _run_claimed(self, claimed: Job, emit: Emit) -> Job:
        home = self._home
        try:
            job = run_job(
                home.connection,
                home.settings.database,
                claimed,
                self._worker_id,
                IngestHandler(home, emit),
                stop=self._stop,
            )
        except KeyboardInterrupt:
            if home.connection.in_transaction:
                home.connection.rollback()
            raise
        if job.status == "pending" and job.error:
            emit(Retrying(job))
        return job


def enqueue_requests(home: Home, requests: Sequence[JobRequest]) -> list[Enqueued]:
    """Queue all requests, or none. Raises UsageError when a dataset holds another source."""
    return enqueue.enqueue_all(home.connection, requests)
