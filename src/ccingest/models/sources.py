"""Where a dataset comes from, and its revisions."""

from __future__ import annotations

from dataclasses import field
from pathlib import PurePosixPath
from typing import Literal, TypeAlias
from urllib.parse import unquote

from ccingest.values import dataclass

# github: any git repository; folder: files of this machine as they are; web: a documentation site.
SOURCE_KINDS = ("github", "folder", "web")
# One of these, or one that another package has registered: see sources/plugins.py.
SourceKind: TypeAlias = str
# hidden, ignored and excluded: by its name, or by a rule; special: a pipe, a device or a socket;
# unreadable: for example without permission.
EntryKind: TypeAlias = Literal[
    "file",
    "link",
    "submodule",
    "too_deep",
    "hidden",
    "ignored",
    "excluded",
    "special",
    "unreadable",
    "changed",
]


@dataclass(frozen=True, slots=True)
class Reference:
    """The parsed name of a source. Stored as JSON with each dataset, job and schedule."""

    kind: SourceKind
    name: str  # "owner/name", a folder's name, or a site's host and path
    location: str  # the URL that it is read from, without credentials
    host: str = ""  # of a local one that of its origin; empty when it has none
    branch: str | None = None  # named in the reference itself, as in /tree/BRANCH

    @property
    def dataset_name(self) -> str:
        name = self.name.replace("/", "-")
        return name.replace(":", "-") if self.kind == "web" else name

    @property
    def longer_names(self) -> tuple[str, ...]:
        """Names for the dataset where another source has `dataset_name`, the best first."""
        if self.kind not in ("github", "folder"):
            suffix = "site" if self.kind == "web" else self.kind
            return (f"{self.dataset_name}-{suffix}",)
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
        if self.kind != "github":
            return f"{self.kind} {self.location}"
        return self.location if self.is_local else f"{self.host}/{self.name}".lower()

    @property
    def web_url(self) -> str | None:
        """The address of the source in a browser; None for one that is on no host."""
        if self.kind == "web":
            return self.location
        return f"https://{self.host}/{self.name}" if self.host else None

    @property
    def place(self) -> str:
        """Where it is, for people."""
        is_hosted = self.kind == "github" and not self.is_local
        return f"{self.host}/{self.name}" if is_hosted else self.location

    @property
    def is_fetched_to_resolve(self) -> bool:
        """Whether its revision is known only by all of its content, as that of a folder is."""
        return self.kind != "github"


@dataclass(frozen=True)
class Revision:
    """A state of a source. A source may return a subclass with more fields for its own use."""

    id: str  # of a git repository a commit's 40 hex digits, of others a hash of the content
    branch: str | None  # None when the revision was asked for by its id
    # What names the branch or tag for good: "refs/tags/v1", also when there is a branch v1 later.
    full_branch: str | None = field(default=None, kw_only=True)


def short_branch(full: str) -> str:
    """The name that people know: of `refs/heads/main` it is `main`, of `refs/tags/v1` `v1`."""
    return full.removeprefix("refs/heads/").removeprefix("refs/tags/")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or link of a revision. `too_deep` is a folder that is nested too deep to be read.

    A folder that is left out as a whole is an entry as well.
    """

    path: bytes
    content_id: str  # the same for the same content
    kind: EntryKind
    rule: str = ""  # of one that is left out: the pattern that says so, or what the system says
