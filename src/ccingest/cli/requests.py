"""What the user asked for, checked: references and flags to requests for jobs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ccingest.errors import UsageError
from ccingest.jobs.records import JobRequest
from ccingest.records import SCOPES, IngestOptions, RepoRef
from ccingest.references import check_branch, check_sha
from ccingest.settings import Settings

_LONGEST_NAME = 255


def request_maker(
    settings: Settings,
    *,
    branch: str | None = None,
    sha: str | None = None,
    dataset: str | None = None,
    project: str,
    scope: str,
    force: bool = False,
    cache: bool = True,
    priority: int,
    max_retries: int,
    include: list[str] | None,
    exclude: list[str] | None,
    model: str,
) -> Callable[[RepoRef], JobRequest]:
    """Checks the flags, and gives what makes the request for a repository of them.

    Raises UsageError, InvalidReferenceError and UnknownModelError; the maker UsageError.
    """
    if scope not in SCOPES:
        raise UsageError(f"--scope is {scope!r}, but must be one of {', '.join(SCOPES)}.")
    checked_project = _checked_name("--project", project)
    checked_branch = check_branch(branch) if branch else None
    checked_sha = check_sha(sha) if sha else None
    options = _checked_options(include, exclude, model or settings.model)
    options = replace(options, force=force, cache=cache)

    def make(ref: RepoRef) -> JobRequest:
        return JobRequest(
            ref=ref,
            project=checked_project,
            dataset=_checked_name("--dataset", dataset or ref.dataset_name),
            scope=scope,
            branch=checked_branch or ref.branch,
            sha=checked_sha,
            options=options,
            priority=priority,
            max_retries=max_retries,
        )

    return make


def read_list(source: str) -> list[tuple[str, str]]:
    """The references in a file, or on stdin for `-`: one a line, each with its place.

    Blank lines are skipped, and what follows a `#` at a line's start or after a blank.
    Raises UsageError when it can't be read, or holds none.
    """
    name = "stdin" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"Can't read {name}: {error.strerror}; check --from-file.") from error
    except ValueError as error:  # no UTF-8, or a NUL in the name
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.") from error
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        reference = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if reference:
            found.append((f"{name} line {number}", reference))
    if not found:
        raise UsageError(f"{name} holds no reference; write one a line, such as org/repo.")
    return found


def without_twins(requests: Iterable[JobRequest]) -> list[JobRequest]:
    """Each repository and branch once.

    Raises UsageError when two different ones would become one dataset.
    """
    from ccingest.jobs.datasets import repository_key

    found: dict[tuple[str, str | None], JobRequest] = {}
    for request in requests:
        found.setdefault((repository_key(request.ref), request.branch), request)
    by_dataset: dict[str, JobRequest] = {}
    for request in found.values():
        first = by_dataset.setdefault(request.dataset, request)
        if first is not request:
            raise UsageError(
                f"{_told(first)} and {_told(request)} would both become the dataset "
                f"{request.dataset}; add one of them by itself, with --dataset."
            )
    return list(found.values())


def _told(request: JobRequest) -> str:
    where = request.ref.web_url or request.ref.clone_url
    return f"{where} at {request.branch}" if request.branch else where


def _checked_name(flag: str, name: str) -> str:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable() or name == "all":
        raise UsageError(
            f"{flag} must be 1 to {_LONGEST_NAME} printable characters, and not `all`."
        )
    return name


def _checked_options(
    include: list[str] | None, exclude: list[str] | None, model: str
) -> IngestOptions:
    options = IngestOptions(tuple(include or ()), tuple(exclude or ()), model)
    if options.include or options.exclude:
        from ccingest.files import selection_id

        selection_id(options.include, options.exclude)
    if not model:
        return options
    from ccingest.embedding import canonical_name

    return replace(options, model=canonical_name(model))
