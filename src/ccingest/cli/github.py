"""`ccingest github add`: bring a repository in."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

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
    Repo,
    Scope,
)
from ccingest.cli.output import Reply, lines, print_error, safe
from ccingest.cli.requests import make_request
from ccingest.errors import UsageError, error_of_kind
from ccingest.settings import DEFAULT_PROJECT, Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.events import Emit
    from ccingest.jobs.records import Job, JobRequest

_CLAIM_INTERVAL = 0.2  # seconds

_Sha: TypeAlias = Annotated[str | None, typer.Option("--sha", help="This commit, of any branch.")]
_Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Do it all anew, also when nothing changed.")
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
    repo: Repo,
    branch: Branch = None,
    sha: _Sha = None,
    dataset: Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    force: _Force = False,
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: _Detach = False,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Turn a repository into a dataset, or bring its dataset up to date."""
    from ccingest.cli.documents import job_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.presence import new_worker_id, present
    from ccingest.jobs.queue import enqueue

    settings = load_settings()
    request = make_request(
        settings,
        repo,
        branch=branch,
        sha=sha,
        dataset=dataset,
        project=project,
        scope=scope,
        force=force,
        priority=priority,
        max_retries=max_retries,
        include=include,
        exclude=exclude,
        model=model,
    )
    settings.create_home()
    with closing(connect(settings.database)) as connection:
        if detach:
            queued = enqueue(connection, request)
            said = "queued" if queued.created else f"{queued.job.status} already"
            text = f"{queued.job.id} {said}: {safe(request.ref.full_name)}"
            return Reply(job_document(queued.job), lines(text))
        worker_id = new_worker_id()
        with present(connection, worker_id):
            job = _run_now(settings, connection, request, worker_id)
    return _ended(job)


def _run_now(
    settings: Settings, connection: sqlite3.Connection, request: JobRequest, worker_id: str
) -> Job:
    """Queue the job and see it through, here or in the worker that was quicker."""
    from ccingest.cli.progress import progress_view
    from ccingest.cli.runner import make_handler, stop_on_signals, sweep
    from ccingest.events import Notice
    from ccingest.jobs import queue
    from ccingest.jobs.database import connect
    from ccingest.jobs.lookup import get_job
    from ccingest.jobs.worker import run_job

    sweep(settings, connection)
    queued = queue.enqueue(connection, request)
    job = queued.job

    def leave() -> int:
        with closing(connect(settings.database)) as own:
            _cancel(own, job.id, worker_id, mine=queued.created)
        return 130

    stop = stop_on_signals(leave)
    with progress_view(request.ref.full_name) as view:
        if not queued.created:
            view(Notice("info", f"The same is {job.status} already, as job {job.id}."))
        try:
            while not job.ended:
                if stop.is_set():
                    raise KeyboardInterrupt
                claimed = queue.claim(connection, worker_id, job_id=job.id)
                if claimed:
                    handler = make_handler(settings, view)
                    job = run_job(
                        connection, settings.database, claimed, worker_id, handler, stop=stop
                    )
                    _say_if_retried(job, view)
                else:
                    stop.wait(_CLAIM_INTERVAL)
                    job = get_job(connection, job.id)
        except KeyboardInterrupt:
            _cancel(connection, job.id, worker_id, mine=queued.created)
            raise
    sweep(settings, connection)
    return job


def _say_if_retried(job: Job, view: Emit) -> None:
    from ccingest.events import Notice

    if job.status == "pending" and job.error:
        view(Notice("warning", f"{job.error} Trying again ({job.retry_count}/{job.max_retries})."))


def _cancel(connection: sqlite3.Connection, job_id: str, worker_id: str, *, mine: bool) -> None:
    """Ctrl-C cancels the job that this command made; one that others wait for is handed back."""
    from ccingest.jobs import queue

    if connection.in_transaction:
        connection.execute("ROLLBACK")
    if mine:
        with suppress(UsageError):  # it ended just now
            queue.cancel(connection, job_id)
    queue.release_all(connection, worker_id)


def _ended(job: Job) -> Reply:
    from ccingest.cli.documents import exit_code_of, job_document

    if job.status == "completed":
        return Reply(job_document(job), lambda console: _show_completed(console, job))
    error = error_of_kind(job.error_kind or "", job.error or f"The job {job.id} was {job.status}.")
    print_error(error, as_json=False)
    return Reply(job_document(job), lines(), exit_code_of(job))


def _show_completed(console: Console, job: Job) -> None:
    console.print(f"{safe(job.dataset)}: {safe(job.message or '')}", soft_wrap=True)
    skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(job.skipped.items()))
    if skipped:
        console.print(f"skipped: {skipped}", style="dim", soft_wrap=True)
    fallbacks = sum(job.fallbacks.values())
    if fallbacks:
        console.print(f"{fallbacks} files have no syntax tree and were cut at lines", style="dim")
    console.print(f"job {job.id}, {job.duration_seconds or 0:.1f} s", style="dim")
