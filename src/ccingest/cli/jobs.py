"""`ccingest history` and `stats`, and the commands about one job."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.options import JobId, ProjectOrAll, Text, project_or_none
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.errors import exit_code_of_job
from ccingest.terminal.jobs import (
    JOB_STYLES,
    event_line,
    log_lines,
    show_history,
    show_job,
    show_statistics,
)
from ccingest.terminal.output import Reply, lines, report, say
from ccingest.visible import safe

_Status = Annotated[
    Text, Option("--status", metavar="STATUS", help=f"One of {', '.join(JOB_STYLES)}.")
]
_Most = Annotated[int, Option("-n", "--limit", min=1, max=1_000_000, help="Most jobs.")]


def history(
    project: ProjectOrAll = DEFAULT_PROJECT,
    status: _Status = None,
    limit: _Most = 20,
) -> Reply:
    """List jobs, newest first."""
    from ccingest.app.jobs import all_jobs

    with opened_home() as home:
        found, damaged = all_jobs(
            home, project=project_or_none(project), status=status, limit=limit
        )
    for sentence in damaged:
        say(f"ccingest: {sentence}")
    code = 1 if damaged else 0
    return Reply(documents.of_all("jobs", found), partial(show_history, jobs=found), code)


def status(job: JobId) -> Reply:
    """Show one job."""
    from ccingest.app.jobs import get_job

    with opened_home() as home:
        found = get_job(home, job)
    return Reply(documents.of(found), partial(show_job, job=found))


def cancel(job: JobId) -> Reply:
    """Cancel a job. A running one stops at its next step, and its dataset does not change."""
    from ccingest.app.jobs import cancel_job

    with opened_home() as home:
        found = cancel_job(home, job)
    state = "cancelled" if found.ended else "will stop at its next step"
    return report(documents.of(found), f"{found.id} {state}: {safe(found.dataset)}")


def retry(job: JobId) -> Reply:
    """Queue a failed or cancelled job again."""
    from ccingest.app.jobs import retry_job

    with opened_home() as home:
        found = retry_job(home, job)
    return report(documents.of(found), f"{found.id} queued: {safe(found.dataset)}")


def show_logs(job: JobId) -> Reply:
    """Show the log of a job."""
    from ccingest.app.jobs import job_log

    with opened_home() as home:
        found = job_log(home, job)
    return Reply(documents.of(found), lines(*log_lines(found)))


def stats(project: ProjectOrAll = DEFAULT_PROJECT) -> Reply:
    """Show success rates, durations and throughput, by project."""
    from ccingest.app.jobs import project_statistics

    with opened_home() as home:
        found = project_statistics(home, project_or_none(project))
    return Reply(documents.of_all("projects", found), partial(show_statistics, found=found))


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
