"""Translating libgit2's errors to ours. Tested with libgit2 1.9, see test_git.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pygit2

from ccingest.errors import (
    AccessError,
    CcingestError,
    CommitNotFoundError,
    DamagedSourceError,
    NetworkError,
    RateLimitedError,
    RepositoryNotFoundError,
    StorageFullError,
    StoreError,
)
from ccingest.models import Reference
from ccingest.sources.git.access import TransferCallbacks


class IdsNotServedError(Exception):
    """The server sends branches and tags, but no commits by their ids. Only this room sees it."""


@contextmanager
def git_errors(ref: Reference, callbacks: TransferCallbacks | None = None) -> Iterator[None]:
    """Raises AccessError, NetworkError, RepositoryNotFoundError, CommitNotFoundError,
    StorageFullError, StoreError or IdsNotServedError instead of pygit2's errors.
    """
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        # Not chained, because the text may have a URL with credentials.
        text = re.sub(r"//[^/\s]*@", "//", str(error)).strip().rstrip(".")
        raise _translated(ref, callbacks, text) from None
    except (
        KeyError,
        ValueError,
    ) as error:  # an object that is not in the database, or is no object
        raise DamagedSourceError(
            f"{ref.name} is damaged: {error} is missing or unreadable."
        ) from None


def _translated(  # noqa: PLR0911 - one return for each cause, which only the text shows
    ref: Reference, callbacks: TransferCallbacks | None, text: str
) -> CcingestError | IdsNotServedError:
    name = f"{ref.host}/{ref.name}" if ref.host else ref.name
    status = re.search(r"status code: (\d{3})", text)
    code = int(status[1]) if status else 0
    if "cannot fetch a specific object" in text:
        return IdsNotServedError(text)
    if "unexpected packet type" in text or "not our ref" in text:
        return CommitNotFoundError(f"{name} has no such commit.")
    if "authentication" in text or code in (401, 403):
        return _no_access(name, callbacks, code)
    if code in (404, 410):
        return RepositoryNotFoundError(
            f"{name} does not exist, or is private and the token may not see it; check the "
            "spelling, and that GITHUB_TOKEN may read it."
        )
    if code == 429:
        return RateLimitedError(f"{ref.host} asks to slow down (HTTP 429); try again later.")
    if "invalid content-type" in text:
        return RepositoryNotFoundError(
            f"{name} is no git repository: {ref.host} answers with a web page; check the address."
        )
    if "No space left" in text or "Disk quota" in text:
        return StorageFullError(f"The disk is full: {name} could not be fetched; free some space.")
    if ref.is_local:
        return StoreError(f"{name} can't be read: {text}.")
    return NetworkError(f"Could not fetch {name}: {text}; check the network and try again.")


def _no_access(name: str, callbacks: TransferCallbacks | None, code: int) -> AccessError:
    if callbacks and callbacks.gave_token:
        return AccessError(f"{name} refuses the token; check that it is valid and may read it.")
    if code == 403:
        return AccessError(
            f"{name} refuses access (HTTP 403); set GITHUB_TOKEN to a token that may read it."
        )
    if callbacks and callbacks.has_token and not callbacks.may_give_token:
        return AccessError(
            f"{name} wants a token, and the one given is for another host or the connection is "
            "not encrypted; set GH_HOST to the token's host."
        )
    return AccessError(f"{name} does not exist or is private; set GITHUB_TOKEN to a token for it.")
