"""What is asked of an ingest, and what decides the content that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ccingest.chunking import chunker_id
from ccingest.embedding import canonical_name
from ccingest.models import Dataset, IngestOptions, ManifestFile
from ccingest.pipeline.titles import TITLED
from ccingest.selection import selection_id
from ccingest.settings import Settings


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What to bring to which revision, and what there is already."""

    new_table: str  # name for a table of its own, should one be needed
    branch: str | None = None
    revision: str | None = None
    options: IngestOptions = field(default_factory=IngestOptions)
    base: Dataset | None = None
    manifest: Mapping[str, ManifestFile] = field(default_factory=dict)  # of `base`, by path
    isolate_parsing: bool = False  # a worker crashed on this job: a file may be to blame


@dataclass(frozen=True, slots=True)
class Recipe:
    """What, beside the revision, decides the content of a dataset version."""

    embedder: str
    chunker: str
    selection: str

    def made(self, version: Dataset) -> bool:
        return self == Recipe(version.embedder, version.chunker, version.selection)


def recipe_of(options: IngestOptions, settings: Settings) -> Recipe:
    """Raises UnknownModelError or UsageError for a model or a glob that can't be."""
    return Recipe(
        embedder=canonical_name(options.model or settings.model),
        chunker=f"{chunker_id(settings.chunk_target, settings.chunk_overlap)}/{TITLED}",
        selection=selection_id(options.include, options.exclude),
    )
