"""A commit's objects onto this disk."""

from __future__ import annotations

from pathlib import Path

import pygit2

from ccingest.errors import CommitNotFoundError
from ccingest.events import Emit, discard
from ccingest.git.access import Access, TransferCallbacks
from ccingest.git.failures import IdsNotServedError, git_errors
from ccingest.git.library import configure, open_local, open_repository
from ccingest.git.resolving import Resolved
from ccingest.records import Checkout, RepoRef

# One for each branch: what they name, the next fetch does not transfer again.
_TARGETS = "refs/ccingest/"
_ALL = 2_147_483_647  # git's word for the whole history, also of what is shallow so far


def fetch_checkout(
    ref: RepoRef, resolved: Resolved, *, into: Path, access: Access, emit: Emit = discard
) -> Checkout:
    """Have the commit's objects on this disk: fetched into `into`, or where they are already.

    What an earlier call fetched into the same folder is not fetched again.

    Raises what `resolve` raises, CommitNotFoundError, StorageFullError, and what `emit` raises.
    """
    if ref.is_local:
        path = Path(open_local(ref).path)
    else:
        path = into / "repository.git"
        _fetch(ref, resolved, path, access, emit)
    with git_errors(ref):
        found = open_repository(path).get(resolved.sha)
        commit = found.peel(None) if isinstance(found, pygit2.Tag) else found
    if not isinstance(commit, pygit2.Commit):
        raise CommitNotFoundError(
            f"{ref.full_name} has no commit {resolved.sha}; check it, or leave --sha away for the "
            "newest."
        )
    return Checkout(ref, path, str(commit.id), resolved.branch)


def _fetch(ref: RepoRef, resolved: Resolved, path: Path, access: Access, emit: Emit) -> None:
    configure()
    with git_errors(ref):
        repository = pygit2.init_repository(str(path), bare=True)
        remote = repository.remotes.create_anonymous(resolved.url)

    target = f"{_TARGETS}{resolved.ref_name or 'commit'}"

    def fetch(refspec: str, depth: int) -> None:
        callbacks = TransferCallbacks(ref, resolved.url, access, emit)
        with git_errors(ref, callbacks):
            remote.fetch([refspec], callbacks=callbacks, proxy=True, depth=depth)
        callbacks.finish()

    def is_there() -> bool:  # a pack is there whole or not at all
        with git_errors(ref):
            return resolved.sha in repository

    if is_there():
        return
    try:
        fetch(f"+{resolved.sha}:{target}", 1)
        return
    except IdsNotServedError:
        pass
    if resolved.ref_name:
        fetch(f"+{resolved.ref_name}:{target}", 1)
    if not is_there():
        # No tip (any more): then it must be in some branch's history.
        fetch("+refs/heads/*:refs/heads/*", _ALL)
