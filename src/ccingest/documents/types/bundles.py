"""The types of the documents of bundles."""

from __future__ import annotations

from typing import TypedDict

from ccingest.documents.types.jobs import ErrorText, JobDocument


class BundleDocument(TypedDict):
    """`digest` is the same for the same bundle, in any place."""

    bundle: str  # where it lies
    bytes: int
    digest: str
    signed: bool
    upToDate: bool  # whether a push found it there already
    dataset: str
    source: str
    repository: str
    host: str | None
    location: str | None  # null where only the machine that made it can read that
    branch: str | None
    revision: str
    embedder: str
    dimensions: int
    chunker: str
    files: int
    chunks: int
    skippedFiles: int
    madeAt: str
    madeBy: str


class PulledDocument(JobDocument, TypedDict):
    """The document of the job that took the bundle over, with these. `signedBy` is a key."""

    signedBy: str | None
    pulled: BundleDocument


class RefusedBundleDocument(TypedDict):
    dataset: str
    error: ErrorText


class PulledAllDocument(TypedDict):
    pulled: list[PulledDocument]
    upToDate: list[str]  # datasets that were there already
    refused: list[RefusedBundleDocument]
