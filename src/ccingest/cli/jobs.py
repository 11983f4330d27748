"""`ccingest history` and the commands about one job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.options import JobId, ProjectOrAll, Text, project_or_none
from ccingest.cli.output import Reply, counted, lines, short_time, table
from ccingest.plurals import number_of
from ccingest.settings import DEFAULT_PROJECT
from ccingest.times import to_text
from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from ccingest.models import Job, ProjectStatistics

# The statuses of a job, and their colours.
_STYLES = {
    "pending": "yellow",
    "in_progress": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
}


_NOUNS = {"github": "repository", "folder": "folder", "web": "site"}

_Status = Annotated[
    Text, Option("--status", metavar="STATUS", help=f"One of {', '.join(_STYLES)}.")
]
_Most = Annotated[int, Option("-n", "--limit", min=1, max=1_000_000, help="Most jobs.")]


def history(
    project: ProjectOrAll = DEFAULT_PROJECT,
    status: _Status = None,
    limit: _Most = 20,
) -> Reply:
    """List jobs, newest first."""
    from ccingest.app.jobs import list_jobs

    with opened_home() as home:
        found = list_jobs(home, project=project_or_none(project), status=status, limit=limit)
    return Reply(documents.of_all("jobs", found), lambda console: _show_history(console, found))


def status(job: JobId) -> Reply:
    """Show one job."""
    from ccingest.app.jobs import get_job

    with opened_home() as home:
        found = get_job(home, job)
    return Reply(documents.of(found), lambda console: _show_job(console, found))


def cancel(job: JobId) -> Reply:
    """Cancel a job. A running one stops at its next step, and its dataset does not change."""
    from ccingest.app.jobs import cancel_job

    with opened_home() as home:
        found = cancel_job(home, job)
    state = "cancelled" if found.ended else "will stop at its next step"
    row = f"{found.id} {state}: {safe(found.dataset)}"
    return Reply(documents.of(found), lines(row), is_report=True)


def retry(job: JobId) -> Reply:
    """Queue a failed or cancelled job again."""
    from ccingest.app.jobs import retry_job

    with opened_home() as home:
        found = retry_job(home, job)
    row = f"{found.id} queued: {safe(found.dataset)}"
    return Reply(documents.of(found), lines(row), is_report=True)


def show_logs(job: JobId) -> Reply:
    """Show the log of a job."""
    from ccingest.app.jobs import job_log

    with opened_home() as home:
        found = job_log(home, job)
    rows = [f"{to_text(x.at)} {x.level:<7} {safe_block(x.message)}" for x in found.lines]
    return Reply(documents.of(found), lines(*rows))


def stats(project: ProjectOrAll = DEFAULT_PROJECT) -> Reply:
    """Show success rates, durations and throughput, by project."""
    from ccingest.app.jobs import project_statistics

    with opened_home() as home:
        found = project_statistics(home, project_or_none(project))
    document = documents.of_all("projects", found)
    return Reply(document, lambda console: _show_statistics(console, found))


def _show_statistics(console: Console, found: list[ProjectStatistics]) -> None:
    if not found:
        console.print("No jobs yet; `ccingest add WHAT` makes one.")
    for one in found:
        console.print(
            f"{safe(one.project)}: {number_of(one.datasets, 'dataset')}, "
            f"{number_of(one.chunks, 'chunk')}"
        )
        console.print(f"  jobs       {counted(one.jobs)}")
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
        console.print("No jobs yet; `ccingest add WHAT` makes one.")
        return
    from rich.text import Text

    made = table("job", "status", "dataset", "branch", "sha", "chunks", "seconds", "created",
                 right=("chunks", "seconds"), constant=("branch", "dataset"))  # fmt: skip
    for job in jobs:
        running = f" {job.progress}%" if job.status == "in_progress" else ""
        made.add_row(
            job.id[:8],
            Text(job.status + running, style=_STYLES[job.status]),
            safe(job.dataset),
            safe(job.branch or ""),
            (job.revision or "")[:7],
            f"{job.counts.total_chunks:,}" if job.counts else "",
            "" if job.duration_seconds is None else f"{job.duration_seconds:.1f}",
            short_time(job.created_at),
        )
    console.print(made, crop=False)
    for job in jobs:
        if job.status == "failed":
            console.print(f"{job.id[:8]} {safe(job.error or '')}", style="red", soft_wrap=True)


def _show_job(console: Console, job: Job) -> None:
    source, counts = job.source, job.counts
    rows = {
        "job": job.id,
        "status": f"{job.status}, {job.progress}%" + (f", {job.phase}" if job.phase else ""),
        "message": job.message,
        "error": job.error,
        "project": job.project,
        "dataset": f"{job.dataset} ({job.scope})",
        _NOUNS.get(source.kind, "source"): source.place,
        "branch": job.branch,
        "sha": job.revision or job.wanted_revision,
        "file": job.current_file,
    }
    if counts:
        rows |= {
            "files": f"{counts.indexed_files:,}",
            "chunks": f"{counts.total_chunks:,}",
            "changed": changes_of(job),
            "skipped": counted(counts.skipped_files),
            "seconds": " ".join(f"{name} {s:.2f}" for name, s in counts.phase_seconds.items()),
        }
    rows |= {
        "retries": f"{job.retry_count} of {job.max_retries}",
        "created": _time(job.created_at),
        "started": _time(job.started_at),
        "completed": _time(job.completed_at),
    }
    for name, value in rows.items():
        if value:
            console.print(f"{name:<11}{safe(value)}", soft_wrap=True)


def changes_of(job: Job) -> str:
    """What a completed job changed, as a sentence; empty for other jobs."""
    counts = job.counts
    if counts is None:
        return ""
    return (
        f"{number_of(counts.files_added, 'file')} added, {counts.files_changed} changed, "
        f"{counts.files_moved} moved, {counts.files_removed} removed; "
        f"{number_of(counts.chunks_added, 'chunk')} added, {counts.chunks_moved} moved, "
        f"{counts.chunks_removed} removed"
    )


def _time(moment: datetime | None) -> str:
    return to_text(moment) if moment else ""
