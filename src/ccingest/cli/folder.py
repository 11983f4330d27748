"""`ccingest folder`: datasets from folders of this machine, whether they are in git or not."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli import options as opt
from ccingest.cli.adding import add_all
from ccingest.cli.command import DocumentCommand
from ccingest.process.signals import StopSignals
from ccingest.running.foreground import foreground
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.output import Reply, lines, note

_Paths = Annotated[
    list[str], Argument(metavar="FOLDER", help="A path; NAME=PATH names its dataset.")
]
_Dataset = Annotated[
    opt.Text,
    Option("--dataset", "-d", metavar="DATASET", help="Its name. Default: that of the folder."),
]

app = typer.Typer(
    help="Datasets from folders of this machine, in git or not.", no_args_is_help=True
)


@app.command("add", cls=DocumentCommand)
def add(
    paths: _Paths,
    dataset: _Dataset = None,
    project: opt.Project = DEFAULT_PROJECT,
    scope: opt.Scope = "project",
    hidden: opt.Hidden = False,
    force: opt.Force = False,
    priority: opt.Priority = 0,
    max_retries: opt.MaxRetries = 3,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    model: opt.Model = "",
    detach: opt.Detach = False,
    dry_run: opt.DryRun = False,
) -> Reply:
    """Make datasets of folders, or bring them up to date; only files that changed are read again.

    Leaves out what .gitignore, .ignore and .ccingestignore files say, as ripgrep does, hidden files
    and folders, links, and what is no regular file. `ccingest files --skipped` lists it.
    """
    from ccingest.app.requests import AddOptions

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
    return add_all(paths, options, detach=detach, dry_run=dry_run)


@app.command("watch", cls=DocumentCommand)
def watch(
    paths: _Paths,
    dataset: _Dataset = None,
    project: opt.Project = DEFAULT_PROJECT,
    scope: opt.Scope = "project",
    hidden: opt.Hidden = False,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    model: opt.Model = "",
) -> Iterator[Reply]:
    """Make datasets of folders, and keep them up to date while files change, until Ctrl-C.

    Each burst of changes is one job, which is printed when it has ended; with --json, as one JSON
    document a line. A folder that is removed is waited for.
    """
    from ccingest.app.requests import AddOptions
    from ccingest.app.watching import FolderWatcher
    from ccingest.terminal.bursts import BurstView, burst_line

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
    with (
        _ending(signals),
        opened_home(create=True) as home,
        foreground(home, signals) as (worker, view),
    ):
        watcher = FolderWatcher(home, worker, paths, options, signals.event)
        for folder in watcher.folders:
            note(f"watching {folder}, Ctrl-C ends it")
        for job in watcher.run(BurstView(view)):
            yield Reply(documents.of(job), lines(burst_line(job)))


@contextmanager
def _ending(signals: StopSignals) -> Iterator[None]:
    """Ctrl-C is another end than SIGTERM, the usual one, also where it cancels a job."""
    try:
        yield
    except KeyboardInterrupt:
        if signals.number != signal.SIGTERM:
            raise
    if signals.number == signal.SIGINT:
        raise KeyboardInterrupt
