"""Fetching a commit's objects to this disk."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import pygit2

from ccingest.addresses import public_addresses
from ccingest.errors import (
    BranchNotFoundError,
    CcingestError,
    CommitNotFoundError,
    DamagedSourceError,
    ForbiddenAddressError,
    UnsupportedSourceError,
)
from ccingest.models import Reference
from ccingest.progress import Emit, discard
from ccingest.sources.git.access import DEFAULT_PORTS, Access, TransferCallbacks
from ccingest.sources.git.failures import IdsNotServedError, git_errors
from ccingest.sources.git.headers import require_small, tagged_by
from ccingest.sources.git.library import open_local, open_repository
from ccingest.sources.git.partial import completed
from ccingest.sources.git.received import remove_unfinished
from ccingest.sources.git.relay import PublicRelay
from ccingest.sources.git.resolving import GitRevision
from ccingest.sources.git.watching import TransferWatch, too_slow, watched
from ccingest.watchdog import Pulse

_log = logging.getLogger(__name__)

# There is one such ref for each branch. The next fetch does not transfer again what they name.
_TARGETS = "refs/ccingest/"
# Objects of one pack, for each of which libgit2 takes 120 bytes of memory: of a commit with a million
# files, the most that is read, and as many folders; and of the history of the largest repositories.
_MOST_OF_COMMIT = 3_000_000
_MOST_OBJECTS = 20_000_000
_ALL = 2_147_483_647  # for git, this depth means the whole history, also of a shallow clone


def fetch(
    ref: Reference, wanted: GitRevision, *, into: Path, access: Access, emit: Emit = discard
) -> tuple[Path, str]:
    """Fetch the commit's objects into the folder `into`; a local repository is used where it is.

    What an earlier call fetched into the same folder is not fetched again. Returns the folder of the
    repository and the commit. For a tag, that is the commit of the tag.

    Raises what `resolve` raises, CommitNotFoundError, StorageFullError, and what `emit` raises.
    """
    if ref.is_local:
        path = Path(open_local(ref).path)
    else:
        path = into / "repository.git"
        _fetch(ref, wanted, path, access, emit)
    with git_errors(ref):
        repository = open_repository(path)
        with suppress(KeyError):  # said below
            require_small(repository.odb, pygit2.Oid(hex=wanted.id), ref.name)
            tagged = tagged_by(repository.odb, pygit2.Oid(hex=wanted.id))
            require_small(repository.odb, tagged, ref.name)
        found = repository.get(wanted.id)
        commit = found.peel(None) if isinstance(found, pygit2.Tag) else found
    if not isinstance(commit, pygit2.Commit):
        raise _no_commit(ref, wanted, commit)
    if ref.is_local:
        with git_errors(ref):
            path = completed(ref, path, str(commit.id), into, emit, may_ask=not access.public_only)
    return path, str(commit.id)


def _no_commit(ref: Reference, wanted: GitRevision, found: pygit2.Object | None) -> CcingestError:
    if found is not None:
        named = f"{wanted.branch!r} of {ref.name}" if wanted.ref_name else wanted.id
        error = BranchNotFoundError if wanted.ref_name else CommitNotFoundError
        return error(f"{named} is a {found.type_str}, and not a commit; name another.")
    if wanted.ref_name:
        return DamagedSourceError(
            f"{ref.name} lacks the commit {wanted.id}, which is that of its "
            f"{wanted.branch or wanted.ref_name}; it is damaged or incomplete."
        )
    return CommitNotFoundError(
        f"{ref.name} has no commit {wanted.id}; check it, or take the newest."
    )


def _fetch(ref: Reference, wanted: GitRevision, path: Path, access: Access, emit: Emit) -> None:
    with git_errors(ref):
        repository = pygit2.init_repository(str(path), bare=True)
        remove_unfinished(repository)
        remote = repository.remotes.create_anonymous(wanted.url)
    transfer = _Transfer(ref, wanted, repository, remote, access, emit)
    target = _TARGETS + quote(wanted.ref_name or "commit", safe="/")
    if transfer.is_there():
        return
    try:
        transfer.fetch(f"+{wanted.id}:{target}", depth=1)
        return
    except IdsNotServedError as error:
        _log.info("%s: %s; its branches are fetched instead.", ref.name, error)
    if wanted.ref_name and "\\" not in wanted.ref_name:  # pygit2 takes no name that is not UTF-8
        transfer.fetch(f"+{wanted.ref_name}:{target}", depth=1)
    if not transfer.is_there():
        # It is not the newest commit of a branch, so it must be in the history of one.
        transfer.fetch("+refs/heads/*:refs/heads/*", depth=_ALL)


@contextmanager
def _way_out(url: str, access: Access) -> Iterator[Literal[True] | str]:
    """The proxy for libgit2. True: what the environment says.

    Raises ForbiddenAddressError, also when the body did not reach the host for that reason.
    """
    if not access.public_only:
        yield True
        return
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    public_addresses(host, port)
    if parts.scheme in getproxies() and not proxy_bypass(host):
        yield True  # that of the operator decides where it connects to
        return
    if parts.scheme != "https":
        raise ForbiddenAddressError(
            f"{host} is not asked over http for a request; name it with https."
        )
    with PublicRelay(host, port) as relay:
        try:
            yield relay.url
        except CcingestError:
            if relay.refused:
                raise relay.refused from None
            raise


@dataclass(frozen=True, slots=True)
class _Transfer:
    """Fetches into one repository until the wanted commit is there."""

    ref: Reference
    wanted: GitRevision
    repository: pygit2.Repository
    remote: pygit2.Remote
    access: Access
    emit: Emit

    def fetch(self, refspec: str, *, depth: int) -> None:
        with _way_out(self.wanted.url, self.access) as proxy:
            self._fetch(refspec, depth, proxy)

    def _fetch(self, refspec: str, depth: int, proxy: Literal[True] | str) -> None:
        """On a thread: while a server is silent, libgit2 calls nothing back that could stop it.

        A thread that is left behind ends with the next byte, or by libgit2's own time-out.
        """

        most = _MOST_OBJECTS if depth == _ALL else _MOST_OF_COMMIT

        def transfer(pulse: Pulse) -> None:
            callbacks = TransferCallbacks(
                self.ref, self.wanted.url, self.access, pulse, self.repository, most
            )
            with TransferWatch(pulse, callbacks.has_begun) as watch:
                try:
                    with git_errors(self.ref, callbacks):
                        self.remote.fetch([refspec], callbacks=callbacks, proxy=proxy, depth=depth)
                except CcingestError:
                    if watch.is_slow:
                        raise too_slow(self.ref) from None
                    if not watch.exceeded:
                        raise
                    raise UnsupportedSourceError(
                        f"{self.ref.host}/{self.ref.name} can't be fetched: {watch.exceeded}; check "
                        "the address."
                    ) from None

        watched(transfer, self.emit)

    def is_there(self) -> bool:
        """Whether the commit has been fetched. If so, its files are there, as a pack is never partial."""
        with git_errors(self.ref):
            return self.wanted.id in self.repository
