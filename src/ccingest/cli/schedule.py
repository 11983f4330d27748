"""`ccingest schedule`: bring datasets up to date automatically."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli import options as opt
from ccingest.cli.command import DocumentCommand
from ccingest.cli.options import project_or_none
from ccingest.errors import UsageError
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.kept import minute, show_schedules
from ccingest.terminal.output import Reply, report, say
from ccingest.visible import safe

_CRON_HELP = "As in crontab, local time: '0 3 * * *'."

_Every = Annotated[opt.Text, Option(metavar="TIME", help="30m, 6h, 1d12h; begins at once.")]
_Cron = Annotated[opt.Text, Option(metavar="FIELDS", help=_CRON_HELP)]
_Name = Annotated[str, Argument(metavar="DATASET", help="The dataset's name.")]

app = typer.Typer(
    help="Datasets that a `ccingest worker` brings up to date automatically.", no_args_is_help=True
)


@app.command("add", cls=DocumentCommand)
def add(
    repo: opt.Repo,
    every: _Every = None,
    cron: _Cron = None,
    branch: opt.Branch = None,
    dataset: opt.Dataset = None,
    project: opt.Project = DEFAULT_PROJECT,
    scope: opt.Scope = "project",
    priority: opt.Priority = 0,
    max_retries: opt.MaxRetries = 3,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    model: opt.Model = "",
    source: opt.SourceKind = None,
) -> Reply:
    """Keep a dataset up to date. Replaces an existing schedule of the dataset."""
    from ccingest.app.requests import AddOptions
    from ccingest.app.schedules import add_schedule

    if (every is None) == (cron is None):
        raise UsageError("Give one of --every and --cron, such as --every 6h.")
    options = AddOptions(
        branch=branch,
        dataset=dataset,
        project=project,
        scope=scope,
        priority=priority,
        max_retries=max_retries,
        include=include or (),
        exclude=exclude or (),
        model=model,
        source=source,
    )
    with opened_home(create=True) as home:
        made, replaced = add_schedule(home, repo, options, every=every, cron=cron)
    document = documents.of(made) | {"replaced": replaced}
    state = "rescheduled" if replaced else "scheduled"
    text = f"{state} {made.request.dataset} {made.timing}, next {minute(made.next_at)} UTC"
    return report(document, safe(text), "A running `ccingest worker` does it.")


@app.command("list", cls=DocumentCommand)
def list_(project: opt.ProjectOrAll = DEFAULT_PROJECT) -> Reply:
    """List the schedules, and when each is due next."""
    from ccingest.app.schedules import readable_schedules

    with opened_home() as home:
        found, damaged = readable_schedules(home, project_or_none(project))
    for sentence in damaged:
        say(f"ccingest: {sentence}")
    code = 1 if damaged else 0
    return Reply(documents.of_all("schedules", found), partial(show_schedules, found=found), code)


@app.command("remove", cls=DocumentCommand)
def remove(
    dataset: _Name,
    project: opt.Project = DEFAULT_PROJECT,
) -> Reply:
    """Remove the schedule of a dataset; the dataset stays."""
    from ccingest.app.schedules import remove_schedule

    with opened_home() as home:
        gone = remove_schedule(home, project, dataset)
    if gone is None:
        named = {"project": project, "dataset": dataset}
        return report(named, safe(f"removed the schedule of {dataset}, which was damaged"))
    text = f"removed the schedule of {gone.request.dataset}, {gone.timing}"
    return report(documents.of(gone), safe(text))
