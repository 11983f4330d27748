"""What users do to jobs. Each function is one transaction; triggers write the events.

The states are pending -> in_progress -> completed | failed | cancelled. A retry, a worker that stops,
or a lease that runs out makes a job pending again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace

from ccingest.db.catalog import free_name, reserve
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import NOW, Connection
from ccingest.db.rows import to_json
from ccingest.errors import CancelledError, DatasetTakenError, JobStateError, UsageError
from ccingest.models import Enqueued, Job, JobRequest
from ccingest.queue.claim import LEASE_SECONDS, claim_row
from ccingest.queue.history import get_job
from ccingest.queue.transitions import end, reclaim

_ACTIVE = "status IN ('pending', 'in_progress') AND cancel_requested = 0"


@repeated
def enqueue(
    connection: Connection,
    request: JobRequest,
    *,
    claim_as: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Enqueued:
    """Queue a request. If the same request is already queued or running, returns that job instead.

    Requests are the same if project, dataset, source, branch, revision and bundle are. With `claim_as` the
    job, new or not, is also claimed for that worker, if it can be claimed: then it is `in_progress`
    and has that worker's id. Raises UsageError when another source has the dataset's name.
    """
    with transaction(connection):
        reclaim(connection)
        job_id, created = insert_or_get(connection, with_free_name(connection, request))
        if claim_as:
            claim_row(connection, claim_as, job_id, lease_seconds)
        return Enqueued(get_job(connection, job_id), created)


@repeated
def enqueue_all(connection: Connection, requests: Sequence[JobRequest]) -> list[Enqueued]:
    """Queue all requests in this order, or none of them, as `enqueue` does.

    Raises one UsageError that names every dataset whose name another source has.
    """
    inserted, refused = [], []
    with transaction(connection):
        reclaim(connection)
        for request in requests:
            try:
                named = with_free_name(connection, request)
                inserted.append(insert_or_get(connection, named))
            except UsageError as error:
                refused.append(error.message)
        if refused:
            raise DatasetTakenError(" ".join(refused))
        return [Enqueued(get_job(connection, job_id), created) for job_id, created in inserted]


def with_free_name(connection: Connection, request: JobRequest) -> JobRequest:
    """The request with a name that no other source has, if it allows others than its own."""
    if not request.other_names:
        return request
    names = (request.dataset, *request.other_names)
    name = free_name(connection, request.project, names, request.source)
    return replace(request, dataset=name, other_names=())


def active_job(connection: Connection, request: JobRequest) -> Job | None:
    """The pending or running job of the same request."""
    row = connection.execute(
        f"SELECT id FROM jobs WHERE singleton_key = ? AND {_ACTIVE}", (_singleton_key(request),)
    ).fetchone()
    return get_job(connection, row["id"]) if row else None


def insert_or_get(connection: Connection, request: JobRequest) -> tuple[str, bool]:
    """`enqueue` inside the caller's transaction; returns the job's id and whether it is new."""
    key = _singleton_key(request)
    duplicate = connection.execute(
        f"SELECT id FROM jobs WHERE singleton_key = ? AND {_ACTIVE}", (key,)
    ).fetchone()
    if duplicate is None:
        return _insert(connection, request, key), True
    # Somebody asks for it now, so it does not wait for its next retry.
    connection.execute(
        f"UPDATE jobs SET visible_at = {NOW} WHERE id = ? AND status = 'pending'",
        (duplicate["id"],),
    )
    return str(duplicate["id"]), False


def insert_or_get_waiting(connection: Connection, request: JobRequest) -> str:
    """As `insert_or_get`, but a job that runs already is not enough: what is new may have come after
    it looked. There is at most one that waits beside it.
    """
    key = _singleton_key(request)
    rows = connection.execute(
        f"SELECT id, status, singleton_key FROM jobs WHERE singleton_key IN (?, ?) AND {_ACTIVE}",
        (key, _after(key)),
    ).fetchall()
    waiting = [row["id"] for row in rows if row["status"] == "pending"]
    if waiting:
        return str(waiting[0])
    # One writer per dataset, so at most one of both keys is that of a job that runs.
    taken = {row["singleton_key"] for row in rows}
    return _insert(connection, request, _after(key) if key in taken else key)


@repeated
def cancel(connection: Connection, job_id: str) -> Job:
    """Cancel a pending job at once, a running one as soon as its worker notices.

    Raises UsageError when the job has already ended.
    """
    with transaction(connection):
        job = get_job(connection, job_id)
        if job.ended:
            raise JobStateError(f"The job {job.id} is {job.status} already.")
        if job.status == "pending":
            end(connection, job.id, "cancelled", CancelledError("Cancelled before it began."))
        else:
            connection.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", (job.id,))
        return get_job(connection, job.id)


@repeated
def retry(connection: Connection, job_id: str) -> Job:
    """Queue a failed or cancelled job again, with all its retries.

    Raises UsageError when the job neither failed nor was cancelled, when the same request is already
    queued, or when another source has its dataset's name now.
    """
    with transaction(connection):
        job = get_job(connection, job_id)
        if job.status not in ("failed", "cancelled"):
            raise JobStateError(
                f"The job {job.id} is {job.status}; only a failed or cancelled one is retried."
            )
        duplicate = connection.execute(
            f"""SELECT id FROM jobs WHERE {_ACTIVE}
            AND singleton_key = (SELECT singleton_key FROM jobs WHERE id = ?)""",
            (job.id,),
        ).fetchone()
        if duplicate:
            raise JobStateError(f"The same is queued already, as job {duplicate['id']}.")
        dataset_id = reserve(connection, job.project, job.dataset, job.scope, job.source)
        connection.execute(
            f"""UPDATE jobs SET status = 'pending', dataset_id = ?, retry_count = 0,
                crash_count = 0, progress = 0, cancel_requested = 0, error = NULL,
                error_kind = NULL, message = NULL, current_phase = NULL, current_file = NULL,
                started_at = NULL, completed_at = NULL, visible_at = {NOW}, updated_at = {NOW}
            WHERE id = ?""",
            (dataset_id, job.id),
        )
        return get_job(connection, job.id)


def _singleton_key(request: JobRequest) -> str:
    return json.dumps(
        [
            *(request.project, request.dataset, request.source.identity),
            *(request.branch, request.revision),
            *((request.options.bundle_digest,) if request.options.bundle else ()),
        ]
    )


def _after(key: str) -> str:
    """The key of a job that waits for the end of one of the same request."""
    return json.dumps([*json.loads(key), "after"])


def _insert(connection: Connection, request: JobRequest, key: str) -> str:
    job_id = str(uuid.uuid4())
    source = request.source
    dataset_id = reserve(connection, request.project, request.dataset, request.scope, source)
    connection.execute(
        f"""INSERT INTO jobs (id, project_id, dataset_id, dataset_name, scope, source, branch,
            wanted_revision, priority, max_retries, singleton_key, options, created_at,
            updated_at, visible_at)
        SELECT ?, project_id, id, name, ?, ?, ?, ?, ?, ?, ?, ?, {NOW}, {NOW}, {NOW}
        FROM datasets WHERE id = ?""",
        (
            *(job_id, request.scope, to_json(source), request.branch, request.revision),
            *(request.priority, request.max_retries, key, to_json(request.options), dataset_id),
        ),
    )
    return job_id
