"""Showing running ingests on stderr: with a progress bar on a terminal, else with plain lines."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ccingest.errors import error_of
from ccingest.plurals import number_of
from ccingest.progress import (
    Emit,
    FileProgress,
    FilesPlanned,
    JobEnded,
    JobStarted,
    Notice,
    PhaseStarted,
    Progress,
    Retrying,
    TransferProgress,
    discard,
)
from ccingest.terminal.output import print_error, stderr
from ccingest.terminal.printing import printing
from ccingest.terminal.time_left import TimeLeft
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from ccingest.models import Job

_PLAIN_INTERVAL = 5.0  # seconds between two plain lines of a phase
_FRAMES_A_SECOND = 8
# What is counted while a source is fetched.
_OBJECTS = {"github": "objects", "folder": "files", "web": "pages"}
_MEGABYTE = 1_000_000


class ProgressView:
    """An Emit that shows jobs one after the other, and removes the progress bar after each.

    With `with_results` it tells how each job ends: a failure always, and the result of each of several
    on a terminal. Elsewhere the reply of the command has them. Once a host could not be reached, it
    says so once.
    """

    def __init__(self, *, with_results: bool = True) -> None:
        self._stack = ExitStack()
        self._view: Emit = discard
        self._with_results = with_results
        self._lines: dict[str, _LineView] = {}
        self._retried: set[tuple[str | None, str]] = set()
        self._job = ""
        self._told: set[tuple[str, Notice]] = set()

    def __call__(self, progress: Progress) -> None:
        match progress:
            case JobStarted(job, number, total):
                self._view, self._job = self._open(job, number, total), job.id
            case Notice() if (self._job, progress) in self._told:
                return  # a further try of the job says it again
            case JobEnded(job, number, total):
                self.close()
                if job.ended:
                    self._told.clear()
                    if self._with_results:
                        self._tell(job, number, total)
            case Retrying(job):
                cause = (job.error_kind, job.source.host or job.source.location)
                is_news = cause not in self._retried
                self._retried.add(cause)
                if is_news and not printing().quiet:
                    _print_above(self._view, _retry_line(job))
                self._view(progress)
            case _:
                if isinstance(progress, Notice):
                    self._told.add((self._job, progress))
                self._view(progress)

    def waits(self, for_what: str) -> None:
        """No job runs. On a terminal, a line says what comes next."""
        if isinstance(self._view, _IdleView):
            self._view.bar.facts = [for_what]
        elif self._view is discard and shows_bars():
            self._view = _IdleView(self._stack.enter_context(live_bars()), for_what)

    def close(self) -> None:
        self._stack.close()
        self._view = discard

    def _open(self, job: Job, number: int, total: int) -> Emit:
        self.close()
        place = f" ({number}/{total})" if total > 1 else ""
        if printing().quiet:
            return discard
        if shows_bars():
            live = self._stack.enter_context(live_bars())
            view = BarView(live.console, job, place)
            live.update(view.bar)
            return view
        title = job.source.name + place
        return self._lines.setdefault(job.id, _LineView(title, objects_of(job)))

    def _tell(self, job: Job, number: int, total: int) -> None:
        if job.status != "completed":
            print_error(error_of(job))
        elif total > 1 and stderr().is_terminal and not printing().quiet:
            text = f"{job.dataset} ({number}/{total}): {job.message}"
            stderr().print(safe(text), soft_wrap=True)


class BarView:
    """One line with the phase, files, chunks, rate, time left, and current file."""

    def __init__(self, console: Console, job: Job, place: str = "") -> None:
        from ccingest.terminal.bar import JobBar

        self.console = console
        self.bar = JobBar(safe(job.dataset) + place)
        self._objects = objects_of(job)
        self._started = time.monotonic()
        self._is_streaming = False

    def __call__(self, progress: Progress) -> None:
        bar, now = self.bar, time.monotonic()
        match progress:
            case PhaseStarted(phase):
                # Chunking and embedding alternate quickly. Show one name, so that it does not flicker.
                if not (self._is_streaming and phase in ("chunk", "embed")):
                    bar.phase = phase
                if phase == "index":
                    bar.total, bar.file, bar.time_left = 0, "", None
            case TransferProgress(received, total, size):
                bar.done, bar.total = received, total
                bar.facts = [f"{size / _MEGABYTE:.1f} MB", f"{received:,} {self._objects}"]
            case FilesPlanned(_, size):
                self._is_streaming, self._started = True, now
                bar.phase, bar.done, bar.total, bar.facts = "embed", 0, size, []
                bar.time_left = TimeLeft(size)
            case FileProgress() as done:
                bar.done, bar.file, bar.facts = (
                    done.bytes_done,
                    safe(done.current_file),
                    self._facts(done),
                )
                if bar.time_left:
                    bar.time_left.update(now, done.bytes_done)
            case Retrying(job):
                bar.phase, bar.done, bar.total, bar.time_left = "waits", 0, 0, None
                bar.facts = [f"to try again, {job.retry_count} of {job.max_retries}"]
                self._is_streaming = False
            case Notice(level, message):
                style = "yellow" if level == "warning" else "dim"
                self.console.print(safe(message), style=style, soft_wrap=True)

    def _facts(self, now: FileProgress) -> list[str]:
        seconds = max(time.monotonic() - self._started, 1e-3)
        return [
            f"{now.files_done:,}/{now.files_total:,} files",
            f"{now.chunks_done:,} chunks",
            f"{now.bytes_done / _MEGABYTE / seconds:.1f} MB/s",
        ]


class _IdleView:
    """A line while a worker has nothing to do."""

    def __init__(self, live: Live, for_what: str) -> None:
        from ccingest.terminal.bar import JobBar

        self.bar = JobBar("worker", phase="waits", facts=[for_what])
        live.update(self.bar)

    def __call__(self, progress: Progress) -> None:
        """There is no progress."""


class _LineView:
    """A line when a phase begins, and one every few seconds."""

    def __init__(self, title: str, objects: str) -> None:
        self._title = title
        self._objects = objects
        self._phase = ""
        self._seen: set[str] = set()
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        match progress:
            case PhaseStarted(phase) if phase not in self._seen:
                self._seen.add(phase)
                self._phase = phase
                self._line(phase)
            case TransferProgress(received, total, size):
                of_total = f"/{total:,}" if total else ""
                done = f"{received:,}{of_total} {self._objects}, {size / _MEGABYTE:.1f} MB"
                self._line_if_due(f"{self._phase} {done}")
            case FilesPlanned(files, size):
                self._line(f"{number_of(files, 'file')} to index, {size / _MEGABYTE:.1f} MB")
            case FileProgress() as now:
                self._line_if_due(
                    f"{now.files_done:,}/{now.files_total:,} files, {number_of(now.chunks_done, 'chunk')}"
                )
            case Notice(level, message):
                self._line(f"{level}: {message}")

    def _line_if_due(self, text: str) -> None:
        if time.monotonic() >= self._next:
            self._line(text)

    def _line(self, text: str) -> None:
        self._next = time.monotonic() + _PLAIN_INTERVAL
        stderr().print(safe(f"{self._title}: {text}"), soft_wrap=True)


def objects_of(job: Job) -> str:
    """What is counted while the source of the job is fetched."""
    return _OBJECTS.get(job.source.kind, "read")


def _retry_line(job: Job) -> str:
    times = "once" if job.max_retries == 1 else f"up to {job.max_retries} times"
    return f"{job.dataset}: {job.error} Trying again, {times}."


def _print_above(view: Emit, text: str) -> None:
    """Print a line, above the bar if there is one."""
    console = view.console if isinstance(view, BarView) else stderr()
    console.print(safe(text), style="yellow", soft_wrap=True)


def shows_bars() -> bool:
    """Whether progress is shown by bars."""
    return stderr().is_terminal and not stderr().is_dumb_terminal and not printing().quiet


def live_bars() -> Live:
    from rich.live import Live

    # stdout stays as it is: what the command prints there comes after the progress.
    return Live(
        console=stderr(), transient=True, refresh_per_second=_FRAMES_A_SECOND, redirect_stdout=False
    )
