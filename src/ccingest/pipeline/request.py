"""What an ingest is asked for, and what decides the content of its version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from ccingest.chunking import chunker_id
from ccingest.embedding import canonical_name
from ccingest.models import Dataset, IngestOptions, ManifestFile
from ccingest.pipeline.titles import TITLED
from ccingest.selection import selection_id
from ccingest.settings import Settings
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """Another dataset of the same source and recipe, most often of another branch.

    A new dataset shares with it what is the same. `manifest` gives the files of that version; none
    when it was replaced meanwhile.
    """

    dataset: Dataset
    manifest: Callable[[], Mapping[str, ManifestFile]]


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """Which revision to ingest, and what the dataset has already."""

    new_table: str  # the name for a new table, if one is needed
    branch: str | None = None
    revision: str | None = None
    options: IngestOptions = field(default_factory=IngestOptions)
    base: Dataset | None = None
    manifest: Mapping[str, ManifestFile] = field(default_factory=dict)  # of `base`, by path
    templates: Sequence[Template] = ()  # to choose from where there is no `base` to continue
    isolate_parsing: bool = False  # a worker crashed on this job, and a file may be the cause
    copies_base: bool = False  # each version is a table of its own: see ccingest/remote

    @property
    def held_revision(self) -> str | None:
        """What the dataset has of the branch that is asked for; None where it has another one.

        It tells a branch from a tag of its name for datasets that keep no full name of theirs: those
        of earlier versions.
        """
        return self.base.revision if self.base and self.base.wanted_branch == self.branch else None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the content of a dataset version, besides the revision."""

    embedder: str
    chunker: str
    selection: str

    def made(self, version: Dataset) -> bool:
        return self == Recipe(version.embedder, version.chunker, version.selection)


def recipe_of(options: IngestOptions, settings: Settings) -> Recipe:
    """The recipe for these options. Raises UnknownModelError, UsageError for a bad glob."""
    return Recipe(
        embedder=canonical_name(options.model or settings.default_model),
        chunker=f"{chunker_id(settings.chunk_target, settings.chunk_overlap)}/{TITLED}",
        selection=selection_id(options.include, options.exclude),
    )
