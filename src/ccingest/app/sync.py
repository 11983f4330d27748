"""Bringing datasets to the newest revision of their branch."""

from __future__ import annotations

from collections.abc import Sequence

from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker
from ccingest.errors import CcingestError
from ccingest.models import Dataset, Job, JobRequest, SyncEstimate, SyncOutcome, SyncResult
from ccingest.progress import Emit, discard
from ccingest.queue.sync import Sync, enqueue_sync, planned_sync


def sync_here(
    home: Home,
    worker: ForegroundWorker,
    project: str | None,
    names: Sequence[str] = (),
    emit: Emit = discard,
) -> list[SyncResult]:
    """Queue a job for each dataset, and run the jobs.

    `project` None means all projects, empty `names` all datasets.

    Raises DatasetNotFoundError for unknown names, and KeyboardInterrupt.
    """
    found = enqueue_sync(home.connection, project, names)
    jobs = worker.run([one.queued for one in found if one.queued], emit)
    return _results(found, jobs)


def sync_later(home: Home, project: str | None, names: Sequence[str] = ()) -> list[SyncResult]:
    """Queue the jobs, and don't run them. Raises DatasetNotFoundError."""
    found = enqueue_sync(home.connection, project, names)
    return _results(found, [one.queued.job for one in found if one.queued])


def estimate_sync(
    home: Home, project: str | None, names: Sequence[str] = (), emit: Emit = discard
) -> list[SyncEstimate]:
    """What `sync_here` would embed for each dataset. Fetches the sources, and writes nothing else.

    Raises DatasetNotFoundError for unknown names. The error of one source is part of its result.
    """
    planned = planned_sync(home.connection, project, names)
    return [_estimated(home, dataset, request, emit) for dataset, request in planned]


def _estimated(home: Home, dataset: Dataset, request: JobRequest | str, emit: Emit) -> SyncEstimate:
    from ccingest.app.estimates import estimate_requests

    if isinstance(request, str):
        return SyncEstimate(dataset, skip_reason=request)
    try:
        (found,) = estimate_requests(home, [request], emit)
    except CcingestError as error:
        return SyncEstimate(dataset, error=error)
    return SyncEstimate(dataset, found)


def _results(found: Sequence[Sync], jobs: Sequence[Job]) -> list[SyncResult]:
    by_id = {job.id: job for job in jobs}
    return [_result(one, by_id[one.queued.job.id] if one.queued else None) for one in found]


def _result(one: Sync, job: Job | None) -> SyncResult:
    return SyncResult(one.dataset, _outcome(one, job), one.skip_reason, job)


def _outcome(one: Sync, job: Job | None) -> SyncOutcome:
    if job is None:
        return "skipped"
    if job.status in ("failed", "cancelled"):
        return job.status
    if job.status != "completed":
        return "queued"
    counts = job.counts
    has_changed = counts and (counts.chunks_added or counts.chunks_removed)
    return "updated" if job.revision != one.dataset.revision or has_changed else "up_to_date"
