"""`ccingest schedule`: bring datasets up to date by themselves."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

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
    ProjectOrAll,
    Repo,
    Scope,
    project_or_none,
)
from ccingest.cli.output import Reply, lines, safe, table
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.jobs.schedule import Schedule

app = typer.Typer(help="Datasets that are brought up to date by themselves.", no_args_is_help=True)


@app.callback()
def schedule() -> None:
    """Datasets that are brought up to date by themselves, by a running `ccingest worker`."""


@app.command("add")
def add(
    repo: Repo,
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="30m, 6h, 1d12h; begins at once.")
    ] = None,
    cron: Annotated[
        str | None,
        typer.Option("--cron", metavar="FIELDS", help="As in crontab, local time: '0 3 * * *'."),
    ] = None,
    branch: Branch = None,
    dataset: Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Keep a dataset up to date. Replaces the schedule that the dataset has."""
    from ccingest.cli.documents import schedule_document
    from ccingest.cli.requests import request_maker
    from ccingest.jobs.database import connect
    from ccingest.jobs.schedule import add_schedule
    from ccingest.jobs.timing import parse_cron, parse_every
    from ccingest.references import parse_reference

    if (every is None) == (cron is None):
        raise UsageError("Give one of --every and --cron, such as --every 6h.")
    timing = parse_every(every) if every is not None else parse_cron(cron or "")
    settings = load_settings()
    make = request_maker(
        settings,
        branch=branch,
        dataset=dataset,
        project=project,
        scope=scope,
        priority=priority,
        max_retries=max_retries,
        include=include,
        exclude=exclude,
        model=model,
    )
    request = make(parse_reference(repo, gh_host=settings.gh_host))
    settings.create_home()
    with closing(connect(settings.database)) as connection:
        made, replaced = add_schedule(connection, request, timing)
    document = schedule_document(made) | {"replaced": replaced}
    said = "rescheduled" if replaced else "scheduled"
    text = f"{said} {request.dataset} {timing}, next {_short(made.next_at)} UTC"
    return Reply(document, lines(safe(text), "A running `ccingest worker` does it."))


@app.command("list")
def list_(
    project: ProjectOrAll = "all",
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """List the schedules, and when each is due next."""
    from ccingest.cli.documents import schedule_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.schedule import list_schedules

    with closing(connect(load_settings().database)) as connection:
        found = list_schedules(connection, project_or_none(project))
    document = {"schedules": [schedule_document(one) for one in found]}
    return Reply(document, lambda console: _show(console, found))


@app.command("remove")
def remove(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="The dataset's name.")],
    project: Project = DEFAULT_PROJECT,
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """Remove the schedule of a dataset; the dataset stays."""
    from ccingest.cli.documents import schedule_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.schedule import remove_schedule

    with closing(connect(load_settings().database)) as connection:
        gone = remove_schedule(connection, project, dataset)
    text = f"removed the schedule of {gone.request.dataset}, {gone.timing}"
    return Reply(schedule_document(gone), lines(safe(text)))


def _show(console: Console, found: list[Schedule]) -> None:
    if not found:
        console.print("No schedules yet; `ccingest schedule add REPO --every 6h` makes one.")
        return
    made = table("project", "dataset", "branch", "schedule", "next, UTC", "last job", "status",
                 flexible=("project", "dataset", "branch"))  # fmt: skip
    for one in found:
        made.add_row(
            safe(one.request.project),
            safe(one.request.dataset),
            safe(one.request.branch or ""),
            str(one.timing),
            _short(one.next_at),
            (one.last_job_id or "")[:8],
            one.last_status or "",
        )
    console.print(made, crop=False)
    for one in found:
        if one.error:
            text = safe(f"{one.request.dataset}: {one.error}")
            console.print(text, style="red", soft_wrap=True)


def _short(time: str) -> str:
    return time[:16].replace("T", " ")
