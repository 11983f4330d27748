"""What `ccingest folder watch` says: bursts of changes, each of which is a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.progress import Emit, JobEnded, JobStarted, Notice, Progress, Retrying
from ccingest.terminal.jobs import changes_of
from ccingest.terminal.output import note, stderr
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import Job


class BurstView:
    """Shows a progress bar on a terminal. Elsewhere only failures and notices: bursts are many."""

    def __init__(self, view: Emit) -> None:
        self._view = view

    def __call__(self, progress: Progress) -> None:
        match progress:
            case Notice(_, message):
                note(message)
            case JobStarted() | JobEnded() | Retrying():
                self._view(progress)
            case _ if stderr().is_terminal:
                self._view(progress)


def burst_line(job: Job) -> str:
    at = f"{job.completed_at or job.created_at:%H:%M:%S}"
    changes = f"; {changes_of(job)}" if job.counts and job.counts.chunks_kept else ""
    return safe(f"{at} {job.dataset}: {job.error or job.message or job.status}{changes}")
