"""Queueing jobs that bring datasets to the newest revision of their branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccingest.db.catalog import ASKED_FOR
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import Connection, Row
from ccingest.db.missing import nothing_to_search, require_datasets
from ccingest.db.published import datasets_of, readable_rows
from ccingest.db.rows import dataset_of, options_of
from ccingest.errors import UsageError
from ccingest.models import Dataset, Enqueued, JobRequest
from ccingest.models.sources import short_branch
from ccingest.queue.enqueue import insert_or_get
from ccingest.queue.history import get_job
from ccingest.queue.transitions import reclaim
from ccingest.settings import DEFAULT_PROJECT


@dataclass(frozen=True, slots=True)
class Sync:
    """A dataset as it is now, and the job that brings it up to date, or why there is none."""

    dataset: Dataset
    queued: Enqueued | None
    skip_reason: str | None = None


@repeated
def enqueue_sync(
    connection: Connection,
    project: str | None,
    names: Sequence[str] = (),
    *,
    at_head: bool = False,
) -> list[Sync]:
    """Queue a job for each published dataset, with the options of its last request.

    The order is by project and name. `project` None means all projects, empty `names` all datasets but
    those whose rows are damaged.
    With `at_head`, the jobs are for the default branch, of a local repository that is checked out.
    Raises DatasetNotFoundError for unknown names, and for a project other than the usual one that has
    no datasets while others do.
    """
    with transaction(connection):
        reclaim(connection)
        chosen = _chosen(connection, project, names)
        return [_sync(connection, row, at_head=at_head) for row in chosen]


def planned_sync(
    connection: Connection, project: str | None, names: Sequence[str] = ()
) -> list[tuple[Dataset, JobRequest | str]]:
    """What `enqueue_sync` would queue for each dataset, or why it would not. Raises as it does."""
    chosen = _chosen(connection, project, names)
    return [(dataset_of(row), _request(row, at_head=False)) for row in chosen]


def _chosen(connection: Connection, project: str | None, names: Sequence[str]) -> list[Row]:
    found, _ = readable_rows(connection, project, columns="*")
    rows = [row for row in found if datasets_of([row]).datasets]
    require_datasets(connection, project, names, {row["name"] for row in rows})
    if not rows and project not in (None, DEFAULT_PROJECT) and _has_datasets(connection):
        raise nothing_to_search(connection, project)  # most often a project's name with a typo
    return [row for row in rows if not names or row["name"] in names]


def _has_datasets(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM published_datasets LIMIT 1").fetchone() is not None


def sync_request(connection: Connection, project: str, name: str) -> JobRequest:
    """The request that brings a dataset up to date, with the options of its last one.

    Raises DatasetNotFoundError, and UsageError for a dataset that can't be brought up to date.
    """
    row = connection.execute(
        "SELECT * FROM published_datasets WHERE project = ? AND name = ?", (project, name)
    ).fetchone()
    require_datasets(connection, project, [name], {row["name"]} if row else set())
    request = _request(row, at_head=False)
    if isinstance(request, str):
        raise UsageError(f"{name} can't be brought up to date: {request}.")
    return request


def _sync(connection: Connection, row: Row, *, at_head: bool) -> Sync:
    request = _request(row, at_head=at_head)
    unchanged = Sync(dataset_of(row), None)
    if isinstance(request, str):
        return replace(unchanged, skip_reason=request)
    job_id, created = insert_or_get(connection, request)
    return replace(unchanged, queued=Enqueued(get_job(connection, job_id), created))


def _request(row: Row, *, at_head: bool) -> JobRequest | str:
    """The request of a published dataset, or why there is none."""
    dataset = dataset_of(row)
    wanted, options = ASKED_FOR.checked_row((row["wanted_revision"], row["options"]))
    branch = None if at_head else dataset.wanted_branch
    if wanted and not dataset.wanted_branch and not at_head:
        return "it was added at one commit, and has no branch to follow"
    if options is None:
        return "its options are not known any more; add it again once"
    return JobRequest(
        source=dataset.source,
        project=dataset.project,
        dataset=dataset.name,
        scope=dataset.scope,
        branch=short_branch(branch) if branch else None,
        options=options_of(options),
    )
