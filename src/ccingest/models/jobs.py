"""Requests, jobs and their events, and what an ingest hands to the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from ccingest.models.datasets import IngestOptions, ManifestFile, Scope, SkippedFiles
from ccingest.models.sources import Reference, Revision, SourceKind

Phase: TypeAlias = Literal["resolve", "clone", "fetch", "diff", "chunk", "embed", "index", "commit"]
# Of a git repository. Other sources have one phase, fetch, for the first two.
PHASES: tuple[Phase, ...] = ("resolve", "clone", "diff", "chunk", "embed", "index", "commit")

Status: TypeAlias = Literal["pending", "in_progress", "completed", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("pending", "in_progress", "completed", "failed", "cancelled")
ENDED: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What one ingest did. For a new count, add a field here and the code that counts it.

    The fields are keys of the JSON document of a job. They are stored as JSON in `jobs.counts`.
    """

    indexed_files: int = 0  # in the new version
    total_chunks: int = 0
    files_added: int = 0
    files_changed: int = 0
    files_moved: int = 0  # the same content as a removed file, at another path
    files_removed: int = 0
    files_kept: int = 0
    chunks_added: int = 0
    chunks_moved: int = 0  # in added, changed or moved files, with a vector from before
    chunks_removed: int = 0
    chunks_kept: int = 0
    bytes_read: int = 0  # bytes of the files that this job chunked
    skipped_files: Mapping[str, int] = field(default_factory=dict)  # SkipReason -> files
    fallback_files: Mapping[str, int] = field(default_factory=dict)  # why -> files cut at lines
    phase_seconds: Mapping[str, float] = field(default_factory=dict)  # Phase -> seconds


@dataclass(frozen=True, slots=True)
class PreparedVersion:
    """A dataset version that is written but not yet visible, and how it was made.

    The queue makes it visible and the job `completed` in one transaction.
    """

    revision: Revision
    embedder: str
    chunker: str
    selection: str
    table_name: str
    table_version: int
    manifest: tuple[ManifestFile, ...]
    counts: IngestCounts
    message: str
    skipped: SkippedFiles = field(default_factory=SkippedFiles)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The dataset was already at the wanted revision, so nothing was written."""

    revision: Revision
    message: str


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What the user asks for: a dataset of this source, at this revision."""

    source: Reference
    project: str
    dataset: str
    scope: Scope = "project"
    branch: str | None = None
    revision: str | None = None
    options: IngestOptions = field(default_factory=IngestOptions)
    priority: int = 0
    max_retries: int = 3
    other_names: tuple[str, ...] = ()  # for the dataset, where another source has that name


@dataclass(frozen=True, slots=True)
class Job:
    """One request to bring a dataset to a revision, and its progress."""

    id: str
    project: str
    dataset: str
    scope: Scope
    source: Reference
    branch: str | None
    wanted_revision: str | None
    revision: str | None  # what the job resolved to, once it is done
    options: IngestOptions
    status: Status
    priority: int
    progress: int  # 0 to 100
    phase: Phase | None
    current_file: str | None
    message: str | None
    error: str | None
    error_kind: str | None
    attempt: int
    retry_count: int
    max_retries: int
    crash_count: int  # how often its worker died
    worker_id: str | None
    worker_host: str | None  # where its last attempt runs or ran
    lease_expires_at: datetime | None
    cancel_requested: bool
    counts: IngestCounts | None  # once it is completed
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    visible_at: datetime

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def duration_seconds(self) -> float | None:
        """From the start of the last attempt to the end; None before the end, and where the clock was set
        back meanwhile.
        """
        if not (self.started_at and self.completed_at) or self.completed_at < self.started_at:
            return None
        return round((self.completed_at - self.started_at).total_seconds(), 3)

    @property
    def table_name(self) -> str:
        return table_name(self.id, self.attempt)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A queued job. `created` is False when a job of the same request already existed."""

    job: Job
    created: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a job: a row of `job_events`."""

    id: int
    job_id: str
    source_kind: SourceKind
    project: str
    dataset: str
    at: datetime
    status: Status
    progress: int
    phase: Phase | None
    current_file: str | None
    error: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a job's log."""

    at: datetime
    level: str
    message: str


def table_name(job_id: str, attempt: int) -> str:
    """The table for one attempt. So a worker that was believed dead can't write into the next one's."""
    return f"j{job_id.replace('-', '')[:16]}_{attempt}"
