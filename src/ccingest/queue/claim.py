"""What workers do to jobs. Each function is one transaction; triggers write the events.

What a worker does to its job is guarded by its worker id, the attempt and the status: a worker
that was believed dead, and whose job went to another, changes nothing any more (LeaseLostError).
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable

from ccingest.db.catalog import IN_MAINTENANCE
from ccingest.db.connection import LATER, NOW, transaction
from ccingest.errors import CancelledError, CcingestError
from ccingest.models import Job, Phase
from ccingest.queue.history import get_job
from ccingest.queue.retry import DEFAULT_POLICY, RetryPolicy, decide
from ccingest.queue.transitions import (
    LONGEST_LEASE,
    end,
    fail_or_cancel,
    hand_back,
    lost_jobs,
    reclaim,
    require_ownership,
    start,
)

LEASE_SECONDS = 30.0

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
        SELECT 1 FROM datasets WHERE datasets.id = jobs.dataset_id AND {IN_MAINTENANCE})
"""


def claim(
    connection: sqlite3.Connection,
    worker_id: str,
    *,
    job_id: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Job | None:
    """Take the next job, or this one if it can be taken: highest priority first, then oldest.

    Jobs whose worker is gone are handed back first, see `reclaim_lost`.
    `lease_seconds` is at most 300.
    """
    due = connection.execute(f"SELECT 1 FROM jobs WHERE {_DUE} LIMIT 1").fetchone()
    if not due and not lost_jobs(connection):
        return None  # idle workers look often, and take no write lock for it
    with transaction(connection):
        reclaim(connection)
        return claim_row(connection, worker_id, job_id, lease_seconds)


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
    """Hand back, or fail, the jobs whose worker is gone; returns how many those were.

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
            hand_back(connection, job.id, error=error, delay=decision.delay, cost=1)
        else:
            fail_or_cancel(connection, job.id, error)


def release(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """Hand the job back at no cost, because the worker stops. Raises LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        hand_back(connection, job.id)


def release_all(connection: sqlite3.Connection, worker_id: str) -> None:
    """Hand back what the worker runs, at no cost: it leaves in the middle of it."""
    with transaction(connection):
        rows = connection.execute(
            "SELECT id FROM jobs WHERE worker_id = ? AND status = 'in_progress'", (worker_id,)
        ).fetchall()
        for row in rows:
            hand_back(connection, row["id"])


def mark_cancelled(connection: sqlite3.Connection, job: Job, worker_id: str) -> None:
    """The worker has stopped the job, because it was asked to. Raises LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        end(connection, job.id, "cancelled", CancelledError("Cancelled while it ran."))


def claim_row(
    connection: sqlite3.Connection, worker_id: str, job_id: str | None, lease_seconds: float
) -> Job | None:
    """`claim` inside the caller's transaction."""
    row = connection.execute(
        f"""SELECT id FROM jobs WHERE {_CLAIMABLE} AND (? IS NULL OR id = ?)
        ORDER BY priority DESC, created_at, rowid LIMIT 1""",
        (job_id, job_id),
    ).fetchone()
    if row is None:
        return None
    start(connection, row["id"], worker_id, lease_seconds)
    return get_job(connection, row["id"])
