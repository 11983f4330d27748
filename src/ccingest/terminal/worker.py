"""What `ccingest worker` says: each job when it has ended, and what an idle worker waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ccingest.errors import error_of
from ccingest.terminal.datasets import cleanup_line
from ccingest.terminal.output import say, short_time
from ccingest.terminal.printing import printing
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import CleanupSummary, Job, Schedule, WorkerSummary


class JobLines:
    """A line for each job. One that is tried again for the same reason gets no further line."""

    def __init__(self) -> None:
        self._told: dict[str, str | None] = {}

    def __call__(self, job: Job) -> None:
        if printing().quiet or (job.status == "pending" and self._told.get(job.id) == job.error):
            return
        self._told[job.id] = job.error
        reason = error_of(job).message if job.error else job.message or ""
        say(f"{job.id[:8]} {job.status} {job.dataset}: {reason}")


def waiting_for(pending: Sequence[Job], schedules: Sequence[Schedule]) -> str:
    """What an idle worker waits for."""
    parts = ["for a job"]
    if pending:
        soonest = min(pending, key=lambda job: job.visible_at)
        parts = [f"for {safe(soonest.dataset)}, {_in_seconds(soonest.visible_at)}"]
        parts += [f"{len(pending)} pending"] if len(pending) > 1 else []
    if schedules:
        due = min(schedules, key=lambda one: one.next_at)
        parts.append(f"{safe(due.request.dataset)} is scheduled for {short_time(due.next_at)} UTC")
    return ", ".join([*parts, "Ctrl-C ends it"])


def _in_seconds(moment: datetime) -> str:
    seconds = (moment - datetime.now(timezone.utc)).total_seconds()
    return f"tried again in {max(1, round(seconds))} s" if seconds > 0 else "which is due"


def tell_loss() -> None:
    say("ccingest: a worker process was killed; another takes its place")


def cleanup_notice(done: CleanupSummary) -> str | None:
    """What the daily clean-up has removed; None for nothing."""
    if done.jobs or done.tables or done.clones or done.freed_bytes:
        return f"clean-up: {cleanup_line(done)}"
    return None


def tell_cleanup(done: CleanupSummary) -> None:
    if notice := cleanup_notice(done):
        say(notice)


def tell_end(done: WorkerSummary) -> None:
    """Whether it was stopped, and what it has lost."""
    if done.was_stopped:
        say("stopped; what was running is pending again")
    if done.lost_processes:
        text = f"{done.lost_processes} worker processes were killed, or crashed"
        say(f"ccingest: {text}; `ccingest history` shows what became of their jobs.")
