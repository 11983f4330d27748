"""What an ingest would have to do."""

from __future__ import annotations

from ccingest.errors import CcingestError
from ccingest.models.datasets import Dataset
from ccingest.models.sources import Reference
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an ingest would embed now. What the dataset has already counts for nothing."""

    project: str
    dataset: str
    source: Reference
    revision: str
    embedder: str
    files: int = 0  # that would be read
    bytes: int = 0
    chunks: int = 0  # that would be embedded
    tokens: int = 0  # of those, about
    kept_files: int = 0  # that stay as they are
    skipped_files: int = 0
    is_up_to_date: bool = False


@dataclass(frozen=True, slots=True)
class SyncEstimate:
    """What the sync of one dataset would embed, or why that is not known."""

    dataset: Dataset
    estimate: Estimate | None = None
    skip_reason: str | None = None  # why a sync leaves it as it is
    error: CcingestError | None = None  # the job would end with it
