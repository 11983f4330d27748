"""Changes of a job's row that several modules share. Each runs inside the caller's transaction."""

from __future__ import annotations

from typing import Literal

from ccingest.db.dialect import LATER, NOW, Connection, Row, shifted
from ccingest.db.rows import to_json
from ccingest.errors import CancelledError, CcingestError, LeaseLostError, WorkerDiedError
from ccingest.models import IngestCounts, Job, Revision
from ccingest.queue.liveness import host_of, is_dead

LONGEST_LEASE = 300.0  # seconds
# A lease that ends later than any lease can end means that the clock was set back: it has expired.
_EXPIRED = f"""
    (lease_expires_at < {NOW}
    OR lease_expires_at > {shifted(f"+{LONGEST_LEASE} seconds")})
"""


def require_ownership(
    connection: Connection, job: Job, worker_id: str, *, cancel: bool = True
) -> int | None:
    """Raises LeaseLostError unless the job is this worker's. Returns the id of its dataset, if it has
    one still.

    With `cancel`, raises CancelledError when somebody cancelled the job.
    """
    row = connection.execute(
        """SELECT status, worker_id, attempt, cancel_requested, dataset_id FROM jobs
        WHERE id = ?""",
        (job.id,),
    ).fetchone()
    if row is None:
        raise LeaseLostError(f"The job {job.id} was removed while it ran.")
    if (row["status"], row["worker_id"], row["attempt"]) != ("in_progress", worker_id, job.attempt):
        raise LeaseLostError(f"The job {job.id} is not this worker's any more.")
    if cancel and row["cancel_requested"]:
        raise CancelledError(f"The job {job.id} was cancelled while it ran.")
    dataset_id: int | None = row["dataset_id"]
    return dataset_id


def start(connection: Connection, job_id: str, worker_id: str, lease_seconds: float) -> None:
    connection.execute(
        f"""UPDATE jobs SET status = 'in_progress', worker_id = ?, worker_host = ?,
            attempt = attempt + 1, lease_expires_at = {LATER}, started_at = {NOW}, updated_at = {NOW},
            error = NULL, error_kind = NULL, message = NULL WHERE id = ?""",
        (worker_id, host_of(worker_id), f"+{min(lease_seconds, LONGEST_LEASE)} seconds", job_id),
    )
    # Of a clean-up whose time is over. It sees by this that the table is not its own any more.
    connection.execute(
        """UPDATE datasets SET maintenance_until = NULL WHERE maintenance_until IS NOT NULL
        AND id = (SELECT dataset_id FROM jobs WHERE id = ?)""",
        (job_id,),
    )


def hand_back(
    connection: Connection,
    job_id: str,
    *,
    error: CcingestError | None = None,
    delay: float = 0.0,
    cost: int = 0,
) -> None:
    """Make a job pending again, to be claimed after `delay` seconds; uses up `cost` retries.

    A job that somebody cancelled ends as cancelled instead.
    """
    wanted = connection.execute("SELECT cancel_requested FROM jobs WHERE id = ?", (job_id,))
    if wanted.fetchone()[0]:
        end(connection, job_id, "cancelled", CancelledError("Cancelled while it ran."))
        return
    connection.execute(
        f"""UPDATE jobs SET status = 'pending', worker_id = NULL, lease_expires_at = NULL,
            visible_at = {LATER}, retry_count = retry_count + ?, error = ?, error_kind = ?,
            current_phase = NULL, current_file = NULL, updated_at = {NOW} WHERE id = ?""",
        (f"+{delay:.3f} seconds", cost, *_reason(error), job_id),
    )


def end(
    connection: Connection,
    job_id: str,
    status: Literal["failed", "cancelled"],
    error: CcingestError,
) -> None:
    """End a job without a result. Its phase stays, to show where it ended."""
    connection.execute(
        f"""UPDATE jobs SET status = ?, error = ?, error_kind = ?, worker_id = NULL,
            lease_expires_at = NULL, current_file = NULL, completed_at = {NOW},
            updated_at = {NOW} WHERE id = ?""",
        (status, *_reason(error), job_id),
    )
    # A dataset without a version and without a job is removed, so that its name is free again.
    connection.execute(
        """DELETE FROM datasets WHERE table_name IS NULL
        AND id = (SELECT dataset_id FROM jobs WHERE id = ?)
        AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.dataset_id = datasets.id
            AND status IN ('pending', 'in_progress'))""",
        (job_id,),
    )


def lost_jobs(connection: Connection) -> list[Row]:
    """The running jobs whose lease has run out, or whose worker is dead."""
    rows = connection.execute(
        f"""SELECT id, retry_count, max_retries, crash_count, worker_id, {_EXPIRED} AS expired
        FROM jobs WHERE status = 'in_progress'"""
    ).fetchall()
    expire = any(row["expired"] for row in rows) and connection.is_settled()
    return [
        row for row in rows if (row["expired"] and expire) or is_dead(connection, row["worker_id"])
    ]


def complete(
    connection: Connection,
    job_id: str,
    message: str,
    revision: Revision,
    counts: IngestCounts,
) -> None:
    """End a job with a result."""
    connection.execute(
        f"""UPDATE jobs SET status = 'completed', progress = 100, message = ?, revision = ?,
            branch = COALESCE(branch, ?), counts = ?, current_phase = NULL, current_file = NULL,
            worker_id = NULL, lease_expires_at = NULL, completed_at = {NOW}, updated_at = {NOW}
        WHERE id = ?""",
        (message, revision.id, revision.branch, to_json(counts), job_id),
    )


def reclaim(connection: Connection) -> int:
    """Hand back the jobs whose worker is dead, or let them fail; returns their number."""
    rows = lost_jobs(connection)
    for row in rows:
        crashes = row["crash_count"] + 1
        connection.execute("UPDATE jobs SET crash_count = ? WHERE id = ?", (crashes, row["id"]))
        times = "once" if crashes == 1 else f"{crashes} times"
        error = WorkerDiedError(f"Its worker died or was killed while it ran, {times} by now.")
        if row["retry_count"] < row["max_retries"]:
            hand_back(connection, row["id"], error=error, cost=1)
        else:
            fail_or_cancel(connection, row["id"], error)
    return len(rows)


def fail_or_cancel(connection: Connection, job_id: str, error: CcingestError) -> None:
    """End a job as failed, or as cancelled if somebody cancelled it before."""
    wanted = connection.execute("SELECT cancel_requested FROM jobs WHERE id = ?", (job_id,))
    if wanted.fetchone()[0]:
        end(connection, job_id, "cancelled", CancelledError("Cancelled while it ran."))
    else:
        end(connection, job_id, "failed", error)


def _reason(error: CcingestError | None) -> tuple[str | None, str | None]:
    return (error.message, error.kind) if error else (None, None)
