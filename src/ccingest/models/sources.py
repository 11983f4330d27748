"""Where a dataset comes from, and its revisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, TypeAlias
from urllib.parse import unquote

SourceKind: TypeAlias = Literal["github"]
EntryKind: TypeAlias = Literal["file", "link", "submodule", "too_deep"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The parsed name of a source. Stored as JSON with each dataset, job and schedule."""

    kind: SourceKind  # "github": any git repository
    name: str  # "owner/name", or a folder's name
    location: str  # the URL that it is read from, without credentials
    host: str = ""  # of a local one that of its origin; empty when it has none
    branch: str | None = None  # named in the reference itself, as in /tree/BRANCH

    @property
    def dataset_name(self) -> str:
        return self.name.replace("/", "-")

    @property
    def longer_names(self) -> tuple[str, ...]:
        """Names for the dataset where another source has `dataset_name`, the best first."""
        if not self.is_local:
            return (f"{self.host}-{self.dataset_name}".replace(":", "-"),)
        path = "".join(c if c.isprintable() else "_" for c in unquote(self.location))
        *above, _ = PurePosixPath(path.removeprefix("file://")).parts[1:]
        own = self.dataset_name
        return tuple("-".join([*above[-n:], own]) for n in range(1, len(above) + 1))

    @property
    def is_local(self) -> bool:
        """Whether it is read on this machine, whatever host it was cloned from."""
        return not self.location.startswith(("https://", "http://"))

    @property
    def identity(self) -> str:
        """Equal for references to the same source. Hosts ignore case, file systems don't."""
        return self.location if self.is_local else f"{self.host}/{self.name}".lower()

    @property
    def web_url(self) -> str | None:
        """The address of the source in a browser; None for one that is on no host."""
        return f"https://{self.host}/{self.name}" if self.host else None


@dataclass(frozen=True)
class Revision:
    """A state of a source. A source may return a subclass with more fields for its own use."""

    id: str  # of a git repository: a commit's 40 hex digits
    branch: str | None  # None when the revision was asked for by its id
    # What names the branch or tag for good: "refs/tags/v1", also when there is a branch v1 later.
    full_branch: str | None = field(default=None, kw_only=True)


def short_branch(full: str) -> str:
    """The name that people know: of `refs/heads/main` it is `main`, of `refs/tags/v1` `v1`."""
    return full.removeprefix("refs/heads/").removeprefix("refs/tags/")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or link of a revision. `too_deep` is a folder that is nested too deep to be read."""

    path: bytes
    content_id: str  # the same for the same content
    kind: EntryKind
