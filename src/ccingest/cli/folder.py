"""`ccingest folder`: datasets from folders of this machine, whether they are in git or not."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import DocumentCommand, opened_home
from ccingest.cli.estimates import DryRun, estimated
from ccingest.cli.foreground import foreground
from ccingest.cli.github import ended_reply, queued_reply
from ccingest.cli.jobs import changes_of
from ccingest.cli.options import (
    Detach,
    Exclude,
    Hidden,
    Include,
    MaxRetries,
    Model,
    Priority,
    Project,
    Scope,
    Text,
)
from ccingest.cli.output import Reply, lines, stderr
from ccingest.cli.printing import printing
from ccingest.process.signals import StopSignals
from ccingest.settings import DEFAULT_PROJECT, load_settings
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import Job
    from ccingest.progress import Emit, Progress

_Paths = Annotated[
    list[str], Argument(metavar="FOLDER", help="A path; NAME=PATH names its dataset.")
]
_Dataset = Annotated[
    Text,
    Option("--dataset", "-d", metavar="DATASET", help="Its name. Default: that of the folder."),
]
_Force = Annotated[bool, Option("--force", help="Read all files again, also when nothing changed.")]

app = typer.Typer(
    help="Datasets from folders of this machine, in git or not.", no_args_is_help=True
)


@app.command("add", cls=DocumentCommand)
def add(
    paths: _Paths,
    dataset: _Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    hidden: Hidden = False,
    force: _Force = False,
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: Detach = False,
    dry_run: DryRun = False,
) -> Reply:
    """Make datasets of folders, or bring them up to date; only files that changed are read again.

    Leaves out what .gitignore, .ignore and .ccingestignore files say, as ripgrep does, hidden files
    and folders, links, and what is no regular file. `ccingest files --skipped` lists it.
    """
    from ccingest.app.ingest import enqueue_requests
    from ccingest.app.requests import AddOptions, requests_for

    options = AddOptions(
        dataset=dataset,
        project=project,
        scope=scope,
        include=include or (),
        exclude=exclude or (),
        model=model,
        force=force,
        hidden=hidden,
        priority=priority,
        max_retries=max_retries,
        source="folder",
    )
    requests = requests_for(load_settings(), paths, options)
    is_list = len(paths) > 1
    with opened_home(create=True) as home:
        if dry_run:
            return estimated(home, requests)
        if detach:
            return queued_reply(enqueue_requests(home, requests), is_list=is_list)
        with foreground(home) as (worker, view):
            jobs = worker.run(enqueue_requests(home, requests), view)
    return ended_reply(jobs, is_list=is_list)


@app.command("watch", cls=DocumentCommand)
def watch(
    paths: _Paths,
    dataset: _Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    hidden: Hidden = False,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
) -> Iterator[Reply]:
    """Make datasets of folders, and keep them up to date while files change, until Ctrl-C.

    Each burst of changes is one job, which is printed when it has ended; with --json, as one JSON
    document a line. A folder that is removed is waited for.
    """
    from ccingest.app.requests import AddOptions
    from ccingest.app.watching import FolderWatcher

    options = AddOptions(
        dataset=dataset,
        project=project,
        scope=scope,
        include=include or (),
        exclude=exclude or (),
        model=model,
        hidden=hidden,
    )
    signals = StopSignals()
    with opened_home(create=True) as home, foreground(home, signals) as (worker, view):
        watcher = FolderWatcher(home, worker, paths, options, signals.event)
        for folder in watcher.folders:
            _say(f"watching {folder}, Ctrl-C ends it")
        for job in watcher.run(_WatchView(view)):
            yield Reply(documents.of(job), lines(_line(job)))
    if signals.number == signal.SIGINT:
        raise KeyboardInterrupt


class _WatchView:
    """Shows a progress bar on a terminal. Elsewhere only failures and notices: bursts are many."""

    def __init__(self, view: Emit) -> None:
        self._view = view

    def __call__(self, progress: Progress) -> None:
        from ccingest.progress import JobEnded, JobStarted, Notice, Retrying

        match progress:
            case Notice(_, message):
                _say(message)
            case JobStarted() | JobEnded() | Retrying():
                self._view(progress)
            case _ if stderr().is_terminal:
                self._view(progress)


def _line(job: Job) -> str:
    at = f"{job.completed_at or job.created_at:%H:%M:%S}"
    changes = f"; {changes_of(job)}" if job.counts and job.counts.chunks_kept else ""
    return safe(f"{at} {job.dataset}: {job.error or job.message or job.status}{changes}")


def _say(text: str) -> None:
    if not printing().quiet:
        stderr().print(safe(text), soft_wrap=True)
