"""A folder as a Source."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import field
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from ccingest.errors import (
    AccessError,
    FolderNotFoundError,
    StoreError,
    UnresponsiveError,
    UsageError,
)
from ccingest.models import Reference, Revision
from ccingest.progress import Emit, TransferProgress, discard
from ccingest.sources.folder.files import identity_of, open_folder, reason_of
from ccingest.sources.folder.known import load_known_files, store_known_files
from ccingest.sources.folder.snapshot import FolderSnapshot
from ccingest.sources.folder.walking import Choice, Listing, Walk
from ccingest.values import dataclass
from ccingest.watchdog import STALL_SECONDS, Pulse, StalledError, run_watched


@dataclass(frozen=True)
class FolderRevision(Revision):
    """`id` is a hash of the paths and content ids of `listing`."""

    listing: Listing = field(default_factory=Listing, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Lists a folder, and reads its files in place. `cache` is where the state of files is kept.

    With `rereads`, a file that looks unchanged is read as well.
    """

    reference: Reference
    cache: Path
    home: Path
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    hidden: bool = False
    rereads: bool = False

    def resolve(
        self,
        *,
        branch: str | None,
        revision: str | None,
        held: str | None = None,  # noqa: ARG002 - a folder has one state
        emit: Emit = discard,
    ) -> FolderRevision:
        """The folder as it is now. Reads only the files whose state has changed since the last time.

        Raises FolderNotFoundError, AccessError, UnresponsiveError, UsageError for a branch or another
        revision, and StoreError when it holds too much.
        """
        if branch or revision:
            raise UsageError(
                f"{self.reference.name} is a folder, which has neither branch nor commit."
            )
        try:
            listing = run_watched(self._list, on_tick=lambda pulse: _report(pulse, emit))
        except StalledError:
            raise UnresponsiveError(
                f"The folder {self._shown} does not answer: nothing could be read in "
                f"{STALL_SECONDS:.0f} s."
            ) from None
        except OSError as error:
            raise self._failure(error) from error
        return FolderRevision(_hash(listing), None, listing=listing)

    @contextmanager
    def open(
        self,
        revision: FolderRevision,
        emit: Emit,  # noqa: ARG002 - `resolve` has read what is new
        *,
        fresh: bool = False,  # noqa: ARG002 - nothing of a file is kept but its state
    ) -> Iterator[FolderSnapshot]:
        listing = revision.listing
        with closing(
            FolderSnapshot(self._path, revision.id, listing.entries, listing.sizes)
        ) as snapshot:
            yield snapshot

    @property
    def folder(self) -> Path:
        return Path(self._shown)

    @property
    def choice(self) -> Choice:
        return Choice(self.include, self.exclude, self.hidden, identity_of(self.home))

    @property
    def _path(self) -> bytes:
        return unquote_to_bytes(urlsplit(self.reference.location).path)

    @property
    def _shown(self) -> str:
        return os.fsdecode(self._path)

    def _list(self, pulse: Pulse) -> Listing:
        known = {} if self.rereads else load_known_files(self.cache, self.reference)
        pulse.beat()
        root = open_folder(self._path)
        try:
            listing = Walk(root, self.reference.name, self.choice, known, pulse).run()
            # A folder that was removed or unmounted meanwhile looks like one that is empty.
            if not os.path.samestat(os.fstat(root), self.folder.stat()):
                raise FileNotFoundError(errno.ENOENT, "replaced")
        finally:
            os.close(root)
        if listing.known != known:
            store_known_files(self.cache, self.reference, listing.known)
        listing.known = {}  # it takes half of the memory, and the job goes on for long
        return listing

    def _failure(self, error: OSError) -> FolderNotFoundError | AccessError | StoreError:
        why = reason_of(error)
        if why is None:
            return FolderNotFoundError(f"There is no folder {self._shown} any more.")
        if error.errno in (errno.EACCES, errno.EPERM):
            return AccessError(f"The folder {self._shown} can't be read: {why}.")
        return StoreError(f"The folder {self._shown} can't be read: {why}.")


def _report(pulse: Pulse, emit: Emit) -> None:
    emit(TransferProgress(pulse.files, 0, pulse.bytes))


def _hash(listing: Listing) -> str:
    digest = hashlib.blake2b(digest_size=20)
    for entry in sorted(listing.entries, key=lambda one: one.path):
        if entry.content_id:
            digest.update(b"%d %b %b " % (len(entry.path), entry.path, entry.content_id.encode()))
    return digest.hexdigest()
