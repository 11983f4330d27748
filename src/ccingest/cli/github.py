"""`ccingest github add`: bring a repository in."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag, Project
from ccingest.cli.output import Reply, safe, stderr
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, Settings, load_settings

if TYPE_CHECKING:
    import sqlite3

    from rich.console import Console

    from ccingest.jobs.records import Job, JobRequest

app = typer.Typer(help="Datasets from git repositories.", no_args_is_help=True)


@app.callback()
def github() -> None:
    """Datasets from git repositories."""


@app.command("add")
def add(
    repo: Annotated[
        str,
        typer.Argument(
            metavar="REPO", help="org/repo, a URL of GitHub or GitHub Enterprise, or a local path."
        ),
    ],
    branch: Annotated[
        str | None, typer.Option("--branch", "-b", help="Default: the repository's own default.")
    ] = None,
    sha: Annotated[str | None, typer.Option("--sha", help="This commit, of any branch.")] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="Its name. Default: org-repo.")
    ] = None,
    project: Project = DEFAULT_PROJECT,
    scope: Annotated[
        str,
        typer.Option(
            help="`project`; `global`: searched from every project; `local`: only when named."
        ),
    ] = "project",
    force: Annotated[
        bool, typer.Option("--force", help="Do it all anew, also when nothing changed.")
    ] = False,
    priority: Annotated[int, typer.Option(help="Higher runs earlier.", min=-1000, max=1000)] = 0,
    max_retries: Annotated[int, typer.Option(help="For failures that can pass.", min=0)] = 3,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", metavar="GLOB", help="Only such files. Repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Not such files. Repeatable."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="A model of fastembed, or a folder with one.")
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", help="Only queue it; a `ccingest worker` runs it.")
    ] = False,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Turn a repository into a dataset, or bring its dataset up to date."""
    from ccingest.jobs.database import connect
    from ccingest.jobs.queue import enqueue
    from ccingest.records import IngestOptions

    settings = load_settings()
    options = IngestOptions(tuple(include or ()), tuple(exclude or ()), model, force)
    request = _request(
        settings, options, repo, branch, sha, dataset, project, scope, priority, max_retries
    )
    settings.create_home()
    with closing(connect(settings.database)) as connection:
        if detach:
            queued = enqueue(connection, request)
            return _queued_reply(queued.job, queued.created)
        job = _run_in_foreground(settings, connection, request)
    return _ended_reply(job)


def _request(
    settings: Settings,
    options: object,
    repo: str,
    branch: str | None,
    sha: str | None,
    dataset: str | None,
    project: str,
    scope: str,
    priority: int,
    max_retries: int,
) -> JobRequest:
    """Everything that is wrong with the command line is said here, before a job exists."""
    ...
