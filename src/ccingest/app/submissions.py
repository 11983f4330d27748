"""Requests that come from elsewhere: what they may reach, and whether there is anything to do."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ccingest.app.home import Home
from ccingest.app.requests import AddOptions, requests_for, split_name
from ccingest.db.catalog import find_dataset
from ccingest.errors import CcingestError, FolderNotAllowedError, UsageError
from ccingest.models import Dataset, Job, JobRequest, Reference, SourceKind
from ccingest.models.sources import SOURCE_KINDS
from ccingest.models.submissions import Reach, Submission, SubmissionStatus
from ccingest.queue import enqueue, history
from ccingest.sources.plugins import plugin_kind
from ccingest.sources.references import names_a_path

_log = logging.getLogger(__name__)

# Of a dataset's jobs, how many are looked through for the last that completed.
_MOST_JOBS = 50


def submit(home: Home, reference: str, options: AddOptions, reach: Reach) -> Submission:
    """Queue a job, unless the same is queued, runs, or has nothing to do.

    Asks the host of the repository for its newest revision when there is a dataset of it already.
    Raises FolderNotAllowedError, ForbiddenAddressError, and what `requests_for` raises.
    """
    request = checked_request(home, reference, options, reach)
    named = enqueue.with_free_name(home.connection, request)
    if not named.options.force:
        active = enqueue.active_job(home.connection, named)
        if active:
            return _of_active(named, active)
        held = _up_to_date(home, named)
        if held:
            last = _last_completed(home, held)
            at = (last.completed_at if last else None) or held.updated_at
            return Submission("skipped", named, last, last_run_at=at)
    queued = enqueue.enqueue(home.connection, request)
    if queued.created:
        return Submission("queued", named, queued.job, created=True)
    return _of_active(named, queued.job)


def checked_request(home: Home, reference: str, options: AddOptions, reach: Reach) -> JobRequest:
    """The request for a reference that is within reach. Raises what `submit` raises."""
    _check_form(reference, options.source, reach)
    asked = replace(options, public_only=not reach.private, allow_private=reach.private)
    (request,) = requests_for(home.settings, [reference], asked)
    check_source(request.source, reach)
    return request


def check_source(source: Reference, reach: Reach) -> None:
    """Raises ForbiddenAddressError, FolderNotAllowedError for what a request may not reach."""
    if source.is_local:
        _require_allowed(_path_of(source.location), reach)
        if source.kind == "github":
            from ccingest.sources.git import repository_folder

            _require_allowed(repository_folder(source), reach)
    elif not reach.private:
        from ccingest.sources.git import check_public

        check_public(source)


def _check_form(reference: str, kind: SourceKind | None, reach: Reach) -> None:
    """Before anything is read, so that a refusal does not tell whether a folder exists.

    What the kinds of source of other packages read is not known, so requests don't name them.
    """
    _, text = split_name(reference.strip())
    stripped = text.strip()
    if kind not in (None, *SOURCE_KINDS) or (kind is None and plugin_kind(stripped)):
        raise UsageError(
            f"A request may name one of {', '.join(SOURCE_KINDS)}.", parameter="source"
        )
    if kind == "web" or not (kind == "folder" or names_a_path(stripped)):
        return
    path = unquote(urlsplit(stripped).path) if stripped.startswith("file:") else stripped
    if not path.startswith("/"):
        raise UsageError("path must be absolute; it begins with a slash.")
    _require_allowed(Path(path), reach)


def _require_allowed(path: Path, reach: Reach) -> None:
    try:
        real = path.resolve()
        is_allowed = any(real.is_relative_to(folder.resolve()) for folder in reach.folders)
    except (OSError, ValueError, RuntimeError):  # a loop of links, or a NUL
        is_allowed = False
    if not is_allowed:
        raise FolderNotAllowedError(
            f"{str(path)!r} is in no folder that requests may name; ask the operator of the server."
        )


def _path_of(location: str) -> Path:
    return Path(unquote(urlsplit(location).path))


def _of_active(request: JobRequest, job: Job) -> Submission:
    status: SubmissionStatus = "running" if job.status == "in_progress" else "queued"
    return Submission(status, request, job)


def _up_to_date(home: Home, request: JobRequest) -> Dataset | None:
    """The dataset, if an ingest of it would find nothing to do."""
    from ccingest.pipeline.request import recipe_of

    held = find_dataset(home.connection, request.project, request.dataset)
    if held is None or held.scope != request.scope:
        return None
    if not recipe_of(request.options, home.settings).made(held):
        return None
    if request.source.kind == "web":
        return held  # whether a site has changed is known by reading it: a sync does that
    wanted = request.revision or _newest(home, request, held)
    return held if wanted == held.revision else None


def _newest(home: Home, request: JobRequest, held: Dataset) -> str | None:
    """The newest revision; None when it can't be found out; then the job reports why."""
    from ccingest.sources import open_source

    source = open_source(request.source, home.settings, request.options)
    try:
        found = source.resolve(branch=request.branch, revision=None, held=held.revision)
    except CcingestError as error:
        _log.info("The newest revision of %s is not known: %s", request.source.name, error)
        return None
    # One that was asked for otherwise stays what it was: a job tells a tag from a branch.
    return found.id if held.branch in (found.branch, request.branch) else None


def _last_completed(home: Home, dataset: Dataset) -> Job | None:
    jobs = history.history(
        home.connection, project=dataset.project, status="completed", limit=_MOST_JOBS
    )
    return next((job for job in jobs if job.dataset == dataset.name), None)
