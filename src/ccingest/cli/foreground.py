"""A worker for the jobs that a command has queued, which shows progress and handles signals."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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

_STDERR = 2  # the file descriptor
_MOST_TOLD = 5  # cancelled jobs that are named


@contextmanager
def foreground(
    home: Home, signals: StopSignals | None = None
) -> Iterator[tuple[ForegroundWorker, ProgressView]]:
    """A worker and the view of its progress. A signal cancels the jobs, and ends the process if needed."""
    from ccingest.app.ingest import ForegroundWorker
    from ccingest.cli.progress import ProgressView
    from ccingest.process import configure_ingest

    configure_ingest()
    signals = signals or StopSignals()
    view = ProgressView()
    with ForegroundWorker(home, signals.event) as worker:

        def cancel() -> None:
            worker.cancel()
            # Not by the console: the main thread hangs, perhaps with its lock.
            lines = ["", *_cancelled_lines(worker.cancelled()), ""]
            with suppress(OSError):
                os.write(_STDERR, "\n".join(lines).encode(errors="backslashreplace"))

        signals.exit_after_grace(cancel, INTERRUPTED)
        try:
            yield worker, view
        except KeyboardInterrupt:
            view.close()
            for line in _cancelled_lines(worker.cancelled()):
                stderr().print(line, soft_wrap=True)
            raise
        finally:
            view.close()


def _cancelled_lines(cancelled: Sequence[tuple[Job, Dataset | None]]) -> list[str]:
    """What became of the datasets, and how to go on."""
    found = []
    for job, dataset in cancelled[:_MOST_TOLD]:
        stands = f"stands as it was, at {dataset.revision[:10]}" if dataset else "was not made"
        found.append(f"cancelled {job.dataset}; the dataset {stands}.")
    if len(cancelled) > _MOST_TOLD:
        more = len(cancelled) - _MOST_TOLD
        found.append(f"cancelled {more} more; `ccingest history` lists them.")
    if cancelled:
        retry = f"`ccingest retry {cancelled[0][0].id[:8]}`"
        found.append(f"run the same command again to go on, or {retry} for a worker.")
    return [safe(f"ccingest: {line}") for line in found]
