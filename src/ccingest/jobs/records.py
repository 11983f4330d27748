"""Frozen values of the job engine. Times are ISO 8601 text in UTC, as they stand in SQLite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from ccingest.records import IngestOptions, Phase, RepoRef, Scope

Status: TypeAlias = Literal["pending", "in_progress", "completed", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("pending", "in_progress", "completed", "failed", "cancelled")
ENDED: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What the user asks for."""

    ref: RepoRef
    project: str
    dataset: str
    scope: Scope = "project"
    branch: str | None = None
    sha: str | None = None
    options: IngestOptions = field(default_factory=IngestOptions)
    priority: int = 0
    max_retries: int = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A row of `jobs`, names joined in."""

    id: str
    project: str
    dataset: str
    scope: Scope
    ref: RepoRef
    branch: str | None
    wanted_sha: str | None
    sha: str | None  # what the job resolved to, once it is done
    options: IngestOptions
    status: Status
    priority: int
    progress: int
    phase: Phase | None
    current_file: str | None
    message: str | None
    error: str | None
    error_kind: str | None
    attempt: int
    retry_count: int
    max_retries: int
    deaths: int  # how often its worker died
    worker_id: str | None
    lease_expires_at: str | None
    cancel_requested: bool
    indexed_files: int | None
    total_chunks: int | None
    files_added: int | None
    files_changed: int | None
    files_moved: int | None
    files_removed: int | None
    files_kept: int | None
    chunks_added: int | None
    chunks_moved: int | None
    chunks_removed: int | None
    chunks_kept: int | None
    bytes_read: int | None
    skipped: Mapping[str, int]
    fallbacks: Mapping[str, int]
    seconds: Mapping[str, float]
    created_at: str
    started_at: str | None
    completed_at: str | None
    visible_at: str

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def duration_seconds(self) -> float | None:
        """From the start of the last attempt to the end; None before there is one."""
        if not (self.started_at and self.completed_at):
            return None
        lasted = parse_time(self.completed_at) - parse_time(self.started_at)
        return round(lasted.total_seconds(), 3)

    @property
    def repository(self) -> str:
        return self.ref.full_name

    @property
    def host(self) -> str:
        return self.ref.host

    @property
    def table_name(self) -> str:
        return table_name(self.id, self.attempt)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """`created` is False when the same thing was queued or running already: `job` is that one."""

    job: Job
    created: bool


@dataclass(frozen=True, slots=True)
class JobEvent:
    """A row of `job_events`: one change of a job."""

    id: int
    job_id: str
    project: str
    dataset: str
    at: str
    status: Status
    progress: int
    phase: Phase | None
    current_file: str | None
    error: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class LogLine:
    at: str
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A published row of `datasets`, for listing."""

    project: str
    name: str
    scope: Scope
    repository: str
    host: str
    branch: str | None
    sha: str
    embedder: str
    chunker: str
    table_name: str
    table_version: int
    files: int
    chunks: int
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class DeletedDataset:
    project: str
    name: str
    chunks: int
    table_name: str  # or, before the first version, the one that its job writes
    scheduled: bool  # until then
    clone_url: str
    is_last: bool  # no other dataset is of that repository


def table_name(job_id: str, attempt: int) -> str:
    """A Lance table for one attempt alone: a worker believed dead can't write into the next's."""
    return f"j{job_id.replace('-', '')[:16]}_{attempt}"


def options_from_json(text: str) -> IngestOptions:
    """The options as they stand in a row; what an older version did not know has its default."""
    options = json.loads(text)
    return IngestOptions(
        include=tuple(options.get("include", ())),
        exclude=tuple(options.get("exclude", ())),
        model=options.get("model", ""),
        force=options.get("force", False),
        cache=options.get("cache", True),
    )


def parse_time(text: str) -> datetime:
    """An aware datetime of a time as SQLite holds it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
