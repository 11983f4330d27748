"""What an ingest would have to do."""

from __future__ import annotations

from dataclasses import dataclass

from ccingest.models.sources import Reference


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
