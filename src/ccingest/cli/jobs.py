"""`ccingest history` and the commands about one job."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, cast

import typer

from ccingest.cli.options import JobId, JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, lines, safe, safe_block, table
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.jobs.records import Job, Status
    from ccingest.jobs.statistics import ProjectStatistics

# The statuses of a job, and how they look.
_STYLES = {
    "pending": "yellow",
    "in_progress": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
}


def history(
    project: ProjectOrAll = DEFAULT_PROJECT,
    status: Annotated[
        str | None, typer.Option("--status", help=f"Only these: {', '.join(_STYLES)}.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most jobs.")] = 20,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """List jobs, newest first."""
    from ccingest.cli.documents import job_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.lookup import history as find_jobs

    if status is not None and status not in _STYLES:
        raise UsageError(f"--status is {status!r}, but must be one of {', '.join(_STYLES)}.")
    with closing(connect(load_settings().database)) as connection:
        jobs = find_jobs(
            connection,
            project=project_or_none(project),
            status=cast("Status | None", status),
            limit=limit,
        )
    document = {"jobs": [job_document(job) for job in jobs]}
    return Reply(document, lambda console: _show_history(console, jobs))


def status(
    job: JobId,
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """Show one job."""
    from ccingest.cli.documents import job_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.lookup import get_job

    with closing(connect(load_settings().database)) as connection:
        found = get_job(connection, job)
    return Reply(job_document(found), lambda console: _show_job(console, found))


def cancel(
    job: JobId,
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """Cancel a job. A running one stops at its next step, its dataset stays as it was."""
    from ccingest.cli.documents import job_document
    from ccingest.jobs import queue
    from ccingest.jobs.database import connect

    with closing(connect(load_settings().database)) as connection:
        found = queue.cancel(connection, job)
    said = "cancelled" if found.ended else "will stop at its next step"
    return Reply(job_document(found), lines(f"{found.id} {said}: {safe(found.dataset)}"))


def retry(
    job: JobId,
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """Queue a failed or cancelled job again."""
    from ccingest.cli.documents import job_document
    from ccingest.jobs import queue
    from ccingest.jobs.database import connect

    with closing(connect(load_settings().database)) as connection:
        found = queue.retry(connection, job)
    return Reply(job_document(found), lines(f"{found.id} queued: {safe(found.dataset)}"))


def show_logs(
    job: JobId,
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """Show what a job's worker noted."""
    from ccingest.jobs.database import connect
    from ccingest.jobs.lookup import get_job, logs

    with closing(connect(load_settings().database)) as connection:
        found = get_job(connection, job)
        noted = logs(connection, found.id)
    document = {
        "jobId": found.id,
        "lines": [{"at": line.at, "level": line.level, "message": line.message} for line in noted],
    }
    text = [f"{line.at} {line.level:<7} {safe_block(line.message)}" for line in noted]
    return Reply(document, lines(*text))


def stats(
    project: ProjectOrAll = "all",
    json: JsonFlag = False,  # noqa: ARG001
) -> Reply:
    """Show success rates, durations and throughput, by project."""
    from ccingest.cli.documents import statistics_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.statistics import statistics

    with closing(connect(load_settings().database)) as connection:
        found = statistics(connection, project_or_none(project))
    document = {"projects": [statistics_document(one) for one in found]}
    return Reply(document, lambda console: _show_statistics(console, found))


def _show_statistics(console: Console, found: list[ProjectStatistics]) -> None:
    if not found:
        console.print("No jobs yet; `ccingest github add REPO` makes one.")
    for one in found:
        jobs = ", ".join(f"{count} {status}" for status, count in sorted(one.jobs.items()))
        console.print(f"{safe(one.project)}: {one.datasets:,} datasets, {one.chunks:,} chunks")
        console.print(f"  jobs       {jobs}")
        if one.success_rate is not None:
            console.print(f"  success    {one.success_rate:.1%}")
        if one.duration:
            console.print(
                f"  seconds    median {one.duration.median:.1f}, p95 {one.duration.p95:.1f}"
            )
        for phase, spent in one.phases.items():
            console.print(f"  {phase:<10} median {spent.median:.2f}, p95 {spent.p95:.2f}")
        if one.chunks_per_second is not None and one.bytes_per_second is not None:
            console.print(
                f"  rate       {one.chunks_per_second:,.0f} chunks/s, "
                f"{one.bytes_per_second / 1e6:.2f} MB/s"
            )


def _show_history(console: Console, jobs: list[Job]) -> None:
    if not jobs:
        console.print("No jobs yet; `ccingest github add REPO` makes one.")
        return
    from rich.text import Text

    made = table("job", "status", "dataset", "branch", "sha", "chunks", "seconds", "created",
                 right=("chunks", "seconds"), flexible=("dataset", "branch"))  # fmt: skip
    for job in jobs:
        running = f" {job.progress}%" if job.status == "in_progress" else ""
        made.add_row(
            job.id[:8],
            Text(job.status + running, style=_STYLES[job.status]),
            safe(job.dataset),
            safe(job.branch or ""),
            (job.sha or "")[:7],
            _number(job.total_chunks),
            "" if job.duration_seconds is None else f"{job.duration_seconds:.1f}",
            job.created_at[5:16].replace("T", " "),
        )
    console.print(made, crop=False)
    for job in jobs:
        if job.status == "failed":
            console.print(f"{job.id[:8]} {safe(job.error or '')}", style="red", soft_wrap=True)


def _show_job(console: Console, job: Job) -> None:
    rows = {
        "job": job.id,
        "status": f"{job.status}, {job.progress}%" + (f", {job.phase}" if job.phase else ""),
        "message": job.message,
        "error": job.error,
        "project": job.project,
        "dataset": f"{job.dataset} ({job.scope})",
        "repository": f"{job.ref.host}/{job.ref.full_name}" if job.ref.host else job.ref.clone_url,
        "branch": job.branch,
        "sha": job.sha or job.wanted_sha,
        "file": job.current_file,
        "files": _number(job.indexed_files),
        "chunks": _number(job.total_chunks),
        "changed": changes_of(job),
        "skipped": ", ".join(f"{n} {reason}" for reason, n in sorted(job.skipped.items())),
        "seconds": " ".join(f"{phase} {spent:.2f}" for phase, spent in job.seconds.items()),
        "retries": f"{job.retry_count} of {job.max_retries}",
        "created": job.created_at,
        "started": job.started_at,
        "completed": job.completed_at,
    }
    for name, value in rows.items():
        if value:
            console.print(f"{name:<11}{safe(value)}", soft_wrap=True)


def changes_of(job: Job) -> str:
    """What a completed job changed, in words; empty before."""
    if job.files_added is None:
        return ""
    return (
        f"{job.files_added} files added, {job.files_changed} changed, {job.files_moved or 0} moved, "
        f"{job.files_removed} removed; {job.chunks_added} chunks added, {job.chunks_moved or 0} "
        f"moved, {job.chunks_removed} removed"
    )


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"
