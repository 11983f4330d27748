"""`ccingest watch`: follow the events of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccingest import documents
from ccingest.cli.errors import exit_code_of_job
from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import print_json, stdout
from ccingest.settings import load_settings
from ccingest.times import to_text
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import Event


def watch(
    job: Annotated[
        str | None,
        typer.Argument(metavar="[JOB]", help="End when this job ends, and exit as it did."),
    ] = None,
    project: ProjectOrAll = "all",
    since: Annotated[
        int | None,
        typer.Option(
            "--since", metavar="EVENT", min=0, max=2**63 - 1, help="Events after this id."
        ),
    ] = None,
    json: JsonFlag = False,
) -> int:
    """Follow job events. With --json, each line is a JSON document."""
    from ccingest.app.home import Home
    from ccingest.app.jobs import follow_events, get_job

    with Home(load_settings()) as home:
        job_id = get_job(home, job).id if job is not None else None
        wanted = project_or_none(project)
        for event in follow_events(home, job_id=job_id, project=wanted, since=since):
            if json:
                print_json(documents.of(event))
            else:
                stdout().print(_line(event), soft_wrap=True)
        return exit_code_of_job(get_job(home, job_id)) if job_id else 0


def _line(event: Event) -> str:
    words = [
        to_text(event.at)[11:23],
        event.job_id[:8],
        f"{event.progress:>3}%",
        event.status if event.status != "in_progress" else event.phase or "started",
        event.dataset,
        event.error or event.message or event.current_file or "",
    ]
    return safe(" ".join(word for word in words if word))
