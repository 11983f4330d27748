"""The types of all JSON documents. docs/documents.schema.json is generated from them."""

from __future__ import annotations

from typing import TypedDict

from ccingest.documents.estimates import EstimatesDocument
from ccingest.documents.freshness import FreshnessDocument


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


class DatasetDocument(TypedDict):
    project: str
    dataset: str
    scope: str
    source: str
    repository: str
    host: str | None
    location: str  # the URL that it is read from
    branch: str | None
    sha: str
    revision: str  # the same, as other sources than git call it
    embedder: str
    chunker: str
    files: int
    chunks: int
    bytesOnDisk: int
    createdAt: str
    updatedAt: str


class DatasetsDocument(TypedDict):
    datasets: list[DatasetDocument]


class ListedDatasetDocument(TypedDict):
    """A dataset of a list of files. The skipped files that are not listed are counted in `leftOut`.

    That is null when no list of them was made, by an earlier version of ccingest.
    """

    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    leftOut: int | None


class IndexedFileDocument(TypedDict):
    project: str
    dataset: str
    path: str
    language: str
    chunks: int


class IndexedFilesDocument(TypedDict):
    datasets: list[ListedDatasetDocument]
    files: list[IndexedFileDocument]


class SkippedFileDocument(TypedDict):
    """`rule` is the pattern or the bound that the file met, empty where its content is the reason."""

    project: str
    dataset: str
    path: str
    reason: str
    rule: str


class SkippedFilesDocument(TypedDict):
    datasets: list[ListedDatasetDocument]
    files: list[SkippedFileDocument]


class DeletedDatasetDocument(TypedDict):
    project: str
    dataset: str
    source: str
    deletedChunks: int


class _Deletion(TypedDict):
    project: str
    deletedChunks: int


class DeletionDocument(_Deletion, total=False):
    """`dataset` is there when it was one, `datasets` when there were several."""

    dataset: str
    datasets: list[DeletedDatasetDocument]


class ContributionDocument(TypedDict):
    name: str
    reason: str
    value: float
    points: float


class ExplanationDocument(TypedDict):
    questionKind: str
    nthOfFile: int
    contributions: list[ContributionDocument]


class SnippetDocument(TypedDict):
    """The lines that answer best. `signatureLine` begins the definition they stand in."""

    startLine: int
    endLine: int
    signatureLine: int | None
    text: str


class _Hit(TypedDict):
    rank: int
    score: float
    confidence: float | None
    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    path: str
    state: str  # committed, modified or untracked: what git knows of the file
    startLine: int
    endLine: int
    language: str
    symbol: str
    kind: str
    snippet: SnippetDocument
    also: list[int]
    copies: list[str]
    url: str | None


class HitDocument(_Hit, total=False):
    """`text` can be left out; `explanation` is there where it was asked for."""

    text: str
    explanation: ExplanationDocument


class SearchDocument(TypedDict):
    query: str
    k: int
    hits: list[HitDocument]
    note: str | None
    mode: str
    freshness: list[FreshnessDocument]


class StoredFile(TypedDict):
    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    path: str
    state: str


class FileLinesDocument(StoredFile):
    startLine: int
    endLine: int
    text: str
    url: str | None


class FoundFileDocument(StoredFile):
    """What `open` opens: `file` is the one in a work tree, null when a copy is shown."""

    line: int
    file: str | None
    url: str | None


class SymbolDocument(TypedDict):
    symbol: str
    line: int


class OutlineDocument(StoredFile):
    symbols: list[SymbolDocument]


class SimilarDocument(StoredFile):
    line: int
    k: int
    hits: list[HitDocument]


class SpreadDocument(TypedDict):
    """Seconds."""

    median: float
    p95: float


class StatisticsDocument(TypedDict):
    project: str
    jobs: dict[str, int]
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


class CheckDocument(TypedDict):
    name: str
    ok: bool
    detail: str
    advice: str
    damaged: list[str]  # names of datasets


class DoctorDocument(TypedDict):
    ok: bool
    checks: list[CheckDocument]


class TextDocument(TypedDict):
    """A text for people or shells: help, or a script."""

    text: str


class SettingDocument(TypedDict):
    """`source` is `environment`, `config` or `default`. The value of a token is never shown."""

    key: str
    value: str | int | None
    source: str
    variable: str | None


class ConfigurationDocument(TypedDict):
    settings: list[SettingDocument]
    path: str
    unknown: list[str]


class ConfigPathDocument(TypedDict):
    path: str


class ClientSetupDocument(TypedDict):
    """`action` is `added`, `updated`, `removed` or `unchanged`; `text` is our part of the file."""

    client: str
    path: str
    action: str
    text: str


DOCUMENTS = (
    ClientSetupDocument,
    SettingDocument,
    ConfigurationDocument,
    ConfigPathDocument,
    JobDocument,
    JobsDocument,
    EventDocument,
    JobLogDocument,
    DatasetsDocument,
    IndexedFilesDocument,
    SkippedFilesDocument,
    DeletionDocument,
    EstimatesDocument,
    SearchDocument,
    FileLinesDocument,
    FoundFileDocument,
    OutlineDocument,
    SimilarDocument,
    ProjectsDocument,
    AddedScheduleDocument,
    ScheduleDocument,
    SchedulesDocument,
    SyncsDocument,
    OrganizationDocument,
    WorkerDocument,
    CleanupDocument,
    DoctorDocument,
    TextDocument,
    ErrorDocument,
)
