"""`ccingest worker`: run queued jobs."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.cleanup import summary_line
from ccingest.cli.command import opened_home
from ccingest.cli.output import Reply, counted, lines, short_time, stderr
from ccingest.cli.printing import printing
from ccingest.process.signals import StopSignals
from ccingest.settings import load_settings
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.models import CleanupSummary, Job, WorkerSummary

_YIELDING = 10  # added to the niceness
_MOST_PENDING = 1000  # pending jobs that an idle worker looks at

_Drain = Annotated[bool, Option("--drain", help="Exit when no job is pending or running.")]
_Processes = Annotated[int, Option("-c", "--concurrency", help="Processes.", min=1, max=64)]
_Yields = Annotated[bool, Option("--yields", hidden=True, help="Let other processes go first.")]
_Parent = Annotated[int, Option("--parent", hidden=True, help="Stop when this process ends.")]


def worker(
    drain: _Drain = False,
    concurrency: _Processes = 1,
    parent: _Parent = 0,
    yields: _Yields = False,
) -> Reply:
    """Run queued and scheduled jobs until stopped. SIGTERM or Ctrl-C hands the running job back."""
    from ccingest.process.workers import WorkerProcesses

    if yields:
        os.nice(_YIELDING)
    if concurrency == 1:
        done = _work_here(drain=drain, parent=parent)
    else:
        load_settings().create_home()
        stop = StopSignals().event
        done = WorkerProcesses(concurrency, drain=drain, stop=stop, on_loss=_show_loss).run()
    if done.was_stopped:
        stderr().print("stopped; what was running is pending again")
    if done.lost_processes:
        text = f"{done.lost_processes} worker processes were killed, or crashed"
        stderr().print(f"ccingest: {text}; `ccingest history` shows what became of their jobs.")
    exit_code = 1 if done.lost_processes else 0
    rows = lines(counted(done.jobs) or "no jobs")
    return Reply(documents.of(done), rows, exit_code, is_report=True)


def _work_here(*, drain: bool, parent: int) -> WorkerSummary:
    from ccingest.app.worker import Worker
    from ccingest.cli.progress import ProgressView
    from ccingest.process import configure_ingest
    from ccingest.progress import discard

    configure_ingest()
    signals = StopSignals()
    if parent:
        signals.stop_without(parent)
    view = ProgressView(with_results=False)
    shows = stderr().is_terminal and not printing().document_only
    with opened_home(create=True) as home:
        running = Worker(
            home,
            stop=signals.event,
            on_job=_JobLines(),
            on_cleanup=_show_cleanup,
            on_idle=(lambda: view.waits(_next_job(home))) if shows else None,
            view=view if shows else discard,
        )
        signals.exit_after_grace(running.hand_back, 0)
        try:
            return running.run(drain=drain)
        finally:
            view.close()


def _next_job(home: Home) -> str:
    """What an idle worker waits for."""
    from ccingest.app.jobs import list_jobs
    from ccingest.app.schedules import list_schedules

    pending = list_jobs(home, status="pending", limit=_MOST_PENDING)
    parts = ["for a job"]
    if pending:
        soonest = min(pending, key=lambda job: job.visible_at)
        parts = [f"for {safe(soonest.dataset)}, {_in_seconds(soonest.visible_at)}"]
        parts += [f"{len(pending)} pending"] if len(pending) > 1 else []
    schedules = list_schedules(home, None)
    if schedules:
        due = min(schedules, key=lambda one: one.next_at)
        parts.append(f"{safe(due.request.dataset)} is scheduled for {short_time(due.next_at)} UTC")
    return ", ".join([*parts, "Ctrl-C ends it"])


def _in_seconds(moment: datetime) -> str:
    seconds = (moment - datetime.now(timezone.utc)).total_seconds()
    return f"tried again in {max(1, round(seconds))} s" if seconds > 0 else "which is due"


def _show_loss() -> None:
    stderr().print("ccingest: a worker process was killed; another takes its place")


class _JobLines:
    """A line for each job. One that is tried again for the same reason gets no further line."""

    def __init__(self) -> None:
        self._told: dict[str, str | None] = {}

    def __call__(self, job: Job) -> None:
        from ccingest.app.ingest import error_of

        if printing().quiet or (job.status == "pending" and self._told.get(job.id) == job.error):
            return
        self._told[job.id] = job.error
        reason = error_of(job).message if job.error else job.message or ""
        text = f"{job.id[:8]} {job.status} {job.dataset}: {reason}"
        stderr().print(safe(text), soft_wrap=True)


def _show_cleanup(done: CleanupSummary) -> None:
    if done.jobs or done.tables or done.clones or done.freed_bytes:
        stderr().print(f"clean-up: {summary_line(done)}", soft_wrap=True)
