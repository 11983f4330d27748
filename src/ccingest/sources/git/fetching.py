"""A commit's objects onto this disk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pygit2

from ccingest.errors import CommitNotFoundError
from ccingest.models import Reference
from ccingest.progress import Emit, discard
from ccingest.sources.git.access import Access, TransferCallbacks
from ccingest.sources.git.failures import IdsNotServedError, git_errors
from ccingest.sources.git.library import open_local, open_repository
from ccingest.sources.git.partial import completed
from ccingest.sources.git.resolving import GitRevision

_log = logging.getLogger(__name__)

# One for each branch: what they name, the next fetch does not transfer again.
_TARGETS = "refs/ccingest/"
_ALL = 2_147_483_647  # git's word for the whole history, also of what is shallow so far


def fetch(
    ref: Reference, wanted: GitRevision, *, into: Path, access: Access, emit: Emit = discard
) -> tuple[Path, str]:
    """Have the commit's objects on this disk: fetched into `into`, or where they are already.

    What an earlier call fetched into the same folder is not fetched again. Returns the repository's
    folder and the commit, which is that of the tag if a tag was wanted.

    Raises what `resolve` raises, CommitNotFoundError, StorageFullError, and what `emit` raises.
    """
    if ref.is_local:
        path = Path(open_local(ref).path)
    else:
        path = into / "repository.git"
        _fetch(ref, wanted, path, access, emit)
    with git_errors(ref):
        found = open_repository(path).get(wanted.id)
        commit = found.peel(None) if isinstance(found, pygit2.Tag) else found
    if not isinstance(commit, pygit2.Commit):
        raise CommitNotFoundError(
            f"{ref.name} has no commit {wanted.id}; check it, or take the newest."
        )
    if ref.is_local:
        with git_errors(ref):
            path = completed(ref, path, str(commit.id), into)
    return path, str(commit.id)


def _fetch(ref: Reference, wanted: GitRevision, path: Path, access: Access, emit: Emit) -> None:
    with git_errors(ref):
        repository = pygit2.init_repository(str(path), bare=True)
        remote = repository.remotes.create_anonymous(wanted.url)
    transfer = _Transfer(ref, wanted, repository, remote, access, emit)
    target = _TARGETS + quote(wanted.ref_name or "commit", safe="/")
    if transfer.is_there():
        return
    try:
        transfer.fetch(f"+{wanted.id}:{target}", depth=1)
        return
    except IdsNotServedError as error:
        _log.info("%s: %s; its branches are fetched", ref.name, error)
    if wanted.ref_name and "\\" not in wanted.ref_name:  # pygit2 takes no name that is no UTF-8
        transfer.fetch(f"+{wanted.ref_name}:{target}", depth=1)
    if not transfer.is_there():
        # No tip (any more): then it must be in some branch's history.
        transfer.fetch("+refs/heads/*:refs/heads/*", depth=_ALL)


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
        callbacks = TransferCallbacks(self.ref, self.wanted.url, self.access, self.emit)
        with git_errors(self.ref, callbacks):
            self.remote.fetch([refspec], callbacks=callbacks, proxy=True, depth=depth)
        callbacks.finish()

    def is_there(self) -> bool:
        """A pack is there whole or not at all."""
        with git_errors(self.ref):
            return self.wanted.id in self.repository
