"""The life of a job. Each function is one transaction; the triggers write the events.

pending -> in_progress -> completed | failed | cancelled, and back to pending by a retry, by a
worker that stops, or when a worker's lease runs out.

What a worker does to its job is guarded by its worker id and the status: a worker that was
believed dead, and whose job went to another, changes nothing any more (LeaseLostError).
"""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ccingest.errors import (
    CancelledError,
    CcingestError,
    JobNotFoundError,
    LeaseLostError,
    UsageError,
)
from ccingest.jobs.database import NOW, transaction
from ccingest.jobs.lookup import get_job, job_from_row
from ccingest.jobs.records import Enqueued, Job, JobRequest
from ccingest.jobs.retry import DEFAULT_POLICY, RetryPolicy, decide
from ccingest.records import Phase, Unchanged

LEASE_SECONDS = 30.0

_LATER = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)"
# One writer per dataset: a job waits while another of the same dataset runs.
_CLAIMABLE = f"""
    status = 'pending' AND visible_at <= {NOW} AND NOT EXISTS (
        SELECT 1 FROM jobs AS other WHERE other.status = 'in_progress'
        AND other.project_id = jobs.project_id AND other.dataset_name = jobs.dataset_name)
"""


def enqueue(connection: sqlite3.Connection, request: JobRequest) -> Enqueued:
    """Queue a request; the same one queued or running already is given back instead.

    Raises UsageError when the dataset's name is taken by another repository.
    """
    key = json.dumps(
        [request.project, request.dataset, request.ref.clone_url, request.branch, request.sha]
    )
    with transaction(connection):
        active = connection.execute(
            """SELECT * FROM job_history
            WHERE singleton_key = ? AND status IN ('pending', 'in_progress')""",
            (key,),
        ).fetchone()
        if active:
            return Enqueued(job_from_row(active), created=False)
        project_id = _project_id(connection, request.project)
        _refuse_other_repository(connection, project_id, request)
        job_id = str(uuid.uuid4())
        ref = request.ref
        connection.execute(
            f"""INSERT INTO jobs (id, project_id, dataset_id, dataset_name, scope, repo_host,
                repo_url, repo_owner, repo_name, branch, wanted_sha, priority, max_retries,
                singleton_key, options, created_at, updated_at, visible_at)
            VALUES (?, ?, (SELECT id FROM datasets WHERE project_id = ? AND name = ?),
                ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {NOW}, {NOW}, {NOW})""",
            (
                *(job_id, project_id, project_id, request.dataset, request.dataset),
                *(request.scope, ref.host, ref.clone_url, ref.owner, ref.name, request.branch),
                *(request.sha, request.priority, request.max_retries, key),
                json.dumps(asdict(request.options)),
            ),
        )
        return Enqueued(get_job(connection, job_id), created=True)


