"""The progress events of a running ingest, as typed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ccingest.secrets import hide_secrets

if TYPE_CHECKING:
    from ccingest.models import Job, Phase


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job starts. All events until its JobEnded are about this job."""

    job: Job
    number: int  # of `total`, from 1
    total: int


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job has completed, failed or was cancelled. A pending one is retried later, or elsewhere."""

    job: Job
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """The job goes on with this phase."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """Progress of a clone, or of the files or pages that are read to know what has changed.

    `total_objects` is 0 until it is known.
    """

    received_objects: int
    total_objects: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class FilesPlanned:
    """How much there is to chunk, after the diff."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FileProgress:
    """Progress of chunking and embedding. All counts are since the start of the job."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    chunks_done: int
    current_file: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """The job could not complete, for `job.error`, and is tried again after a while."""

    job: Job


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the job's log."""

    level: Literal["info", "warning"]
    message: str

    def __post_init__(self) -> None:
        # A terminal shows it, and CI logs keep that.
        object.__setattr__(self, "message", hide_secrets(self.message))


Progress: TypeAlias = (
    JobStarted
    | JobEnded
    | PhaseStarted
    | TransferProgress
    | FilesPlanned
    | FileProgress
    | Retrying
    | Notice
)
Emit: TypeAlias = Callable[[Progress], None]
"""May raise CancelledError or LeaseLostError, which stop the running job."""


def discard(progress: Progress) -> None:
    """An Emit that ignores all progress."""
