"""A worker for the jobs that a command has queued, which shows progress and handles signals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccingest.cli.errors import INTERRUPTED
from ccingest.process.signals import StopSignals

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.cli.progress import ProgressView


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
        finally:
            view.close()
