"""The life of a job. Each function is one transaction; the triggers write the events.

pending -> in_progress -> completed | failed | cancelled, and back to pending by a retry, by a
worker that stops, or when a worker's lease runs out.

What a worker does to its job is guarded by its worker id, the attempt and the status: a worker
that was believed dead, and whose job went to another, changes nothing any more (LeaseLostError).
"""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import asdict

from ccingest.errors import CancelledError, CcingestError, LeaseLostError, UsageError
from ccingest.jobs.database import LATER, NOW, transaction
from ccingest.jobs.datasets import remember_request, repository_key, reserve
from ccingest.jobs.lookup import get_job
from ccingest.jobs.records import Enqueued, Job, JobRequest
from ccingest.jobs.retry import DEFAULT_POLICY, RetryPolicy, decide
from ccingest.jobs.transitions import (
    LONGEST_LEASE,
    UNDER_UPKEEP,
    complete,
    end,
    fail_or_cancel,
    give_back,
    lost_jobs,
    reclaim,
    require_ownership,
    start,
)
from ccingest.records import IngestCounts, Phase, Unchanged

LEASE_SECONDS = 30.0

_ACTIVE = "status IN ('pending', 'in_progress') AND cancel_requested = 0"
# Due, or further off than any retry is put: then the clock was set back meanwhile.
_DUE = f"""
    status = 'pending' AND (visible_at <= {NOW}
    OR visible_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+{DEFAULT_POLICY.cap} seconds'))
"""
# One writer per dataset: a job waits while another of the same dataset runs, or a clean-up does.
_CLAIMABLE = f"""
    {_DUE} AND NOT EXISTS (
        SELECT 1 FROM jobs AS other WHERE other.status = 'in_progress'
        AND other.project_id = jobs.project_id AND other.dataset_name = jobs.dataset_name)
    AND NOT EXISTS (
        SELECT 1 FROM datasets WHERE datasets.id = jobs.dataset_id AND {UNDER_UPKEEP})
"""


