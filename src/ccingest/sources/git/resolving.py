"""Finding the commit that is meant. Asks the repository for its refs and fetches nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import pygit2

from ccingest.errors import (
    BranchNotFoundError,
    CommitNotFoundError,
    EmptyRepositoryError,
    UnbornHeadError,
)
from ccingest.models import Reference, Revision
from ccingest.models.sources import short_branch
from ccingest.sources.git.access import Access
from ccingest.sources.git.advertisement import Advertisement, text_of_name
from ccingest.sources.git.asking import ask_for_refs
from ccingest.sources.git.failures import UNREADABLE, git_errors
from ccingest.sources.git.headers import tagged_by
from ccingest.sources.git.library import open_local

_log = logging.getLogger(__name__)

_LONGEST_SHOWN = 100  # characters of a branch's name


@dataclass(frozen=True)
class GitRevision(Revision):
    """A commit to fetch. `branch` is None when it was requested by its id, or HEAD is detached."""

    url: str  # of the repository, after redirects; for a local one, that of the reference
    ref_name: str | None = None  # "refs/heads/main", to fetch when the server does not serve ids


def resolve(
    ref: Reference,
    *,
    branch: str | None,
    revision: str | None,
    access: Access,
    held: str | None = None,
) -> GitRevision:
    """Ask the repository which commit is meant.

    `branch` may be a tag, or the full name of any ref; None is the default branch. Of a branch and a
    tag of one name, the one at the commit `held` is meant, or else the branch.

    Raises RepositoryNotFoundError, AccessError, NetworkError, BranchNotFoundError,
    UnsupportedSourceError, EmptyRepositoryError, UnbornHeadError; CommitNotFoundError for less than 40 hex digits. That
    a commit id exists is only known after fetching.
    """
    wanted = branch or ref.branch
    if ref.is_local:
        url, refs = ref.location, _local_refs(ref, wanted)
    else:
        url, refs = ask_for_refs(ref, access, wanted)
    if not refs.ids and not refs.head_id:
        verb = "make" if ref.is_local else "push"
        raise EmptyRepositoryError(
            f"{ref.name} is empty: it has no commit yet; {verb} one and try again."
        )
    if revision:
        if not _is_id(revision):
            raise CommitNotFoundError(
                f"{revision!r} is no whole commit id; give all 40 hex digits."
            )
        return GitRevision(revision.lower(), wanted and short_branch(wanted), url)
    if wanted is None:
        return _default(ref, refs, url)
    found = {full: oid for full in _full_names(wanted) if (oid := _commit_of(full, refs))}
    if not found:
        raise BranchNotFoundError(
            f"{ref.name} has no branch or tag {wanted!r}{_some_branches(refs.ids)}."
            + (" A commit is named by its id, not as a branch." if _is_id(wanted) else "")
        )
    full = next((name for name, oid in found.items() if oid == held), next(iter(found)))
    return GitRevision(found[full], short_branch(full), url, full, full_branch=full)


def _is_id(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{40}", text) is not None


def _commit_of(full: str, refs: Advertisement) -> str | None:
    """The commit of a ref, that of a tag's object included."""
    return refs.ids.get(f"{full}^{{}}") or refs.ids.get(full)


def _full_names(wanted: str) -> Iterator[str]:
    """The refs that a name may stand for, the likeliest first. A full name stands for itself."""
    if wanted.startswith("refs/"):
        yield wanted
    yield f"refs/heads/{wanted}"
    yield f"refs/tags/{wanted}"
    if wanted.startswith(("heads/", "tags/")):
        yield f"refs/{wanted}"


def _default(ref: Reference, refs: Advertisement, url: str) -> GitRevision:
    if refs.head and refs.head in refs.ids:
        return GitRevision(refs.ids[refs.head], short_branch(refs.head), url, refs.head)
    if refs.head_id:
        return GitRevision(refs.head_id, None, url, "HEAD")
    missing = f", {_cut(short_branch(refs.head))}," if refs.head else ""
    raise UnbornHeadError(
        f"The default branch{missing} of {ref.name} does not exist{_some_branches(refs.ids)}."
    )


def _local_refs(ref: Reference, wanted: str | None) -> Advertisement:
    repository = open_local(ref)
    ids: dict[str, str] = {}
    with git_errors(ref):
        for one in repository.references.iterator():
            name = text_of_name(one.raw_name)
            if not name.startswith(("refs/heads/", "refs/tags/")) and name != wanted:
                continue
            try:
                found = one.resolve().target
            # As for git itself, a ref to a missing ref, or in a circle, names no commit.
            except (KeyError, pygit2.GitError) as error:
                _log.info("%s of %s names nothing: %s", name, ref.name, error)
                continue
            ids[name] = str(found)
            with suppress(*UNREADABLE):  # another ref may be meant
                tagged = tagged_by(repository.odb, pygit2.Oid(hex=str(found)))
                if tagged != found:
                    ids[f"{name}^{{}}"] = str(tagged)
        head = repository.lookup_reference("HEAD").raw_target
    if isinstance(head, bytes):
        return Advertisement(ids, text_of_name(head), None)
    return Advertisement(ids, None, str(head))


def _some_branches(ids: Mapping[str, str]) -> str:
    names = [_cut(short_branch(name)) for name in sorted(ids) if name.startswith("refs/heads/")]
    if not names:
        return ""
    more = ", ..." if len(names) > 5 else ""
    return f" (there is {', '.join(names[:5])}{more})"


def _cut(name: str) -> str:
    """Short enough for a message."""
    return name if len(name) <= _LONGEST_SHOWN else f"{name[: _LONGEST_SHOWN - 3]}..."
