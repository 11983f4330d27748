"""`ccingest sync`: bring datasets to the newest commit of their branch."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccingest.cli.foreground import error_of, exit_code_of_all, run_here
from ccingest.cli.options import JsonFlag, Project, project_or_none
from ccingest.cli.output import Reply, lines, safe
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, Settings, load_settings

if TYPE_CHECKING:
    import sqlite3

    from ccingest.jobs.batch import Sync
    from ccingest.jobs.records import Enqueued, Job


def sync(
    datasets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATASET]...", help="Default: all of the project."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="The datasets of all projects.")] = False,
    project: Project = DEFAULT_PROJECT,
    detach: Annotated[
        bool, typer.Option("--detach", help="Only queue them; a `ccingest worker` runs them.")
    ] = False,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Bring datasets to their branch's newest commit. The options they were made with stay."""
    if all_ and (datasets or project != DEFAULT_PROJECT):
        raise UsageError("--all is for all datasets; leave out the names and --project.")
    settings = load_settings()
    settings.create_home()
    wanted = None if all_ else project_or_none(project)
    found, jobs = _queued(settings, wanted, datasets or [], detach=detach)
    if not found:
        return Reply(
            {"datasets": []}, lines("No datasets yet; `ccingest github add REPO` makes one.")
        )
    documents = [_document(one, jobs) for one in found]
    told = [safe(f"{one.dataset}: {_told(one, jobs)}") for one in found]
    counts = Counter(_outcome(one, jobs) for one in found)
    summary = ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in sorted(counts.items()))
    code = 0 if detach else exit_code_of_all(jobs.values())
    return Reply({"datasets": documents}, lines(*told, summary), code)


def _queued(
    settings: Settings, project: str | None, names: list[str], *, detach: bool
) -> tuple[list[Sync], dict[str, Job]]:
    """The datasets, and the jobs by id: as they ended, or with `detach` as they were queued."""
    from ccingest.jobs.batch import enqueue_sync
    from ccingest.jobs.database import connect

    found: list[Sync] = []

    def put(connection: sqlite3.Connection) -> list[Enqueued]:
        found.extend(enqueue_sync(connection, project, names))
        return [one.queued for one in found if one.queued]

    if detach:
        with closing(connect(settings.database)) as connection:
            jobs = [one.job for one in put(connection)]
    else:
        jobs = run_here(settings, put)
    return found, {job.id: job for job in jobs}


def _outcome(one: Sync, jobs: dict[str, Job]) -> str:
    if one.queued is None:
        return "skipped"
    job = jobs[one.queued.job.id]
    if not job.ended:
        return "queued"
    if job.status != "completed":
        return job.status
    changed = job.sha != one.sha or job.chunks_added or job.chunks_removed
    return "updated" if changed else "up_to_date"


def _told(one: Sync, jobs: dict[str, Job]) -> str:
    from ccingest.cli.jobs import changes_of

    outcome = _outcome(one, jobs)
    if one.queued is None:
        return f"{outcome}, {one.why_not}"
    job = jobs[one.queued.job.id]
    match outcome:
        case "queued":
            return f"queued as job {job.id}"
        case "up_to_date":
            return f"up to date at {one.sha[:10]}"
        case "updated":
            return f"updated, {one.sha[:10]} to {(job.sha or '')[:10]}: {changes_of(job)}"
    return f"{outcome}: {error_of(job).message}"


def _document(one: Sync, jobs: dict[str, Job]) -> dict[str, Any]:
    from ccingest.cli.documents import job_document

    job = jobs[one.queued.job.id] if one.queued else None
    return {
        "project": one.project,
        "dataset": one.dataset,
        "repository": one.repository,
        "outcome": _outcome(one, jobs),
        "reason": one.why_not,
        "fromSha": one.sha,
        "sha": (job.sha if job else None) or one.sha,
        "job": job_document(job) if job else None,
    }
