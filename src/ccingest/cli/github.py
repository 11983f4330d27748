"""`ccingest github add`: bring repositories in."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ccingest.cli.foreground import error_of, exit_code_of_all, run_here
from ccingest.cli.options import (
    Branch,
    Dataset,
    Exclude,
    Include,
    JsonFlag,
    MaxRetries,
    Model,
    Priority,
    Project,
    Scope,
)
from ccingest.cli.output import Reply, lines, safe
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, Settings, load_settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from rich.console import Console

    from ccingest.jobs.records import Enqueued, Job, JobRequest
    from ccingest.records import RepoRef

_Put: TypeAlias = "Callable[[sqlite3.Connection], list[Enqueued]]"
_Repos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="REPO...", help="org/repo, a URL of GitHub or GitHub Enterprise, or a local path."
    ),
]
_FromFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--from-file", metavar="LIST", help="A file with one REPO a line; - is stdin."),
]
_Sha: TypeAlias = Annotated[str | None, typer.Option("--sha", help="This commit, of any branch.")]
_Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Do it all anew, also when nothing changed.")
]
_NoCache: TypeAlias = Annotated[
    bool, typer.Option("--no-cache", help="Clone it anew, and don't keep the clone.")
]
_Detach: TypeAlias = Annotated[
    bool, typer.Option("--detach", help="Only queue it; a `ccingest worker` runs it.")
]

app = typer.Typer(help="Datasets from git repositories.", no_args_is_help=True)


@app.callback()
def github() -> None:
    """Datasets from git repositories."""


@app.command("add")
def add(
    repos: _Repos = None,
    from_file: _FromFile = None,
    branch: Branch = None,
    sha: _Sha = None,
    dataset: Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    force: _Force = False,
    no_cache: _NoCache = False,
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: _Detach = False,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Make datasets of repositories, or bring them up to date."""
    from ccingest.cli.requests import request_maker, without_twins

    settings = load_settings()
    refs = _chosen(settings, repos or [], from_file)
    several = from_file is not None or len(refs) > 1
    if several and (dataset or sha):
        flag = "--dataset" if dataset else "--sha"
        raise UsageError(f"{flag} is for one repository; leave it out, or add each by itself.")
    make = request_maker(
        settings,
        branch=branch,
        sha=sha,
        dataset=dataset,
        project=project,
        scope=scope,
        force=force,
        cache=not no_cache,
        priority=priority,
        max_retries=max_retries,
        include=include,
        exclude=exclude,
        model=model,
    )
    requests = without_twins(map(make, refs))
    settings.create_home()
    if several:
        return _add_several(settings, requests, detach=detach)
    return _add_one(settings, requests[0], detach=detach)


def _chosen(settings: Settings, repos: list[str], from_file: str | None) -> list[RepoRef]:
    """Raises one InvalidReferenceError for all that are wrong."""
    from ccingest.cli.requests import read_list
    from ccingest.references import parse_references

    placed = [("", repo) for repo in repos]
    if from_file is not None:
        placed += read_list(from_file)
    if not placed:
        raise UsageError("Name a repository, such as org/repo, or a list: --from-file LIST.")
    return parse_references(placed, gh_host=settings.gh_host)


def _add_one(settings: Settings, request: JobRequest, *, detach: bool) -> Reply:
    from ccingest.cli.documents import exit_code_of, job_document

    put = _putter([request])
    if detach:
        (queued,) = _queue_only(settings, put)
        return Reply(job_document(queued.job), lines(_said_of(queued)))
    (job,) = run_here(settings, put)
    if job.status == "completed":
        return Reply(job_document(job), lambda console: _show_completed(console, job))
    return Reply(job_document(job), lines(), exit_code_of(job))


def _add_several(settings: Settings, requests: list[JobRequest], *, detach: bool) -> Reply:
    from ccingest.cli.documents import job_document

    put = _putter(requests)
    if detach:
        queued = _queue_only(settings, put)
        document = {"jobs": [job_document(one.job) for one in queued]}
        return Reply(document, lines(*map(_said_of, queued)))
    jobs = run_here(settings, put)
    document = {"jobs": [job_document(job) for job in jobs]}
    told = [safe(f"{job.dataset}: {_outcome(job)}") for job in jobs]
    counts = Counter(job.status for job in jobs)
    summary = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return Reply(document, lines(*told, summary), exit_code_of_all(jobs))


def _putter(requests: list[JobRequest]) -> _Put:
    from ccingest.jobs.batch import enqueue_all

    return lambda connection: enqueue_all(connection, requests)


def _queue_only(settings: Settings, put: _Put) -> list[Enqueued]:
    from ccingest.jobs.database import connect

    with closing(connect(settings.database)) as connection:
        return put(connection)


def _said_of(queued: Enqueued) -> str:
    said = "queued" if queued.created else f"{queued.job.status} already"
    return f"{queued.job.id} {said}: {safe(queued.job.ref.full_name)}"


def _outcome(job: Job) -> str:
    if job.status == "completed":
        return job.message or ""
    return f"{job.status}: {error_of(job).message}"


def _show_completed(console: Console, job: Job) -> None:
    console.print(f"{safe(job.dataset)}: {safe(job.message or '')}", soft_wrap=True)
    skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(job.skipped.items()))
    if skipped:
        console.print(f"skipped: {skipped}", style="dim", soft_wrap=True)
    fallbacks = sum(job.fallbacks.values())
    if fallbacks:
        console.print(f"{fallbacks} files have no syntax tree and were cut at lines", style="dim")
    console.print(f"job {job.id}, {job.duration_seconds or 0:.1f} s", style="dim")
