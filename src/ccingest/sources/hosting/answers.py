"""Parsing the answers of a host. Pure functions of their bytes and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ccingest.hosts import pause_asked_for
from ccingest.models import HostedRepository
from ccingest.values import dataclass

_FULL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9._-]{1,100}")
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^,;<>]+)*)")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the host. `headers` ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse_repositories(body: bytes) -> list[HostedRepository]:
    """Parse a page of the listing. Raises ValueError when it is malformed."""
    try:
        rows = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(rows, list):
        raise ValueError("no list")
    return [_parse_repository(row) for row in rows]


def next_page(link: str) -> str | None:
    """The URL that a Link header calls `next`; None on the last page."""
    for url, parameters in _LINK.findall(link):
        relations = re.search(r';\s*rel="?([^";]*)"?', parameters)
        if relations and "next" in relations[1].split():
            return str(url)
    return None


def pause_of(answer: Answer) -> float | None:
    """Seconds until the host takes requests again; None when it asks for no pause."""
    says_so = b"rate limit" in answer.body.lower()
    return pause_asked_for(answer.status, answer.headers, says_so=says_so)


def skip_reason(
    repository: HostedRepository, *, archived: bool, forks: bool, match: str | None
) -> str | None:
    """Why a listing leaves out the repository, in one word; None when it does not.

    `match` is a glob for the name without its owner; case does not matter.
    """
    name = repository.full_name.rpartition("/")[2]
    if match and not fnmatchcase(name.lower(), match.lower()):
        return "unmatched"
    if repository.is_disabled:
        return "disabled"
    if repository.is_archived and not archived:
        return "archived"
    return "fork" if repository.is_fork and not forks else None


def _parse_repository(row: Any) -> HostedRepository:
    if not isinstance(row, dict):
        raise ValueError("no object")
    full_name, size, branch = row.get("full_name"), row.get("size"), row.get("default_branch")
    if not isinstance(full_name, str) or not _FULL_NAME.fullmatch(full_name):
        raise ValueError("no name")
    return HostedRepository(
        full_name=full_name,
        default_branch=branch if isinstance(branch, str) else None,
        size=size if isinstance(size, int) else 0,
        is_archived=row.get("archived") is True,
        is_fork=row.get("fork") is True,
        is_disabled=row.get("disabled") is True,  # older servers don't say
        is_private=row.get("private") is True,
    )
