"""Finding the commit that is meant. Asks the repository for its refs and fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pygit2

from ccingest.errors import (
    BranchNotFoundError,
    CommitNotFoundError,
    EmptyRepositoryError,
    UnbornHeadError,
)
from ccingest.models import Reference, Revision
from ccingest.progress import discard
from ccingest.sources.git.access import Access, TransferCallbacks
from ccingest.sources.git.failures import git_errors
from ccingest.sources.git.library import open_local
from ccingest.sources.git.redirects import follow_redirects


@dataclass(frozen=True)
class GitRevision(Revision):
    """A commit to fetch. `branch` is None when it was requested by its id, or HEAD is detached."""

    url: str  # of the repository, after redirects; for a local one, that of the reference
    ref_name: str | None = None  # "refs/heads/main", to fetch when the server does not serve ids


@dataclass(frozen=True, slots=True)
class _Refs:
    """What a repository advertises."""

    ids: Mapping[str, str]  # "refs/heads/main" -> id; "refs/tags/v1^{}" -> id of the tag's commit
    head: str | None  # the branch that HEAD names, which may not exist
    head_id: str | None  # of a detached HEAD


def resolve(
    ref: Reference, *, branch: str | None, revision: str | None, access: Access
) -> GitRevision:
    """Ask the repository which commit is meant. `branch` may be a tag; None is the default branch.

    Raises RepositoryNotFoundError, AccessError, NetworkError, BranchNotFoundError,
    EmptyRepositoryError, UnbornHeadError; CommitNotFoundError for less than 40 hex digits. That
    a commit id exists is only known after fetching.
    """
    wanted = branch or ref.branch
    url = ref.location if ref.is_local else follow_redirects(ref.location)
    refs = _local_refs(ref) if ref.is_local else _remote_refs(ref, url, access)
    if not refs.ids and not refs.head_id:
        raise EmptyRepositoryError(
            f"{ref.name} is empty: it has no commit yet; push one and try again."
        )
    if revision:
        if not re.fullmatch(r"[0-9a-fA-F]{40}", revision):
            raise CommitNotFoundError(
                f"{revision!r} is no whole commit id; give all 40 hex digits."
            )
        return GitRevision(revision.lower(), wanted, url)
    if wanted is None:
        return _default(ref, refs, url)
    for name in (f"refs/heads/{wanted}", f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}"):
        if name in refs.ids:
            return GitRevision(refs.ids[name], wanted, url, name.removesuffix("^{}"))
    raise BranchNotFoundError(
        f"{ref.name} has no branch or tag {wanted!r}{_some_branches(refs.ids)}."
    )


def _default(ref: Reference, refs: _Refs, url: str) -> GitRevision:
    if refs.head and refs.head in refs.ids:
        return GitRevision(refs.ids[refs.head], _short(refs.head), url, refs.head)
    if refs.head_id:
        return GitRevision(refs.head_id, None, url, "HEAD")
    missing = f", {_short(refs.head)}," if refs.head else ""
    raise UnbornHeadError(
        f"The default branch{missing} of {ref.name} does not exist{_some_branches(refs.ids)}."
    )


def _remote_refs(ref: Reference, url: str, access: Access) -> _Refs:
    callbacks = TransferCallbacks(ref, url, access, discard)
    with git_errors(ref, callbacks):
        remote = pygit2.Repository().remotes.create_anonymous(url)
        heads = remote.list_heads(callbacks=callbacks, proxy=True)
    ids = {str(head.name): str(head.oid) for head in heads}
    head_id = ids.pop("HEAD", None)
    for head in heads:
        if head.name == "HEAD" and head.symref_target:
            return _Refs(ids, head.symref_target, None)
    # An old server does not say which branch HEAD names. Take any branch at the same commit.
    branches = (name for name in sorted(ids) if name.startswith("refs/heads/"))
    return _Refs(ids, next((name for name in branches if ids[name] == head_id), None), head_id)


def _local_refs(ref: Reference) -> _Refs:
    repository = open_local(ref)
    ids: dict[str, str] = {}
    with git_errors(ref):
        for name in repository.references:
            if not name.startswith(("refs/heads/", "refs/tags/")):
                continue
            try:
                found = repository.references[name].resolve().target
            except KeyError:  # a ref to a missing ref names no commit, as for git itself
                continue
            ids[name] = str(found)
            tag = repository.get(found)
            if isinstance(tag, pygit2.Tag):
                ids[f"{name}^{{}}"] = str(tag.peel(None).id)
        head = repository.lookup_reference("HEAD").target
    return _Refs(ids, head, None) if isinstance(head, str) else _Refs(ids, None, str(head))


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _some_branches(ids: Mapping[str, str]) -> str:
    names = [_short(name) for name in sorted(ids) if name.startswith("refs/heads/")]
    if not names:
        return ""
    more = ", ..." if len(names) > 5 else ""
    return f" (there is {', '.join(names[:5])}{more})"
