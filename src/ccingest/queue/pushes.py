"""Pushes that a host tells of: which datasets they concern, and one job for each of them.

A message counts once, however often and to however many servers it is sent. Many pushes in a short
time become one job that waits, beside the one that runs: that one may have looked at the branch before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import LATER, NOW, Connection
from ccingest.db.rows import dataset_of, job_of, options_of
from ccingest.models import Job, JobRequest, Reference
from ccingest.models.sources import short_branch
from ccingest.models.submissions import Push, PushResult
from ccingest.queue.enqueue import insert_or_get_waiting
from ccingest.queue.history import get_job
from ccingest.queue.transitions import reclaim

_REMEMBERED = "-30 days"  # GitHub sends a message again for three days at most


@repeated
def receive(connection: Connection, push: Push) -> PushResult:
    """Queue a job for each dataset that follows the branch, in one transaction."""
    with transaction(connection):
        known = connection.execute(
            "SELECT job_ids FROM webhook_deliveries WHERE id = ?", (push.delivery,)
        ).fetchone()
        if known:
            return PushResult("duplicate", tuple(_known_jobs(connection, known["job_ids"])))
        reclaim(connection)
        ids = dict.fromkeys(
            insert_or_get_waiting(connection, request)
            for request in (*_of_datasets(connection, push), *_of_first_jobs(connection, push))
        )
        if not ids:
            return PushResult("ignored")
        connection.execute(
            f"INSERT INTO webhook_deliveries(id, at, job_ids) VALUES (?, {NOW}, ?)",
            (push.delivery, json.dumps(list(ids))),
        )
        connection.execute(
            f"DELETE FROM webhook_deliveries WHERE at < {LATER}",
            (_REMEMBERED,),
        )
        return PushResult("queued", tuple(get_job(connection, job_id) for job_id in ids))


def _known_jobs(connection: Connection, ids: str) -> Iterator[Job]:
    """Those that no clean-up has removed since."""
    for job_id in json.loads(ids):
        rows = connection.execute("SELECT * FROM job_history WHERE id = ?", (job_id,))
        yield from map(job_of, rows)


def _of_datasets(connection: Connection, push: Push) -> Iterator[JobRequest]:
    """The request of each published dataset that follows the branch."""
    for row in connection.execute("SELECT * FROM published_datasets").fetchall():
        dataset = dataset_of(row)
        wanted = dataset.wanted_branch
        is_pinned = row["wanted_revision"] and not wanted
        is_tag = (wanted or "").startswith("refs/tags/")
        if is_pinned or is_tag or row["options"] is None:
            continue
        if dataset.branch == push.branch and _is_of(push, dataset.source):
            yield JobRequest(
                source=dataset.source,
                project=dataset.project,
                dataset=dataset.name,
                scope=dataset.scope,
                branch=short_branch(wanted) if wanted else None,
                options=options_of(row["options"]),
            )


def _of_first_jobs(connection: Connection, push: Push) -> Iterator[JobRequest]:
    """The request of each job that makes a dataset which is not published yet.

    Which branch is the default one is not known before, so such a job may be for the branch.
    """
    rows = connection.execute(
        """SELECT * FROM job_history h WHERE status IN ('pending', 'in_progress')
        AND cancel_requested = 0 AND wanted_revision IS NULL AND NOT EXISTS (
            SELECT 1 FROM published_datasets d
            WHERE d.project = h.project AND d.name = h.dataset)"""
    ).fetchall()
    for job in map(job_of, rows):
        if job.branch in (None, push.branch) and _is_of(push, job.source):
            yield JobRequest(
                source=job.source,
                project=job.project,
                dataset=job.dataset,
                scope=job.scope,
                branch=job.branch,
                options=job.options,
            )


def _is_of(push: Push, source: Reference) -> bool:
    return (source.name.lower(), source.host.lower()) == (
        push.repository.lower(),
        push.host.lower(),
    )
