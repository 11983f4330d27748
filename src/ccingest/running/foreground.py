"""A worker for the jobs that a command has queued, which shows progress and handles signals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ccingest.process.signals import StopSignals
from ccingest.terminal.ended import cancelled_lines
from ccingest.terminal.errors import INTERRUPTED
from ccingest.terminal.output import say

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.terminal.progress import ProgressView

_STDERR = 2  # the file descriptor


@contextmanager
def watched(*, with_results: bool = True) -> Iterator[ProgressView]:
    """The view of the progress of what is done meanwhile."""
    from ccingest.process import configure_ingest
    from ccingest.terminal.progress import ProgressView

    configure_ingest()
    view = ProgressView(with_results=with_results)
    try:
        yield view
    finally:
        view.close()


@contextmanager
def foreground(
    home: Home, signals: StopSignals | None = None, *, with_results: bool = True
) -> Iterator[tuple[ForegroundWorker, ProgressView]]:
    """A worker and the view of its progress. A signal cancels the jobs, and ends the process if needed."""
    from ccingest.app.ingest import ForegroundWorker

    signals = signals or StopSignals()
    with (
        watched(with_results=with_results) as view,
        ForegroundWorker(home, signals.event) as worker,
    ):

        def cancel() -> None:
            worker.cancel()
            # Not by the console: the main thread hangs, perhaps with its lock.
            lines = ["", *cancelled_lines(worker.cancelled()), ""]
            with suppress(OSError):
                os.write(_STDERR, "\n".join(lines).encode(errors="backslashreplace"))

        signals.exit_after_grace(cancel, INTERRUPTED)
        try:
            yield worker, view
        except KeyboardInterrupt:
            view.close()
            for line in cancelled_lines(worker.cancelled()):
                say(line)
            raise
        finally:
            view.close()
