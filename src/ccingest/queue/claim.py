"""What workers do to jobs. Each function is one transaction; triggers write the events.

Every change checks the worker's id, the attempt and the status first. So a worker that was believed
dead, and whose job went to another worker, can't change the job any more (LeaseLostError).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ccingest.db.catalog import IN_MAINTENANCE
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import LATER, NOW, Connection, shifted
from ccingest.errors import CancelledError, CcingestError, DamagedDatabaseError
from ccingest.models import Job, Phase
from ccingest.queue.history import get_job
from ccingest.queue.hosts import leave_alone, not_to_be_asked
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
# A lease that ends later than it can, by so many seconds, was made before the clock was set back.
_TOLERANCE = 1.0

# A job is due when its time has come. If its time is later than any retry can be, the clock was set
# back, and the job is due as well.
_DUE = f"""
    status = 'pending' AND (visible_at <= {NOW}
    OR visible_at > {shifted(f"+{DEFAULT_POLICY.cap} seconds")})
"""
_MINE = "id = ? AND worker_id = ? AND attempt = ? AND status = 'in_progress'"
# One writer per dataset: a job waits while another job or a clean-up writes the same dataset.
_CLAIMABLE = f"""
    {_DUE} AND NOT EXISTS (
        SELECT 1 FROM jobs AS other WHERE other.status = 'in_progress'
        AND other.project_id = jobs.project_id AND other.dataset_name = jobs.dataset_name)
    AND NOT EXISTS (
        SELECT 1 FROM datasets WHERE datasets.id = jobs.dataset_id AND {IN_MAINTENANCE})
"""


@repeated
def claim(
    connection: Connection,
    worker_id: str,
    *,
    job_id: str | None = None,
    lease_seconds: float = LEASE_SECONDS,
    most_per_host: int = 0,
) -> Job | None:
    """Claim the job `job_id`, or else the next one: highest priority first, then oldest.

    None when there is no such job, or it can't be claimed now. Jobs of dead workers are handed back
    first, see `reclaim_lost`. `lease_seconds` is at most 300. The next one is of no host that is left
    alone, or that `most_per_host` jobs are asking already.
    """
    due = connection.execute(f"SELECT 1 FROM jobs WHERE {_DUE} LIMIT 1").fetchone()
    if not due and not lost_jobs(connection):
        return None  # idle workers ask often, so take no write lock for them
    with transaction(connection):
        reclaim(connection)
        hosts = [] if job_id else not_to_be_asked(connection, most_per_host)
        return claim_row(connection, worker_id, job_id, lease_seconds, hosts)


def renew_lease(
    connection: Connection, job: Job, worker_id: str, lease_seconds: float = LEASE_SECONDS
) -> bool:
    """Renew the lease of a running job. False when the job is not this worker's any more."""
    found = connection.update(
        f"UPDATE jobs SET lease_expires_at = {LATER} WHERE {_MINE}",
        (f"+{min(lease_seconds, LONGEST_LEASE)} seconds", job.id, worker_id, job.attempt),
    )
    return found == 1


class LeaseState(NamedTuple):
    """What a worker has to do for a job that it runs."""

    is_due: bool
    cancel_requested: bool


def state_of_lease(
    connection: Connection, job: Job, worker_id: str, lease_seconds: float = LEASE_SECONDS
) -> LeaseState | None:
    """Whether a running job's lease is to be renewed, and whether somebody cancelled the job. None when
    the job is not this worker's any more.

    The lease is due when a third of it is over by the database's clock, which another clock does not
    show: the clock may have been set, and the worker may have slept.
    """
    lease = min(lease_seconds, LONGEST_LEASE)
    row = connection.execute(
        f"""SELECT cancel_requested, lease_expires_at < {LATER} OR lease_expires_at > {LATER} AS due
        FROM jobs WHERE {_MINE}""",
        (
            *(f"+{lease * 2 / 3:.3f} seconds", f"+{lease + _TOLERANCE:.3f} seconds"),
            *(job.id, worker_id, job.attempt),
        ),
    ).fetchone()
    return LeaseState(bool(row["due"]), bool(row["cancel_requested"])) if row else None


