"""What a source is to the rest of ccingest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from ccingest.models import Entry, Reference, Revision
    from ccingest.progress import Emit

R = TypeVar("R", bound="Revision")


class Source(Protocol[R]):
    """One source. `R` is what it knows of a revision of its own."""

    @property
    def reference(self) -> Reference: ...

    def resolve(self, *, branch: str | None, revision: str | None) -> R:
        """What the source stands at now, or where `branch` or `revision` says.

        Raises what the source has for one that is not there, empty, or can't be reached.
        """

    def open(
        self, revision: R, emit: Emit, *, fresh: bool = False
    ) -> AbstractContextManager[Snapshot]:
        """Have the revision's content at hand, fetched if need be, as long as the context lasts.

        With `fresh` nothing is used that was kept from before. Raises as `resolve`, DamagedSourceError,
        StorageFullError, and what `emit` raises.
        """


class Snapshot(Protocol):
    """The content of one revision. It can be pickled, and read in another process meanwhile."""

    @property
    def revision_id(self) -> str:
        """What it is of: for a git tag that was asked for by its id, the commit."""

    @property
    def was_kept(self) -> bool:
        """Whether it was kept from before: what is missing may be there in a fresh one."""

    def entries(self) -> Iterator[Entry]:
        """Every file, link and submodule. Raises StoreError when there are too many of them."""

    def size(self, path: str, content_id: str) -> int | None:
        """Bytes of a file, without reading it; None when it is not there or no file."""

    def read(self, path: str, content_id: str) -> bytes | None:
        """A file's content; None when it is not there, damaged, or no file."""
