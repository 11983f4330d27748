"""A running ingest on the screen: rich bars on a terminal, plain lines elsewhere. Always stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ccingest.cli.output import safe, stderr
from ccingest.events import (
    Emit,
    Event,
    FileProgress,
    FilesPlanned,
    Notice,
    PhaseStarted,
    TransferProgress,
)

if TYPE_CHECKING:
    from rich.progress import Progress

_PLAIN_INTERVAL = 5.0  # seconds between two plain lines of one phase
_MEGABYTE = 1_000_000


@contextmanager
def progress_view(title: str) -> Iterator[Emit]:
    """An Emit that shows what it is told, and cleans up the screen at the end."""
    if stderr().is_terminal:
        with _bars() as progress:
            yield _BarView(progress, title)
    else:
        yield _LineView(title)


class _BarView:
    """One bar: the phase, files, chunks, rate, time left, and the file at hand."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._title = safe(title)
        self._task = progress.add_task(self._title, total=None, phase="queued", detail="")
        self._started = time.monotonic()
        self._streaming = False

    def __call__(self, event: Event) -> None:
        match event:
            case PhaseStarted(phase):
                # Chunking and embedding take turns in one stream: one name, or it flickers.
                if not (self._streaming and phase in ("chunk", "embed")):
                    self._progress.update(self._task, phase=phase)
                if phase == "index":
                    self._progress.update(self._task, detail="finishing the index")
            case TransferProgress(received, total, size):
                self._progress.update(
                    self._task,
                    total=total or None,
                    completed=received,
                    detail=f"{received:,} objects, {size / _MEGABYTE:.1f} MB",
                )
            case FilesPlanned(_, size):
                self._streaming = True
                self._started = time.monotonic()
                self._progress.reset(self._task, total=size or None)
                self._progress.update(self._task, phase="embed", detail="")
            case FileProgress() as now:
                self._progress.update(self._task, completed=now.bytes_done, detail=self._rates(now))
            case Notice(level, message):
                style = "yellow" if level == "warning" else "dim"
                self._progress.console.print(safe(message), style=style)

    def _rates(self, now: FileProgress) -> str:
        seconds = max(time.monotonic() - self._started, 1e-3)
        return (
            f"{now.files_done:,}/{now.files_total:,} files  {now.chunks_done:,} chunks  "
            f"{now.bytes_done / _MEGABYTE / seconds:.1f} MB/s  {safe(now.current_file)}"
        )


class _LineView:
    """A line when a phase begins, and now and then in between."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._seen: set[str] = set()
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case PhaseStarted(phase) if phase not in self._seen:
                self._seen.add(phase)
                self._line(phase)
            case TransferProgress(received, total, size):
                self._sometimes(f"clone {received:,}/{total:,} objects, {size / _MEGABYTE:.1f} MB")
            case FilesPlanned(files, size):
                self._line(f"{files:,} files to index, {size / _MEGABYTE:.1f} MB")
            case FileProgress() as now:
                self._sometimes(
                    f"{now.files_done:,}/{now.files_total:,} files, {now.chunks_done:,} chunks"
                )
            case Notice(level, message):
                self._line(f"{level}: {message}")
            case _:
                pass

    def _sometimes(self, text: str) -> None:
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
