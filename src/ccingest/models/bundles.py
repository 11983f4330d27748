"""Bundles: a dataset version as one file, to be made on one machine and used on another."""

from __future__ import annotations

from datetime import datetime

from ccingest.errors import CcingestError
from ccingest.models.datasets import IngestOptions
from ccingest.models.jobs import Job
from ccingest.models.sources import Reference
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What a bundle says of the dataset version that it holds."""

    dataset: str
    source: Reference  # its location is empty where only the machine that made it can read that
    revision: str
    branch: str | None
    wanted_branch: str | None  # as Dataset has it
    is_pinned: bool  # added at one commit, so it follows no branch
    embedder: str
    dimensions: int
    chunker: str
    selection: str
    options: IngestOptions  # those that decide which files are in it
    files: int
    chunks: int
    skipped: int  # listed skipped files
    skipped_left_out: int | None
    made_at: datetime
    made_by: str  # the version of ccingest


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle where it lies."""

    location: str  # a path, or the URL of an object
    manifest: BundleManifest
    digest: (
        str  # SHA-256 of the manifest, which has those of all else: the same for the same bundle
    )
    bytes: int
    is_signed: bool
    is_new: bool = True  # False: it was there already, and nothing was written


@dataclass(frozen=True, slots=True)
class Pulled:
    """A bundle that became a version of a dataset, and the job that did it."""

    job: Job
    bundle: Bundle
    signed_by: str | None = None  # the key that its signature was checked with


@dataclass(frozen=True, slots=True)
class RefusedBundle:
    """A dataset of a store whose bundle could not be taken over."""

    dataset: str
    error: CcingestError


@dataclass(frozen=True, slots=True)
class PulledAll:
    """What became of the datasets of a store."""

    pulled: tuple[Pulled, ...]
    up_to_date: tuple[str, ...]
    refused: tuple[RefusedBundle, ...]
