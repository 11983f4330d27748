"""Bringing datasets up to date before they are searched, where an answer may not be older."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from ccingest.app.freshness import freshness_of
from ccingest.app.home import Home
from ccingest.app.search import SearchScope, datasets_in
from ccingest.app.views import whole
from ccingest.errors import CcingestError, UsageError, error_of
from ccingest.models import DatasetView, Enqueued, Freshness, Job
from ccingest.queue.sync import Sync, enqueue_sync
from ccingest.queue.timing import parse_every

RunJobs: TypeAlias = Callable[[Sequence[Enqueued]], Sequence[Job]]
"""Runs queued jobs here, and returns them as they ended."""


def freshness_in(home: Home, scope: SearchScope) -> tuple[Freshness, ...]:
    """Of each dataset of a scope. Raises DatasetNotFoundError when there is none."""
    return freshness_of(whole(datasets_in(home, scope)), notes=scope.notes)


def parse_age(text: str) -> timedelta:
    """Parse `30m`, `6h`, `1d12h`. Raises UsageError."""
    try:
        return timedelta(seconds=parse_every(text).seconds)
    except UsageError as error:
        why = error.message.removeprefix("every is ")
        raise UsageError(f"max_age is {why}", parameter="max_age") from None


def sync_older(home: Home, scope: SearchScope, most: timedelta, run_jobs: RunJobs) -> SearchScope:
    """Sync the datasets of the scope whose source was last looked at longer ago than `most`.

    Returns the scope, with a note for each that could not be synced: that is no error of a question.
    A work tree is looked at by each question. Raises DatasetNotFoundError when there is none.
    """
    now = datetime.now(timezone.utc)
    by_project: dict[str, list[str]] = {}
    for dataset in whole(datasets_in(home, scope)):
        if not isinstance(dataset, DatasetView) and now - dataset.updated_at > most:
            by_project.setdefault(dataset.project, []).append(dataset.name)
    found = [
        one
        for project, names in by_project.items()
        for one in enqueue_sync(home.connection, project, names)
    ]
    queued = [one.queued for one in found if one.queued]
    jobs = {job.id: job for job in run_jobs(queued)} if queued else {}
    notes = [
        (one.dataset.project, one.dataset.name, why)
        for one in found
        if (why := _why_not(one, jobs.get(one.queued.job.id) if one.queued else None))
    ]
    return replace(scope, notes=(*scope.notes, *notes))


def _why_not(one: Sync, job: Job | None) -> str:
    """Why a dataset could not be synced, in a sentence; empty when it was."""
    reason = one.skip_reason or ""
    if job and job.status != "completed":
        error: CcingestError = error_of(job)
        reason = error.message
    if not reason:
        return ""
    return f"{one.dataset.name} could not be synced: {reason.rstrip('.')}."