def claim(
    connection: sqlite3.Connection,
    worker_id: str,
    *,
    job_id: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Job | None:
    """Take the next job, or this one if it can be taken: highest priority first, then oldest.

    Jobs whose worker's lease ran out are given back first, see `reclaim_expired`.
    """
    with transaction(connection):
        _reclaim_expired(connection)
        row = connection.execute(
            f"""SELECT id FROM jobs WHERE {_CLAIMABLE} AND (? IS NULL OR id = ?)
            ORDER BY priority DESC, created_at, rowid LIMIT 1""",
            (job_id, job_id),
        ).fetchone()
        if row is None:
            return None
        connection.execute(
            f"""UPDATE jobs SET status = 'in_progress', worker_id = ?, attempt = attempt + 1,
                lease_expires_at = {_LATER}, started_at = {NOW}, updated_at = {NOW},
                error = NULL, error_kind = NULL, message = NULL WHERE id = ?""",
            (worker_id, f"+{lease_seconds} seconds", row["id"]),
        )
        return get_job(connection, row["id"])


def renew_lease(
    connection: sqlite3.Connection, job: Job, worker_id: str, lease_seconds: float = LEASE_SECONDS
) -> bool:
    """Heartbeat. False when the job is not this worker's any more."""
    done = connection.execute(
        f"""UPDATE jobs SET lease_expires_at = {_LATER}
        WHERE id = ? AND worker_id = ? AND status = 'in_progress'""",
        (f"+{lease_seconds} seconds", job.id, worker_id),
    )
    return done.rowcount == 1


def reclaim_expired(connection: sqlite3.Connection) -> int:
    """Give back, or fail, the jobs whose worker is gone; returns how many those were."""
    expired = f"status = 'in_progress' AND lease_expires_at < {NOW}"
    if not connection.execute(f"SELECT 1 FROM jobs WHERE {expired} LIMIT 1").fetchone():
        return 0  # the common case takes no write lock
    with transaction(connection):
        return _reclaim_expired(connection)


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
        _require_ownership(connection, job, worker_id)
        connection.execute(
            f"""UPDATE jobs SET current_phase = ?, progress = MAX(progress, ?), current_file = ?,
                updated_at = {NOW} WHERE id = ?""",
            (phase, progress, current_file, job.id),
        )


def complete_unchanged(
    connection: sqlite3.Connection, job: Job, worker_id: str, result: Unchanged
) -> None:
    """The dataset was at the wanted commit already."""
    with transaction(connection):
        _require_ownership(connection, job, worker_id)
        dataset = connection.execute(
            """SELECT d.id, d.files, d.chunks FROM datasets d JOIN jobs j ON j.id = ?
            AND d.project_id = j.project_id AND d.name = j.dataset_name""",
            (job.id,),
        ).fetchone()
        if dataset is None:
            raise LeaseLostError(f"The dataset {job.dataset} was deleted while the job ran.")
        connection.execute(
            f"""UPDATE jobs SET status = 'completed', progress = 100, message = ?, sha = ?,
                branch = COALESCE(branch, ?), dataset_id = ?, indexed_files = ?, total_chunks = ?,
                files_added = 0, files_changed = 0, files_removed = 0, chunks_added = 0,
                chunks_removed = 0, bytes_read = 0, current_phase = NULL, current_file = NULL,
                worker_id = NULL, lease_expires_at = NULL, completed_at = {NOW},
                updated_at = {NOW} WHERE id = ?""",
            (
                *(result.message, result.sha, result.branch),
                *(dataset["id"], dataset["files"], dataset["chunks"], job.id),
            ),
        )
        connection.execute(
            f"UPDATE datasets SET scope = ?, updated_at = {NOW} WHERE id = ?",
            (job.scope, dataset["id"]),
        )


def fail(
    connection: sqlite3.Connection,
    job: Job,
    worker_id: str,
    error: CcingestError,
    *,
    policy: RetryPolicy = DEFAULT_POLICY,
    chance: Callable[[], float] = random.random,
) -> None:
    """Back to pending, for later, if a retry can help and is left; else failed with its reason."""
    decision = decide(
        policy,
        error,
        retry_count=job.retry_count,
        max_retries=job.max_retries,
        random=chance,
    )
    with transaction(connection):
        _require_ownership(connection, job, worker_id, cancel=False)
        if decision:
            _give_back(connection, job.id, error, f"+{decision.delay:.3f} seconds", cost=1)
        else:
            _end(connection, job.id, "failed", error)


def release(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """Hand the job back at no cost, because the worker stops."""
    with transaction(connection):
        _require_ownership(connection, job, worker_id, cancel=False)
        if _cancel_requested(connection, job.id):
            _end(connection, job.id, "cancelled", CancelledError("Cancelled."))
        else:
            _give_back(connection, job.id, None, "+0 seconds", cost=0)


def cancel(connection: sqlite3.Connection, job_id: str) -> Job:
    """A pending job is cancelled at once, a running one as soon as its worker notices.

    Raises UsageError when the job has ended already.
    """
    with transaction(connection):
        job = get_job(connection, job_id)
        if job.ended:
            raise UsageError(f"The job {job.id} is {job.status} already.")
        if job.status == "pending":
            _end(connection, job.id, "cancelled", CancelledError("Cancelled before it began."))
        else:
            connection.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", (job.id,))
        return get_job(connection, job.id)


def mark_cancelled(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """The worker has stopped the job, because it was asked to."""
    with transaction(connection):
        _require_ownership(connection, job, worker_id, cancel=False)
        _end(connection, job.id, "cancelled", CancelledError("Cancelled while it ran."))


def retry(connection: sqlite3.Connection, job_id: str) -> Job:
    """Queue a failed or cancelled job again, with all its retries.

    Raises UsageError when it neither failed nor was cancelled, or when the same is queued already.
    """
    with transaction(connection):
        job = get_job(connection, job_id)
        if job.status not in ("failed", "cancelled"):
            raise UsageError(f"The job {job.id} is {job.status}; only an ended job is retried.")
        twin = connection.execute(
            """SELECT id FROM jobs WHERE status IN ('pending', 'in_progress')
            AND singleton_key = (SELECT singleton_key FROM jobs WHERE id = ?)""",
            (job.id,),
        ).fetchone()
        if twin:
            raise UsageError(f"The same is queued already, as job {twin['id']}.")
        connection.execute(
            f"""UPDATE jobs SET status = 'pending', retry_count = 0, progress = 0,
                cancel_requested = 0, error = NULL, error_kind = NULL, message = NULL,
                current_phase = NULL, current_file = NULL, started_at = NULL, completed_at = NULL,
                visible_at = {NOW}, updated_at = {NOW} WHERE id = ?""",
            (job.id,),
        )
        return get_job(connection, job.id)


def add_log(connection: sqlite3.Connection, job_id: str, level: str, message: str) -> None:
    connection.execute(
        f"INSERT INTO job_logs(job_id, at, level, message) VALUES (?, {NOW}, ?, ?)",
        (job_id, level, message),
    )


def require_ownership(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """Inside a transaction: raises CancelledError or LeaseLostError unless the job goes on."""
    _require_ownership(connection, job, worker_id)


def _require_ownership(
    connection: sqlite3.Connection, job: Job, worker_id: str, *, cancel: bool = True
) -> None:
    row = connection.execute(
        "SELECT status, worker_id, attempt, cancel_requested FROM jobs WHERE id = ?", (job.id,)
    ).fetchone()
    if row is None:
        raise JobNotFoundError(f"The job {job.id} is gone.")
    if (row["status"], row["worker_id"], row["attempt"]) != ("in_progress", worker_id, job.attempt):
        raise LeaseLostError(f"The job {job.id} was given to another worker.")
    if cancel and row["cancel_requested"]:
        raise CancelledError("Cancelled while it ran.")


def _cancel_requested(connection: sqlite3.Connection, job_id: str) -> bool:
    row = connection.execute("SELECT cancel_requested FROM jobs WHERE id = ?", (job_id,))
    return bool(row.fetchone()[0])


def _reclaim_expired(connection: sqlite3.Connection) -> int:
    rows = connection.execute(
        f"""SELECT id, retry_count, max_retries, cancel_requested FROM jobs
        WHERE status = 'in_progress' AND lease_expires_at < {NOW}"""
    ).fetchall()
    for row in rows:
        died = row["retry_count"] + 1
        error = CcingestError(f"Its worker died or was killed while it ran ({died} times so far).")
        if row["cancel_requested"]:
            _end(connection, row["id"], "cancelled", CancelledError("Cancelled; its worker died."))
        elif row["retry_count"] >= row["max_retries"]:
            _end(connection, row["id"], "failed", error)
        else:
            _give_back(connection, row["id"], error, "+0 seconds", cost=1)
    return len(rows)


def _give_back(
    connection: sqlite3.Connection, job_id: str, error: CcingestError | None, delay: str, cost: int
) -> None:
    connection.execute(
        f"""UPDATE jobs SET status = 'pending', worker_id = NULL, lease_expires_at = NULL,
            visible_at = {_LATER}, retry_count = retry_count + ?, error = ?, error_kind = ?,
            current_phase = NULL, current_file = NULL, updated_at = {NOW} WHERE id = ?""",
        (delay, cost, *_reason(error), job_id),
    )


def _end(connection: sqlite3.Connection, job_id: str, status: str, error: CcingestError) -> None:
    connection.execute(
        f"""UPDATE jobs SET status = ?, error = ?, error_kind = ?, worker_id = NULL,
            lease_expires_at = NULL, current_file = NULL, completed_at = {NOW},
            updated_at = {NOW} WHERE id = ?""",
        (status, *_reason(error), job_id),
    )


def _reason(error: CcingestError | None) -> tuple[Any, Any]:
    return (error.message, error.kind) if error else (None, None)


def _project_id(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO projects(name) VALUES (?)", (name,))
    found = connection.execute("SELECT id FROM projects WHERE name = ?", (name,))
    return int(found.fetchone()[0])


def _refuse_other_repository(
    connection: sqlite3.Connection, project_id: int, request: JobRequest
) -> None:
    """A dataset is one repository: its name can't be given to a second one."""
    taken = connection.execute(
        """SELECT clone_url, repository FROM datasets
        WHERE project_id = ? AND name = ? AND clone_url <> ?""",
        (project_id, request.dataset, request.ref.clone_url),
    ).fetchone()
    if taken:
        raise UsageError(
            f"The dataset {request.dataset} holds {taken['repository']} from {taken['clone_url']}; "
            "give another name with --dataset, or delete it first."
        )
