"""What the user asked for, checked: the flags of `github add` and `schedule add` to a request."""

from __future__ import annotations

from ccingest.errors import UsageError
from ccingest.jobs.records import JobRequest
from ccingest.records import SCOPES, IngestOptions
from ccingest.references import check_branch, check_sha, parse_reference
from ccingest.settings import Settings

_LONGEST_NAME = 255


def make_request(
    settings: Settings,
    repo: str,
    *,
    branch: str | None,
    sha: str | None = None,
    dataset: str | None,
    project: str,
    scope: str,
    force: bool = False,
    priority: int,
    max_retries: int,
    include: list[str] | None,
    exclude: list[str] | None,
    model: str,
) -> JobRequest:
    """Raises UsageError, InvalidReferenceError and UnknownModelError now, not when the job runs."""
    ref = parse_reference(repo, gh_host=settings.gh_host)
    if scope not in SCOPES:
        raise UsageError(f"--scope is {scope!r}, but must be one of {', '.join(SCOPES)}.")
    return JobRequest(
        ref=ref,
        project=_checked_name("--project", project),
        dataset=_checked_name("--dataset", dataset or ref.dataset_name),
        scope=scope,
        branch=check_branch(branch) if branch else ref.branch,
        sha=check_sha(sha) if sha else None,
        options=_checked_options(include, exclude, model or settings.model, force),
        priority=priority,
        max_retries=max_retries,
    )


def _checked_name(flag: str, name: str) -> str:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable() or name == "all":
        raise UsageError(
            f"{flag} must be 1 to {_LONGEST_NAME} printable characters, and not `all`."
        )
    return name


def _checked_options(
    include: list[str] | None, exclude: list[str] | None, model: str, force: bool
) -> IngestOptions:
    options = IngestOptions(tuple(include or ()), tuple(exclude or ()), model, force)
    if options.include or options.exclude:
        from ccingest.files import selection_id

        selection_id(options.include, options.exclude)
    if not model:
        return options
    from ccingest.embedding import canonical_name

    return IngestOptions(options.include, options.exclude, canonical_name(model), force)
