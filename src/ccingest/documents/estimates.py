"""The document of what adding sources would cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from ccingest.models import Estimate, SyncEstimate


class EstimateDocument(TypedDict):
    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    embedder: str
    upToDate: bool
    files: int
    bytes: int
    chunks: int
    tokens: int
    filesKept: int
    skippedFiles: int


class NotEstimatedDocument(TypedDict):
    project: str
    dataset: str
    kind: str | None
    message: str


class EstimatesDocument(TypedDict):
    estimates: list[EstimateDocument]
    files: int
    chunks: int
    tokens: int


class SyncEstimatesDocument(EstimatesDocument):
    skipped: list[NotEstimatedDocument]
    failed: list[NotEstimatedDocument]


def of_sync_estimates(found: Iterable[SyncEstimate]) -> SyncEstimatesDocument:
    """What a sync would embed, which datasets it would skip, and which sources can't be read."""
    found = list(found)
    return {
        **of_estimates(one.estimate for one in found if one.estimate),
        "skipped": [_not_estimated(one, None, one.skip_reason) for one in found if one.skip_reason],
        "failed": [
            _not_estimated(one, one.error.kind, one.error.message) for one in found if one.error
        ],
    }


def _not_estimated(one: SyncEstimate, kind: str | None, message: str) -> NotEstimatedDocument:
    return {
        "project": one.dataset.project,
        "dataset": one.dataset.name,
        "kind": kind,
        "message": message,
    }


def of_estimates(found: Iterable[Estimate]) -> EstimatesDocument:
    """What each would embed, and all together."""
    found = list(found)
    return {
        "estimates": [_estimate(one) for one in found],
        "files": sum(one.files for one in found),
        "chunks": sum(one.chunks for one in found),
        "tokens": sum(one.tokens for one in found),
    }


def _estimate(one: Estimate) -> EstimateDocument:
    return {
        "project": one.project,
        "dataset": one.dataset,
        "source": one.source.kind,
        "repository": one.source.name,
        "sha": one.revision,
        "embedder": one.embedder,
        "upToDate": one.is_up_to_date,
        "files": one.files,
        "bytes": one.bytes,
        "chunks": one.chunks,
        "tokens": one.tokens,
        "filesKept": one.kept_files,
        "skippedFiles": one.skipped_files,
    }
