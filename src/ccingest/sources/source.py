"""The interface of a source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeVar

from ccingest.progress import Emit, discard

if TYPE_CHECKING:
    from ccingest.models import Entry, Reference, Revision

R = TypeVar("R", bound="Revision")


class Source(Protocol[R]):
    """A source. `R` is the class of its revisions."""

    @property
    def reference(self) -> Reference: ...

    def resolve(
        self,
        *,
        branch: str | None,
        revision: str | None,
        held: str | None = None,
        emit: Emit = discard,
    ) -> R:
        """The newest revision of the source or of `branch`, or the given `revision`.

        `held` is the revision that a dataset of `branch` has: where the name stands for several
        things, the one that is at this revision is meant. A source whose revision is a hash of its
        content fetches it here, and emits TransferProgress at least once a second.

        Raises the source's own errors when there is none, or it can't be reached, and what `emit`
        raises.
        """

    def open(
        self, revision: R, emit: Emit, *, fresh: bool = False
    ) -> AbstractContextManager[Snapshot]:
        """Fetch the revision's content, if needed, and keep it as long as the context lasts.

        With `fresh`, fetches all of it and uses nothing that was kept. Raises what `resolve` raises,
        DamagedSourceError, StorageFullError, and what `emit` raises.
        """


class Snapshot(Protocol):
    """The content of one revision. It can be pickled, and then read in another process.

    That of a site also has `is_site = True`: its paths are addresses of pages.
    """

    @property
    def revision_id(self) -> str:
        """The id of the revision. For a git tag that was requested by its id, that of the commit."""

    @property
    def was_kept(self) -> bool:
        """Whether it was kept from before. If so, a fresh one may have what is missing."""

    @property
    def is_live(self) -> bool:
        """Whether files may change while they are read. Then `None` is no sign of damage."""

    def entries(self) -> Iterator[Entry]:
        """Every file, link and submodule. Raises StoreError when there are too many of them."""

    def size(self, path: str, content_id: str) -> int | None:
        """Bytes of a file, without reading it; None when there is no such file."""

    def read(self, path: str, content_id: str) -> bytes | None:
        """A file's content; None when there is no such file, or its content is another one now."""


def is_site(snapshot: Snapshot) -> bool:
    """Whether the paths of a snapshot are addresses, whose names don't tell what a file is."""
    return bool(getattr(snapshot, "is_site", False))
