"""Datasets, their files and options."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from ccingest.models.sources import Reference

if TYPE_CHECKING:
    from ccingest.models.content import SkipReason

Scope: TypeAlias = Literal["project", "global", "local"]
SCOPES: tuple[Scope, ...] = ("project", "global", "local")


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What the user may set for an ingest. Stored as JSON with datasets, jobs and schedules."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    model: str = ""  # empty: the default
    force: bool = False
    cache: bool = True  # whether the clone may be kept for the next job
    hidden: bool = False  # whether hidden files of a folder are read
    # Of a site, as CrawlOptions has them. 0 and empty stand for its defaults.
    crawl_mode: str = ""
    max_pages: int = 0
    depth: int = -1
    allow_private: bool = False
    public_only: bool = False  # whether only hosts on the public internet may be reached
    # A bundle that the version is taken from, instead of from the source, and its digest.
    bundle: str = ""
    bundle_digest: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The visible version of a dataset: what a query reads and what the next ingest starts from."""

    dataset_id: int
    project: str
    name: str
    scope: Scope
    source: Reference
    branch: str | None
    revision: str
    embedder: str
    chunker: str
    selection: str  # fingerprint of --include and --exclude
    table_name: str
    table_version: int
    files: int
    chunks: int
    created_at: datetime
    updated_at: datetime
    # What the last job was asked for, by its full name: it tells a tag from a branch of its name.
    wanted_branch: str | None = None
    # When this version was published; `updated_at` is when the source was last looked at.
    indexed_at: datetime | None = None

    @property
    def repository(self) -> str:
        return self.source.name


@dataclass(frozen=True, slots=True)
class DamagedDataset:
    """A published dataset whose row in the database can't be read."""

    project: str
    name: str
    message: str  # a sentence that says so, and the way out


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file of a dataset's visible version."""

    path: str
    content_id: str  # the `version_id` of the SelectedFile
    language: str
    chunks: int


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of a revision that is not indexed, and why."""

    path: str  # with what is no UTF-8 written out, as `\\xe9`
    reason: SkipReason
    rule: str = ""  # the pattern or the bound that it met, and where that stands, if that is known


@dataclass(frozen=True, slots=True)
class SkippedFiles:
    """The skipped files of a revision, by path."""

    listed: tuple[SkippedFile, ...] = ()
    left_out: int = 0  # how many more there are


@dataclass(frozen=True, slots=True)
class DeletedDataset:
    """What is left to say of a dataset that was deleted."""

    project: str
    name: str
    chunks: int
    table_name: str  # or, before the first version, the table that its job writes
    had_schedule: bool
    source: Reference | None  # None: it can't be read
    is_last: bool  # no other dataset has that source


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset and its bytes on disk, of all versions together."""

    dataset: Dataset
    bytes: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """The datasets that were deleted."""

    project: str
    datasets: tuple[DeletedDataset, ...]

    @property
    def chunks(self) -> int:
        return sum(gone.chunks for gone in self.datasets)
