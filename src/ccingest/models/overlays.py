"""What a work tree or a branch has that its base dataset has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from datetime import datetime
from typing import Any, Literal, TypeAlias

from ccingest.models.datasets import Dataset, ManifestFile
from ccingest.values import dataclass

FileState: TypeAlias = Literal[
    "committed",  # as a commit has it
    "modified",  # git tracks it, and no commit that is checked out has it like this
    "untracked",  # git neither tracks nor ignores it
    "stored",  # of a folder or a site, of which no git knows
]
# What nobody else has, so that no link leads to it.
CHANGED: frozenset[FileState] = frozenset({"modified", "untracked"})
OverlayState: TypeAlias = Literal["committed", "modified", "untracked", "hidden"]


@dataclass(frozen=True, slots=True)
class OverlayFile(ManifestFile):
    """A file in which the tree differs from the base: `hidden` when it is not to be found at all."""

    state: OverlayState
    hides: bool  # whether the base has a file at its path


@dataclass(frozen=True, slots=True)
class Overlay:
    """The visible version of an overlay, and the version of its base that it belongs to."""

    overlay_id: int
    dataset_id: int
    tree: str
    head: str | None
    branch: str | None
    listing: str  # a fingerprint of all files of the tree
    recipe: str  # how its chunks were made
    base_revision: str
    base_table: str
    base_version: int
    table_name: str | None  # of its own chunks; None when it has none
    table_version: int | None
    chunks: int
    uncommitted: int  # files that are not as in the commit
    published_at: datetime
    files: Mapping[str, OverlayFile]


@dataclass(frozen=True, slots=True)
class PreparedOverlay:
    """A version of an overlay that is ready to be published."""

    head: str | None
    branch: str | None
    listing: str
    recipe: str
    table_name: str | None
    table_version: int | None
    chunks: int
    uncommitted: int
    files: tuple[OverlayFile, ...]


@dataclass(frozen=True, slots=True)
class DatasetView(Dataset):
    """A part of what a tree has: the base without what is hidden, or the chunks of the overlay.

    Both parts have the dataset's id and name, because together they are one dataset.
    """

    tree: str = ""
    head: str | None = None  # the commit that is checked out
    uncommitted: int = 0
    hidden: frozenset[str] = frozenset()  # paths of the table that nobody finds
    states: Mapping[str, OverlayFile] | None = field(default=None, compare=False)  # of an overlay

    def has(self, path: str) -> bool:
        """Whether the path may be in this part."""
        if self.states is not None:
            return path in self.states
        return path not in self.hidden


def view_of(dataset: Dataset, **values: Any) -> DatasetView:
    """The dataset with other values, and those of a view."""
    own = {one.name: getattr(dataset, one.name) for one in fields(Dataset)}
    return DatasetView(**{**own, **values})


def state_of(dataset: Dataset, path: str) -> FileState:
    """What git knows of the file as this part has it."""
    states = dataset.states if isinstance(dataset, DatasetView) else None
    found = states.get(path) if states else None
    if found and found.state != "hidden":
        return found.state
    return "committed" if dataset.source.kind == "github" else "stored"
