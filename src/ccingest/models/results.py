"""What use cases return, if it is more than a job, a dataset or hits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from ccingest.models.datasets import Dataset, ManifestFile, SkippedFile
from ccingest.models.jobs import Enqueued, Job, LogLine
from ccingest.values import dataclass

SyncOutcome: TypeAlias = Literal[
    "updated", "up_to_date", "skipped", "queued", "failed", "cancelled"
]


@dataclass(frozen=True, slots=True)
class DatasetFiles:
    """The files of a dataset's revision: those that are indexed and those that are not, by path."""

    dataset: Dataset
    indexed: tuple[ManifestFile, ...]
    skipped: tuple[SkippedFile, ...]
    # How many more were skipped than are listed. None: no list was made, because the dataset was
    # made by an earlier version of ccingest.
    left_out: int | None


@dataclass(frozen=True, slots=True)
class FileLines:
    """Lines of a stored file, both ends included, as at the dataset's revision."""

    dataset: Dataset
    path: str
    start_line: int
    end_line: int
    text: str
    url: str | None
    language: str = ""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A stored file, and where it can be seen otherwise."""

    dataset: Dataset
    path: str
    line: int
    text: str  # at the dataset's revision
    on_disk: Path | None  # in the work tree that the dataset was made of; it may have changed since
    url: str | None  # of the line


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition in a stored file."""

    name: str
    line: int  # where its definition starts, from 1


@dataclass(frozen=True, slots=True)
class Outline:
    """The symbols that a stored file defines."""

    dataset: Dataset
    path: str
    symbols: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class JobLog:
    """A job, and what its worker wrote about it."""

    job: Job
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How the sync of one dataset ended. `dataset` is as it was before."""

    dataset: Dataset
    outcome: SyncOutcome
    reason: str | None  # why it was skipped
    job: Job | None


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """What a worker did until it ended."""

    jobs: Mapping[str, int]  # how they ended -> how many
    was_stopped: bool = False
    lost_processes: int = 0  # processes that were killed, or crashed


@dataclass(frozen=True, slots=True)
class CleanupSummary:
    """What a clean-up removed."""

    jobs: int = 0
    tables: int = 0
    clones: int = 0
    freed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Migration:
    """A database that was copied to a server, and compared with it."""

    source: Path
    target: str  # without a password
    rows: Mapping[str, int]  # of each table
    is_new: bool  # False: the same was there already


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting and where its value is from. `value` None: it has none, or it is a secret."""

    key: str
    value: str | int | None
    source: Literal["environment", "config", "default"]
    variable: str | None  # of the environment


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, and the file that some of them may be set in."""

    path: Path
    settings: tuple[SettingValue, ...]
    unknown: tuple[str, ...] = ()  # keys of the file that mean nothing


@dataclass(frozen=True, slots=True)
class ClientSetup:
    """A client's file, and what was done to it."""

    client: str
    title: str
    path: Path
    action: str  # "added", "updated", "removed" or "unchanged"
    text: str  # our part of the file
    address: str  # of the client's documentation


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check, and what to do if it is not ok."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
    damaged: tuple[str, ...] = ()  # the datasets that must be added again as a whole


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A repository as its host lists it."""

    full_name: str
    default_branch: str | None
    size: int  # kilobytes; GitHub updates it rarely, so a new repository has 0
    is_archived: bool
    is_fork: bool
    is_disabled: bool
    is_private: bool


@dataclass(frozen=True, slots=True)
class OrganizationResult:
    """The chosen repositories of an organisation, and the jobs that were queued for them."""

    name: str
    host: str
    repositories: tuple[HostedRepository, ...]
    skipped: Mapping[str, int]  # why -> how many
    queued: tuple[Enqueued, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: the median and the 95th percentile."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class ProjectStatistics:
    """Rates are over the jobs that wrote chunks; None when there is no such job."""

    project: str
    jobs: Mapping[str, int]  # status -> jobs
    hosts: Mapping[str, int]  # machine -> jobs that its workers ran last
    success_rate: float | None  # completed jobs among those that completed or failed
    duration: Spread | None  # of completed jobs
    phases: Mapping[str, Spread]
    chunks_per_second: float | None
    bytes_per_second: float | None
    datasets: int
    chunks: int
