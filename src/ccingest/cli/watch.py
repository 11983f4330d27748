"""`ccingest watch`: job events, live."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import print_json, safe, stdout
from ccingest.settings import load_settings

if TYPE_CHECKING:
    from ccingest.jobs.records import JobEvent


def watch(
    job: Annotated[
        str | None,
        typer.Argument(metavar="[JOB]", help="End when this job ends, and exit as it did."),
    ] = None,
    project: ProjectOrAll = "all",
    since: Annotated[
        int | None, typer.Option("--since", metavar="EVENT", min=0, help="Events after this id.")
    ] = None,
    json: JsonFlag = False,
) -> int:
    """Follow job events; with --json one JSON document a line."""
    from ccingest.cli.documents import event_document, exit_code_of
    from ccingest.jobs.database import connect
    from ccingest.jobs.lookup import get_job
    from ccingest.jobs.tail import follow

    path = load_settings().database
    job_id = None
    with closing(connect(path)) as connection:
        if job is not None:
            job_id = get_job(connection, job).id
    for event in follow(path, job_id=job_id, project=project_or_none(project), since=since):
        if json:
            print_json(event_document(event))
        else:
            stdout().print(_line(event), soft_wrap=True)
    if job_id is None:
        return 0
    with closing(connect(path)) as connection:
        return exit_code_of(get_job(connection, job_id))


def _line(event: JobEvent) -> str:
    words = [
        event.at[11:23],
        event.job_id[:8],
        f"{event.progress:>3}%",
        event.status if event.status != "in_progress" else event.phase or "started",
        event.dataset,
        event.error or event.message or event.current_file or "",
    ]
    return safe(" ".join(word for word in words if word))
