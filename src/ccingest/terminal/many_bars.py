"""The jobs that several worker processes run at once: a bar for each."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ccingest.progress import JobEnded, JobStarted, Notice, Progress
from ccingest.terminal.bar import JobBar
from ccingest.terminal.output import say
from ccingest.terminal.progress import BarView, live_bars

if TYPE_CHECKING:
    from rich.live import Live

    from ccingest.models import Job

_IDLE_INTERVAL = 1.0  # seconds between two looks at what comes next


class ManyBars:
    """A context in which the bars stand on the last lines of the terminal.

    `on_job` is called with each job that has ended, `idle` says what is waited for while none runs.
    """

    def __init__(self, on_job: Callable[[Job], None], idle: Callable[[], str]) -> None:
        self._on_job = on_job
        self._idle = idle
        self._next_look = 0.0
        self._views: dict[int, BarView] = {}  # by the number of the process
        self._stack = ExitStack()

    def __enter__(self) -> ManyBars:
        self._live: Live = self._stack.enter_context(live_bars())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def on_progress(self, number: int, progress: Progress | None) -> None:
        """`progress` is None when the process has ended, perhaps in the middle of a job."""
        match progress:
            case None:
                self._views.pop(number, None)
                self._draw()
            case JobStarted(job):
                self._views[number] = BarView(self._live.console, job)
                self._draw()
            case JobEnded(job):
                self._views.pop(number, None)
                self._draw()
                self._on_job(job)
            case Notice(_, message) if number not in self._views:
                say(message)
            case _ if view := self._views.get(number):
                view(progress)

    def on_wait(self) -> None:
        """Say what comes next, if no job runs."""
        if not self._views and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _IDLE_INTERVAL
            self._live.update(JobBar("workers", phase="waits", facts=[self._idle()]))

    def _draw(self) -> None:
        from rich.console import Group

        self._next_look = 0.0
        self._live.update(Group(*(view.bar for _, view in sorted(self._views.items()))))
