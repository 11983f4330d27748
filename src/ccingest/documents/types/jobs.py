"""The types of the documents of jobs, schedules and errors."""

from __future__ import annotations

from typing import TypedDict


class JobDocument(TypedDict):
    """Beside these keys, one for each count of IngestCounts: null, or {}, until it is completed."""

    jobId: str
    status: str
    message: str | None
    project: str
    dataset: str
    source: str
    repository: str
    host: str | None
    location: str  # the URL that it is read from
    branch: str | None
    sha: str | None
    scope: str
    priority: int
    progress: int
    phase: str | None
    currentFile: str | None
    error: str | None
    errorKind: str | None
    retryCount: int
    maxRetries: int
    workerHost: str | None  # the machine whose worker runs or ran it
    createdAt: str
    startedAt: str | None
    completedAt: str | None
    durationSeconds: float | None


class JobsDocument(TypedDict):
    jobs: list[JobDocument]


class EventData(TypedDict):
    jobId: str
    project: str
    dataset: str
    source: str
    status: str
    progress: int
    phase: str | None
    currentFile: str | None
    error: str | None


class EventDocument(TypedDict):
    """A line of `watch`."""

    type: str
    id: int
    timestamp: str
    data: EventData


class LogLineDocument(TypedDict):
    at: str
    level: str
    message: str


class JobLogDocument(TypedDict):
    jobId: str
    lines: list[LogLineDocument]


class SpreadDocument(TypedDict):
    """Seconds."""

    median: float
    p95: float


class StatisticsDocument(TypedDict):
    project: str
    jobs: dict[str, int]
    hosts: dict[str, int]  # machine -> the jobs that it ran last
    successRate: float | None
    durationSeconds: SpreadDocument | None
    phaseSeconds: dict[str, SpreadDocument]
    chunksPerSecond: float | None
    bytesPerSecond: float | None
    datasets: int
    chunks: int


class ProjectsDocument(TypedDict):
    projects: list[StatisticsDocument]


class ScheduleDocument(TypedDict):
    project: str
    dataset: str
    source: str
    repository: str
    host: str | None
    location: str  # the URL that it is read from
    branch: str | None
    scope: str
    priority: int
    every: str | None
    cron: str | None
    nextAt: str
    lastJobId: str | None
    lastStatus: str | None
    error: str | None
    createdAt: str


class AddedScheduleDocument(ScheduleDocument):
    replaced: bool


class SchedulesDocument(TypedDict):
    schedules: list[ScheduleDocument]


class SyncDocument(TypedDict):
    project: str
    dataset: str
    source: str
    repository: str
    outcome: str
    reason: str | None
    fromSha: str
    sha: str
    job: JobDocument | None


class SyncsDocument(TypedDict):
    datasets: list[SyncDocument]


class HostedRepositoryDocument(TypedDict):
    repository: str
    branch: str | None
    archived: bool
    fork: bool
    private: bool


class ErrorText(TypedDict):
    kind: str
    message: str


class ErrorDocument(TypedDict):
    error: ErrorText


class RefusedDocument(TypedDict):
    repository: str
    error: ErrorText


class OrganizationDocument(TypedDict):
    organisation: str
    host: str
    repositories: list[HostedRepositoryDocument]
    skipped: dict[str, int]
    jobs: list[JobDocument]
    refused: list[RefusedDocument]  # empty since 0.2: a dataset finds a name by itself


class WorkerDocument(TypedDict):
    """How jobs ended, and how many each."""

    jobs: dict[str, int]


class CleanupDocument(TypedDict):
    deletedJobs: int
    deletedTables: int
    deletedClones: int
    freedBytes: int