@repeated
def reclaim_lost(connection: Connection) -> int:
    """Hand back the jobs whose worker is dead; returns their number.

    This costs each job a retry. A job without a retry left fails: it may be what kills its workers.
    """
    if not lost_jobs(connection):
        return 0
    with transaction(connection):
        return reclaim(connection)


def advance(
    connection: Connection,
    job: Job,
    worker_id: str,
    *,
    phase: Phase | None,
    progress: int,
    current_file: str | None,
) -> None:
    """Write how far a running job is. Progress never goes back.

    Raises CancelledError when somebody cancelled the job, LeaseLostError.
    """
    found = connection.update(
        f"""UPDATE jobs SET current_phase = ?, current_file = ?, updated_at = {NOW},
            progress = CASE WHEN progress < ? THEN ? ELSE progress END
        WHERE {_MINE} AND cancel_requested = 0""",
        (phase, current_file, progress, progress, job.id, worker_id, job.attempt),
    )
    if not found:
        require_ownership(connection, job, worker_id)


@repeated
def fail(
    connection: Connection,
    job: Job,
    worker_id: str,
    error: CcingestError,
    *,
    policy: RetryPolicy = DEFAULT_POLICY,
    chance: Callable[[], float] = random.random,
) -> None:
    """Make a job pending again if a retry can help and one is left; otherwise it fails.

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
        leave_alone(connection, error)
        require_ownership(connection, job, worker_id, cancel=False)
        if decision:
            hand_back(connection, job.id, error=error, delay=decision.delay, cost=1)
        else:
            fail_or_cancel(connection, job.id, error)


@repeated
def release(connection: Connection, job: Job, worker_id: str) -> None:
    """Hand the job back because the worker stops. This costs no retry. Raises LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        hand_back(connection, job.id)


@repeated
def release_all(connection: Connection, worker_id: str) -> None:
    """Hand back all jobs of a worker that stops while they run. This costs no retry."""
    with transaction(connection):
        rows = connection.execute(
            "SELECT id FROM jobs WHERE worker_id = ? AND status = 'in_progress'", (worker_id,)
        ).fetchall()
        for row in rows:
            hand_back(connection, row["id"])


@repeated
def mark_cancelled(connection: Connection, job: Job, worker_id: str) -> None:
    """End the job as cancelled, after its worker has stopped it. Raises LeaseLostError."""
    with transaction(connection):
        require_ownership(connection, job, worker_id, cancel=False)
        end(connection, job.id, "cancelled", CancelledError("Cancelled while it ran."))


def claim_row(
    connection: Connection,
    worker_id: str,
    job_id: str | None,
    lease_seconds: float,
    without: Sequence[str] = (),
) -> Job | None:
    """`claim` inside the caller's transaction. No job is of one of the hosts in `without`.

    A job whose row is damaged fails: else no worker could run any other.
    """
    while chosen := _claimable(connection, job_id, without):
        start(connection, chosen, worker_id, lease_seconds)
        try:
            return get_job(connection, chosen)
        except DamagedDatabaseError as error:
            what = f"The job is damaged in the database: {error.what}; add the repository again."
            end(connection, chosen, "failed", DamagedDatabaseError(what, what=error.what))
    return None


def _claimable(connection: Connection, job_id: str | None, without: Sequence[str]) -> str | None:
    marks = ", ".join("?" * len(without))
    of_others = f"AND json_extract(source, '$.host') NOT IN ({marks})" if without else ""
    row = connection.execute(
        f"""SELECT id FROM jobs WHERE {_CLAIMABLE} AND (? IS NULL OR id = ?) {of_others}
        ORDER BY priority DESC, created_at, rowid LIMIT 1""",
        (job_id, job_id, *without),
    ).fetchone()
    return str(row["id"]) if row else None
