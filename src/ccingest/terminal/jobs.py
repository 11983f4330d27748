"""Jobs as people read them: their history, one of them, its log, its events, and statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.plurals import number_of
from ccingest.terminal.output import counted, short_time, table
from ccingest.times import to_text
from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import Console

    from ccingest.models import Event, Job, JobLog, ProjectStatistics

_NO_JOBS = "No jobs found; `ccingest add WHAT` makes one."

# The statuses of a job, and their colours.
JOB_STYLES = {
    "pending": "yellow",
    "in_progress": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
}
_NOUNS = {"github": "repository", "folder": "folder", "web": "site"}


def show_statistics(console: Console, found: list[ProjectStatistics]) -> None:
    if not found:
        console.print(_NO_JOBS)
    for one in found:
        console.print(
            f"{safe(one.project)}: {number_of(one.datasets, 'dataset')}, "
            f"{number_of(one.chunks, 'chunk')}"
        )
        console.print(f"  jobs       {counted(one.jobs)}")
        if len(one.hosts) > 1:
            console.print(f"  hosts      {counted(one.hosts)}")
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


def show_history(console: Console, jobs: list[Job]) -> None:
    from rich.text import Text

    made = table("job", "status", "dataset", "branch", "sha", "chunks", "seconds", "created",
                 right=("chunks", "seconds"), constant=("branch", "dataset"), nothing=_NO_JOBS)  # fmt: skip
    for job in jobs:
        running = f" {job.progress}%" if job.status == "in_progress" else ""
        made.add_row(
            job.id[:8],
            Text(job.status + running, style=JOB_STYLES[job.status]),
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


def show_job(console: Console, job: Job) -> None:
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


def log_lines(log: JobLog) -> Iterator[str]:
    for line in log.lines:
        yield f"{to_text(line.at)} {line.level:<7} {safe_block(line.message)}"


def event_line(event: Event) -> str:
    words = [
        to_text(event.at)[11:23],
        event.job_id[:8],
        f"{event.progress:>3}%",
        event.status if event.status != "in_progress" else event.phase or "started",
        event.dataset,
        event.error or event.message or event.current_file or "",
    ]
    return safe(" ".join(word for word in words if word))
