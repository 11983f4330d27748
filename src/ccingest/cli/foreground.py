"""A worker for the jobs that a command queues, its progress on the screen, and its end by a signal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccingest.cli.errors import INTERRUPTED
from ccingest.cli.signals import StopSignals

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.cli.progress import ProgressView


@contextmanager
def foreground(home: Home) -> Iterator[tuple[ForegroundWorker, ProgressView]]:
    """A signal cancels what the worker runs; one that can't be stopped in good order is left."""
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.cli.progress import ProgressView
    from ccingest.process import configure_ingest

    configure_ingest()
    signals = StopSignals()
    view = ProgressView()
    with ForegroundWorker(home, signals.event) as worker:
        signals.leave_late(worker.cancel, INTERRUPTED)
        try:
            yield worker, view
        finally:
            view.close()
