"""Several jobs queued in one transaction: all of them, or none.

Among them those of `sync`, which bring datasets to the newest commit of their branch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccingest.errors import UsageError
from ccingest.jobs import queue
from ccingest.jobs.database import transaction
from ccingest.jobs.datasets import require_known
from ccingest.jobs.lookup import get_job
from ccingest.jobs.records import Enqueued, JobRequest, options_from_json
from ccingest.jobs.transitions import reclaim
from ccingest.records import RepoRef


@dataclass(frozen=True, slots=True)
class Sync:
    """A dataset that is brought up to date, or why it can't be."""

    project: str
    dataset: str
    repository: str
    branch: str | None
    sha: str  # of the version that is visible before
    queued: Enqueued | None
    why_not: str | None = None


def enqueue_all(connection: sqlite3.Connection, requests: Sequence[JobRequest]) -> list[Enqueued]:
    """`queue.enqueue` for each, in this order.

    Raises one UsageError that tells of all whose dataset's name is taken by another repository.
    """
    put, refused = [], []
    with transaction(connection):
        reclaim(connection)
        for request in requests:
            try:
                put.append(queue.put(connection, request))
            except UsageError as error:
                refused.append(error.message)
        if refused:
            raise UsageError(" ".join(refused))
        return [Enqueued(get_job(connection, job_id), created) for job_id, created in put]


def enqueue_sync(
    connection: sqlite3.Connection, project: str | None, names: Sequence[str] = ()
) -> list[Sync]:
    """Queue a job for each published dataset, by project and name, as it was last asked for.

    `project` None means all, and so do no names. Raises DatasetNotFoundError for unknown names.
    """
    with transaction(connection):
        reclaim(connection)
        rows = connection.execute(
            """SELECT d.*, p.name AS project FROM datasets d JOIN projects p ON p.id = d.project_id
            WHERE d.table_name IS NOT NULL AND (? IS NULL OR p.name = ?)
            ORDER BY p.name, d.name""",
            (project, project),
        ).fetchall()
        require_known("dataset", names, {row["name"] for row in rows})
        return [_sync(connection, row) for row in rows if not names or row["name"] in names]


def _sync(connection: sqlite3.Connection, row: sqlite3.Row) -> Sync:
    stands = Sync(
        row["project"], row["name"], row["repository"], row["branch"], row["commit_sha"], None
    )
    if row["wanted_sha"] and not row["wanted_branch"]:
        why = "it was added at a commit, with --sha, and has no branch to follow"
        return replace(stands, why_not=why)
    if row["options"] is None:
        return replace(stands, why_not="its options are not known any more; add it again once")
    owner, _, name = row["repository"].rpartition("/")
    job_id, created = queue.put(
        connection,
        JobRequest(
            ref=RepoRef(row["host"], owner, name, row["clone_url"]),
            project=row["project"],
            dataset=row["name"],
            scope=row["scope"],
            branch=row["wanted_branch"],
            options=options_from_json(row["options"]),
        ),
    )
    return replace(stands, queued=Enqueued(get_job(connection, job_id), created))
