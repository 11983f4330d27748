"""`ccingest schedule`: bring datasets up to date automatically."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import DocumentCommand, opened_home
from ccingest.cli.options import (
    Branch,
    Dataset,
    Exclude,
    Include,
    MaxRetries,
    Model,
    Priority,
    Project,
    ProjectOrAll,
    Repo,
    Scope,
    SourceKind,
    Text,
    project_or_none,
)
from ccingest.cli.output import Reply, lines, table
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import Schedule
    from ccingest.models import SourceKind as AnySource

_CRON_HELP = "As in crontab, local time: '0 3 * * *'."

_Every = Annotated[Text, Option(metavar="TIME", help="30m, 6h, 1d12h; begins at once.")]
_Cron = Annotated[Text, Option(metavar="FIELDS", help=_CRON_HELP)]
_Name = Annotated[str, Argument(metavar="DATASET", help="The dataset's name.")]

app = typer.Typer(
    help="Datasets that a `ccingest worker` brings up to date automatically.", no_args_is_help=True
)


@app.command("add", cls=DocumentCommand)
def add(
    repo: Repo,
    every: _Every = None,
    cron: _Cron = None,
    branch: Branch = None,
    dataset: Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    source: SourceKind = None,
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
        source=cast("AnySource | None", source),
    )
    with opened_home(create=True) as home:
        made, replaced = add_schedule(home, repo, options, every=every, cron=cron)
    document = documents.of(made) | {"replaced": replaced}
    state = "rescheduled" if replaced else "scheduled"
    text = f"{state} {made.request.dataset} {made.timing}, next {_minute(made.next_at)} UTC"
    rows = lines(safe(text), "A running `ccingest worker` does it.")
    return Reply(document, rows, is_report=True)


@app.command("list", cls=DocumentCommand)
def list_(project: ProjectOrAll = DEFAULT_PROJECT) -> Reply:
    """List the schedules, and when each is due next."""
    from ccingest.app.schedules import list_schedules

    with opened_home() as home:
        found = list_schedules(home, project_or_none(project))
    return Reply(documents.of_all("schedules", found), lambda console: _show(console, found))


@app.command("remove", cls=DocumentCommand)
def remove(
    dataset: _Name,
    project: Project = DEFAULT_PROJECT,
) -> Reply:
    """Remove the schedule of a dataset; the dataset stays."""
    from ccingest.app.schedules import remove_schedule

    with opened_home() as home:
        gone = remove_schedule(home, project, dataset)
    text = f"removed the schedule of {gone.request.dataset}, {gone.timing}"
    return Reply(documents.of(gone), lines(safe(text)), is_report=True)


def _show(console: Console, found: list[Schedule]) -> None:
    if not found:
        console.print("No schedules yet; `ccingest schedule add REPO --every 6h` makes one.")
        return
    made = table("project", "dataset", "branch", "schedule", "next, UTC", "last job", "status",
                 constant=("project", "branch"))  # fmt: skip
    for one in found:
        made.add_row(
            safe(one.request.project),
            safe(one.request.dataset),
            safe(one.request.branch or ""),
            str(one.timing),
            _minute(one.next_at),
            (one.last_job_id or "")[:8],
            one.last_status or "",
        )
    console.print(made, crop=False)
    for one in found:
        if one.error:
            text = safe(f"{one.request.dataset}: {one.error}")
            console.print(text, style="red", soft_wrap=True)


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M}"
