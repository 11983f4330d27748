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
    UnsupportedSourceError,
)
from ccingest.models import Reference
from ccingest.sources.git.access import TokenUse, TransferCallbacks
from ccingest.sources.git.advertisement import server_text

# pygit2 raises these for an object that is missing, damaged, or of a type that does not exist.
UNREADABLE = (KeyError, pygit2.GitError, ValueError)

_PAUSE = 60.0  # seconds, after a 429 that does not say


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
        text = server_text(str(error))
        raise _translated(ref, callbacks.token_use if callbacks else None, text) from None
    except (
        KeyError,
        ValueError,
    ) as error:  # an object that is not in the database, or is no object
        raise DamagedSourceError(
            f"{ref.name} is damaged: {error} is missing or unreadable."
        ) from None


def _translated(  # noqa: PLR0911 - one return for each cause, which only the text shows
    ref: Reference, use: TokenUse | None, text: str
) -> CcingestError | IdsNotServedError:
    name = _name(ref)
    status = re.search(r"status code: (\d{3})", text)
    if status:
        return error_of_status(ref, int(status[1]), use)
    if "cannot fetch a specific object" in text:
        return IdsNotServedError(text)
    if "unexpected packet type" in text or "not our ref" in text:
        return CommitNotFoundError(f"{name} has no such commit.")
    if "authentication" in text:
        return _no_access(name, use, 401)
    if "invalid content-type" in text:
        return RepositoryNotFoundError(
            f"{name} is no git repository: {ref.host} answers with a web page; check the address."
        )
    if "No space left" in text or "Disk quota" in text:
        return StorageFullError(f"The disk is full: {name} could not be fetched; free some space.")
    if ref.is_local:
        return StoreError(f"{name} can't be read: {text}.")
    return NetworkError(f"Could not fetch {name}: {text}; check the network and try again.")


def error_of_status(
    ref: Reference, code: int, use: TokenUse | None, pause: float | None = None
) -> CcingestError:
    """The error for the status of an HTTP answer that is no answer to what was asked.

    `pause` is for how many seconds the host wants to be left alone.
    """
    name = _name(ref)
    if pause is not None or code == 429:
        return RateLimitedError(
            f"{ref.host} asks to slow down (HTTP {code}); try again later.",
            host=ref.host,
            pause=_PAUSE if pause is None else pause,
        )
    if code in (401, 403):
        return _no_access(name, use, code)
    if code in (404, 410):
        if use and not use.has_token:
            return RepositoryNotFoundError(
                f"{name} does not exist, or is private; check the spelling, or set GITHUB_TOKEN to a "
                "token for it."
            )
        return RepositoryNotFoundError(
            f"{name} does not exist, or is private and the token may not see it; check the "
            "spelling, and that GITHUB_TOKEN may read it."
        )
    return NetworkError(
        f"Could not fetch {name}: {ref.host} answers with HTTP {code}; try again later."
    )


def unsupported_format(ref: Reference, object_format: str) -> UnsupportedSourceError:
    return UnsupportedSourceError(
        f"{_name(ref)} is a repository with {object_format.upper()[:20]} ids, which libgit2 can't "
        "read; ccingest takes repositories with SHA-1 ids."
    )


def _name(ref: Reference) -> str:
    return ref.name if ref.is_local else f"{ref.host}/{ref.name}"


def _no_access(name: str, use: TokenUse | None, code: int) -> AccessError:
    if use and use.gave_token:
        return AccessError(f"{name} refuses the token; check that it is valid and may read it.")
    if code == 403:
        return AccessError(
            f"{name} refuses access (HTTP 403); set GITHUB_TOKEN to a token that may read it."
        )
    if use and use.has_token and not use.may_give_token:
        return AccessError(
            f"{name} wants a token, and the one given is for another host or the connection is "
            "not encrypted; set GH_HOST to the token's host."
        )
    return AccessError(f"{name} does not exist or is private; set GITHUB_TOKEN to a token for it.")