def enqueue(
    connection: sqlite3.Connection,
    request: JobRequest,
    *,
    claim_as: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Enqueued:
    """Queue a request; the same one queued or running already is given back instead.

    The same is: project, dataset, repository, branch and commit. With `claim_as` the job, new or
    not, is claimed for that worker too if it can be: then it is `in_progress` with that worker.
    Raises UsageError when the dataset's name is taken by another repository.
    """
    with transaction(connection):
        reclaim(connection)
        job_id, created = put(connection, request)
        if claim_as:
            _claim(connection, claim_as, job_id, lease_seconds)
        return Enqueued(get_job(connection, job_id), created)


def put(connection: sqlite3.Connection, request: JobRequest) -> tuple[str, bool]:
    """`enqueue` inside the caller's transaction: the job's id, and whether it is a new one."""
    key = _singleton_key(request)
    twin = connection.execute(
        f"SELECT id FROM jobs WHERE singleton_key = ? AND {_ACTIVE}", (key,)
    ).fetchone()
    if twin is None:
        return _insert(connection, request, key), True
    # Somebody wants it now: a wait before the next retry is over.
    connection.execute(
        f"UPDATE jobs SET visible_at = {NOW} WHERE id = ? AND status = 'pending'", (twin["id"],)
    )
    return str(twin["id"]), False


def claim(
    connection: sqlite3.Connection,
    worker_id: str,
    *,
    job_id: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Job | None:
    """Take the next job, or this one if it can be taken: highest priority first, then oldest.

    Jobs whose worker is gone are given back first, see `reclaim_lost`.
    `lease_seconds` is at most 300.
    """
    due = connection.execute(f"SELECT 1 FROM jobs WHERE {_DUE} LIMIT 1").fetchone()
    if not due and not lost_jobs(connection):
        return None  # idle workers look often, and take no write lock for it
    with transaction(connection):
        reclaim(connection)
        return _claim(connection, worker_id, job_id, lease_seconds)


def renew_lease(
    connection: sqlite3.Connection, job: Job, worker_id: str, lease_seconds: float = LEASE_SECONDS
) -> bool:
    """Heartbeat. False when the job is not this worker's any more."""
    done = connection.execute(
        f"""UPDATE jobs SET lease_expires_at = {LATER}
        WHERE id = ? AND worker_id = ? AND attempt = ? AND status = 'in_progress'""",
        (f"+{min(lease_seconds, LONGEST_LEASE)} seconds", job.id, worker_id, job.attempt),
    )
    return done.rowcount == 1


def reclaim_lost(connection: sqlite3.Connection) -> int:
    """Give back, or fail, the jobs whose worker is gone; returns how many those were.

    It costs a retry; a job that has none left, for it kills its workers say, ends failed.
    """
    if not lost_jobs(connection):
        return 0
    with transaction(connection):
        return reclaim(connection)


def advance(
    connection: sqlite3.Connection,
    job: Job,
    worker_id: str,
    *,
    phase: Phase | None,
    progress: int,
    current_file: str | None,
) -> None:
    """Note where a running job is. Progress never goes back.

    Raises CancelledError when somebody asked for it, LeaseLostError.
    """
    with transaction(connection):
        require_ownership(connection, job, worker_id)
        connection.execute(
            f"""UPDATE jobs SET current_phase = ?, progress = MAX(progress, ?), current_file = ?,
                updated_at = {NOW} WHERE id = ?""",
            (phase, progress, current_file, job.id),
        )


def complete_unchanged(
    connection: sqlite3.Connection, job: Job, worker_id: str, result: Unchanged
) -> None:
    """The dataset was at the wanted commit already. Raises CancelledError or LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id)
        dataset = connection.execute(
            """SELECT d.id, d.files, d.chunks FROM datasets d JOIN jobs j ON j.dataset_id = d.id
            WHERE j.id = ? AND d.commit_sha = ?""",
            (job.id, result.sha),
        ).fetchone()
        if dataset is None:
            raise LeaseLostError(f"The dataset {job.dataset} is gone or changed meanwhile.")
        counts = IngestCounts(
            indexed_files=dataset["files"],
            total_chunks=dataset["chunks"],
            files_kept=dataset["files"],
            chunks_kept=dataset["chunks"],
        )
        complete(connection, job.id, result.message, result.sha, result.branch, counts)
        remember_request(connection, dataset["id"], job, result.branch)


def fail(
    connection: sqlite3.Connection,
    job: Job,
    worker_id: str,
    error: CcingestError,
    *,
    policy: RetryPolicy = DEFAULT_POLICY,
    chance: Callable[[], float] = random.random,
) -> None:
    """Back to pending, for later, if a retry can help and is left; else failed with its reason.

    Raises LeaseLostError.
    """
    decision = decide(
        policy,
        error,
        retry_count=job.retry_count,
        max_retries=job.max_retries,
        random=chance,
    )
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        if decision:
            give_back(connection, job.id, error=error, delay=decision.delay, cost=1)
        else:
            fail_or_cancel(connection, job.id, error)


def release(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """Hand the job back at no cost, because the worker stops. Raises LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        give_back(connection, job.id)


def release_all(connection: sqlite3.Connection, worker_id: str) -> None:
    """Hand back what the worker runs, at no cost: it leaves in the middle of it."""
    with transaction(connection):
        rows = connection.execute(
            "SELECT id FROM jobs WHERE worker_id = ? AND status = 'in_progress'", (worker_id,)
        ).fetchall()
        for row in rows:
            give_back(connection, row["id"])


def cancel(connection: sqlite3.Connection, job_id: str) -> Job:
    """A pending job is cancelled at once, a running one as soon as its worker notices.

    Raises UsageError when the job has ended already.
    """
    with transaction(connection):
        job = get_job(connection, job_id)
        if job.ended:
            raise UsageError(f"The job {job.id} is {job.status} already.")
        if job.status == "pending":
            end(connection, job.id, "cancelled", CancelledError("Cancelled before it began."))
        else:
            connection.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", (job.id,))
        return get_job(connection, job.id)


def mark_cancelled(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """The worker has stopped the job, because it was asked to. Raises LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        end(connection, job.id, "cancelled", CancelledError("Cancelled while it ran."))


def retry(connection: sqlite3.Connection, job_id: str) -> Job:
    """Queue a failed or cancelled job again, with all its retries.

    Raises UsageError when it neither failed nor was cancelled, when the same is queued already,
    or when its dataset's name went to another repository.
    """
    with transaction(connection):
        job = get_job(connection, job_id)
        if job.status not in ("failed", "cancelled"):
            raise UsageError(
                f"The job {job.id} is {job.status}; only a failed or cancelled one is retried."
            )
        twin = connection.execute(
            f"""SELECT id FROM jobs WHERE {_ACTIVE}
            AND singleton_key = (SELECT singleton_key FROM jobs WHERE id = ?)""",
            (job.id,),
        ).fetchone()
        if twin:
            raise UsageError(f"The same is queued already, as job {twin['id']}.")
        dataset_id = reserve(connection, job.project, job.dataset, job.scope, job.ref)
        connection.execute(
            f"""UPDATE jobs SET status = 'pending', dataset_id = ?, retry_count = 0, deaths = 0,
                progress = 0, cancel_requested = 0, error = NULL, error_kind = NULL,
                message = NULL, current_phase = NULL, current_file = NULL, started_at = NULL,
                completed_at = NULL, visible_at = {NOW}, updated_at = {NOW} WHERE id = ?""",
            (dataset_id, job.id),
        )
        return get_job(connection, job.id)


def add_log(connection: sqlite3.Connection, job_id: str, level: str, message: str) -> None:
    """Does nothing when the job was removed meanwhile."""
    connection.execute(
        f"""INSERT INTO job_logs(job_id, at, level, message)
        SELECT id, {NOW}, ?, ? FROM jobs WHERE id = ?""",
        (level, message, job_id),
    )


def _singleton_key(request: JobRequest) -> str:
    return json.dumps(
        [
            *(request.project, request.dataset, repository_key(request.ref)),
            *(request.branch, request.sha),
        ]
    )


def _insert(connection: sqlite3.Connection, request: JobRequest, key: str) -> str:
    job_id = str(uuid.uuid4())
    ref = request.ref
    dataset_id = reserve(connection, request.project, request.dataset, request.scope, ref)
    connection.execute(
        f"""INSERT INTO jobs (id, project_id, dataset_id, dataset_name, scope, repo_host,
            repo_url, repo_owner, repo_name, branch, wanted_sha, priority, max_retries,
            singleton_key, options, created_at, updated_at, visible_at)
        SELECT ?, project_id, id, name, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {NOW}, {NOW}, {NOW}
        FROM datasets WHERE id = ?""",
        (
            *(job_id, request.scope, ref.host, ref.clone_url, ref.owner, ref.name),
            *(request.branch, request.sha, request.priority, request.max_retries, key),
            *(json.dumps(asdict(request.options)), dataset_id),
        ),
    )
    return job_id


def _claim(
    connection: sqlite3.Connection, worker_id: str, job_id: str | None, lease_seconds: float
) -> Job | None:
    row = connection.execute(
        f"""SELECT id FROM jobs WHERE {_CLAIMABLE} AND (? IS NULL OR id = ?)
        ORDER BY priority DESC, created_at, rowid LIMIT 1""",
        (job_id, job_id),
    ).fetchone()
    if row is None:
        return None
    start(connection, row["id"], worker_id, lease_seconds)
    return get_job(connection, row["id"])
