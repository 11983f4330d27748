"""Showing a running ingest on stderr: with a progress bar on a terminal, else with plain lines."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ccingest.app.ingest import error_of
from ccingest.cli.output import print_error, stderr
from ccingest.progress import (
    Emit,
    FileProgress,
    FilesPlanned,
    JobEnded,
    JobStarted,
    Notice,
    PhaseStarted,
    Progress,
    TransferProgress,
    discard,
)
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from ccingest.models import Job

_PLAIN_INTERVAL = 5.0  # seconds between two plain lines of a phase
_MEGABYTE = 1_000_000


class ProgressView:
    """An Emit that shows jobs one after the other, and removes the progress bar after each.

    Shows a failure as soon as the job ends. If there are several jobs, shows each result.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._view: Emit = discard

    def __call__(self, progress: Progress) -> None:
        match progress:
            case JobStarted(job, number, total):
                self._view = self._open(_title(job, number, total))
            case JobEnded(job, number, total):
                self.close()
                if job.ended and job.status != "completed":
                    print_error(error_of(job), as_json=False)
                elif job.ended and total > 1:
                    text = f"{_title(job, number, total)}: {job.message}"
                    stderr().print(safe(text), soft_wrap=True)
            case _:
                self._view(progress)

    def close(self) -> None:
        self._stack.close()
        self._view = discard

    def _open(self, title: str) -> Emit:
        if stderr().is_terminal:
            return _BarView(self._stack.enter_context(_bars()), title)
        return _LineView(title)


def _title(job: Job, number: int, total: int) -> str:
    return f"{job.source.name} ({number}/{total})" if total > 1 else job.source.name


class _BarView:
    """One bar with the phase, files, chunks, rate, time left, and current file."""

    def __init__(self, bars: Bars, title: str) -> None:
        self._bars = bars
        self._title = safe(title)
        self._task = bars.add_task(self._title, total=None, phase="queued", detail="")
        self._started = time.monotonic()
        self._streaming = False

    def __call__(self, progress: Progress) -> None:
        match progress:
            case PhaseStarted(phase):
                # Chunking and embedding alternate quickly. Show one name, so that it does not flicker.
                if not (self._streaming and phase in ("chunk", "embed")):
                    self._bars.update(self._task, phase=phase)
                if phase == "index":
                    self._bars.update(self._task, detail="finishing the index")
            case TransferProgress(received, total, size):
                self._bars.update(
                    self._task,
                    total=total or None,
                    completed=received,
                    detail=f"{received:,} objects, {size / _MEGABYTE:.1f} MB",
                )
            case FilesPlanned(_, size):
                self._streaming = True
                self._started = time.monotonic()
                self._bars.reset(self._task, total=size or None)
                self._bars.update(self._task, phase="embed", detail="")
            case FileProgress() as now:
                self._bars.update(self._task, completed=now.bytes_done, detail=self._rates(now))
            case Notice(level, message):
                style = "yellow" if level == "warning" else "dim"
                self._bars.console.print(safe(message), style=style)

    def _rates(self, now: FileProgress) -> str:
        seconds = max(time.monotonic() - self._started, 1e-3)
        return (
            f"{now.files_done:,}/{now.files_total:,} files  {now.chunks_done:,} chunks  "
            f"{now.bytes_done / _MEGABYTE / seconds:.1f} MB/s  {safe(now.current_file)}"
        )


class _LineView:
    """A line when a phase begins, and one every few seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._seen: set[str] = set()
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        match progress:
            case PhaseStarted(phase) if phase not in self._seen:
                self._seen.add(phase)
                self._line(phase)
            case TransferProgress(received, total, size):
                self._line_if_due(
                    f"clone {received:,}/{total:,} objects, {size / _MEGABYTE:.1f} MB"
                )
            case FilesPlanned(files, size):
                self._line(f"{files:,} files to index, {size / _MEGABYTE:.1f} MB")
            case FileProgress() as now:
                self._line_if_due(
                    f"{now.files_done:,}/{now.files_total:,} files, {now.chunks_done:,} chunks"
                )
            case Notice(level, message):
                self._line(f"{level}: {message}")

    def _line_if_due(self, text: str) -> None:
        if time.monotonic() >= self._next:
            self._line(text)

    def _line(self, text: str) -> None:
        self._next = time.monotonic() + _PLAIN_INTERVAL
        stderr().print(safe(f"{self._title}: {text}"), soft_wrap=True)


def _bars() -> Any:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", style="bold", markup=False),
        TextColumn("{task.fields[phase]}", style="cyan", markup=False),
        BarColumn(bar_width=24),
        TimeRemainingColumn(compact=True),
        TextColumn(
            "{task.fields[detail]}",
            style="dim",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
        console=stderr(),
        transient=True,
        expand=True,
    )
