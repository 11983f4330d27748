"""A worker for the jobs that a command has queued, which shows progress and handles signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccingest.cli.errors import INTERRUPTED
from ccingest.cli.output import stderr
from ccingest.process.signals import StopSignals
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.cli.progress import ProgressView
    from ccingest.models import Dataset, Job

_MOST_TOLD = 5  # cancelled jobs that are named


@contextmanager
def foreground(home: Home) -> Iterator[tuple[ForegroundWorker, ProgressView]]:
    """A worker and the view of its progress. A signal cancels the jobs, and ends the process if needed."""
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.cli.progress import ProgressView
    from ccingest.process import configure_ingest

    configure_ingest()
    signals = StopSignals()
    view = ProgressView()
    with ForegroundWorker(home, signals.event) as worker:
        signals.exit_after_grace(worker.cancel, INTERRUPTED)
        try:
            yield worker, view
        except KeyboardInterrupt:
            view.close()
            _tell_cancelled(worker.cancelled())
            raise
        finally:
            view.close()


def _tell_cancelled(cancelled: Sequence[tuple[Job, Dataset | None]]) -> None:
    """What became of the datasets, and how to go on."""
    for job, dataset in cancelled[:_MOST_TOLD]:
        stands = f"stands as it was, at {dataset.revision[:10]}" if dataset else "was not made"
        _say(f"cancelled {job.dataset}; the dataset {stands}.")
    if len(cancelled) > _MOST_TOLD:
        _say(f"cancelled {len(cancelled) - _MOST_TOLD} more; `ccingest history` lists them.")
    if cancelled:
        retry = f"`ccingest retry {cancelled[0][0].id[:8]}`"
        _say(f"run the same command again to go on, or {retry} for a worker.")


def _say(text: str) -> None:
    stderr().print(safe(f"ccingest: {text}"), soft_wrap=True, highlight=False)
