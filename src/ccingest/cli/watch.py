"""`ccingest watch`: follow the events of jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.options import ProjectOrAll, Text, project_or_none
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.errors import exit_code_of_job
from ccingest.terminal.jobs import event_line
from ccingest.terminal.output import Reply, lines

_JOB_HELP = "End when this job ends, and exit as it did."

_Job = Annotated[Text, Argument(metavar="[JOB]", help=_JOB_HELP)]
_Since = Annotated[
    int | None, Option(metavar="EVENT", min=0, max=2**63 - 1, help="Events after this id.")
]


def watch(
    job: _Job = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
    since: _Since = None,
) -> Iterator[Reply]:
    """Follow job events. With --json, each line is a JSON document."""
    from ccingest.app.jobs import follow_events, get_job

    with opened_home() as home:
        job_id = get_job(home, job).id if job is not None else None
        only = project_or_none(project) if job_id is None else None
        for event in follow_events(home, job_id=job_id, project=only, since=since):
            yield Reply(documents.of(event), lines(event_line(event)))
        if job_id:
            yield Reply(None, lines(), exit_code_of_job(get_job(home, job_id)))
