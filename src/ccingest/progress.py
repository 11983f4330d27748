"""Typed facts that a running ingest tells about itself; who shows or records them is not known here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ccingest.models import Job, Phase


@dataclass(frozen=True, slots=True)
class JobStarted:
    """What follows is about this job, until its JobEnded."""

    job: Job
    number: int  # of `total`, from 1
    total: int


@dataclass(frozen=True, slots=True)
class JobEnded:
    """Completed, failed or cancelled; or pending: it is to be tried again, or runs elsewhere."""

    job: Job
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    phase: Phase


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """While cloning. `total_objects` is 0 as long as the remote does not know it."""

    received_objects: int
    total_objects: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class FilesPlanned:
    """After the diff: what is to be chunked."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FileProgress:
    """While chunking and embedding. All counts are of this job, from its start."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    chunks_done: int
    current_file: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the job's log."""

    level: Literal["info", "warning"]
    message: str


Progress: TypeAlias = (
    JobStarted | JobEnded | PhaseStarted | TransferProgress | FilesPlanned | FileProgress | Notice
)
Emit: TypeAlias = Callable[[Progress], None]
"""May raise CancelledError or LeaseLostError: an emitter is where a running job learns of them."""


def discard(progress: Progress) -> None:
    """An Emit for callers that want no progress."""
