"""`ccingest worker`: run queued jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccingest import documents
from ccingest.cli.cleanup import summary_line
from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, counted, lines, stderr
from ccingest.process.signals import StopSignals
from ccingest.settings import Settings, load_settings
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import CleanupSummary, Job, WorkerSummary


def worker(
    drain: Annotated[
        bool, typer.Option("--drain", help="Exit when no job is pending or running.")
    ] = False,
    concurrency: Annotated[
        int, typer.Option("--concurrency", "-c", help="Processes, one job each.", min=1, max=64)
    ] = 1,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Run queued and scheduled jobs until stopped. SIGTERM or Ctrl-C hands the running job back."""
    from ccingest.process.workers import WorkerProcesses

    settings = load_settings()
    settings.create_home()
    if concurrency == 1:
        done = _work_here(settings, drain=drain)
    else:
        stop = StopSignals().event
        done = WorkerProcesses(concurrency, drain=drain, stop=stop, on_loss=_show_loss).run()
    if done.was_stopped:
        stderr().print("stopped; what was running is pending again")
    if done.lost_processes:
        text = f"{done.lost_processes} worker processes were killed, or crashed"
        stderr().print(f"ccingest: {text}; `ccingest history` shows what became of their jobs.")
    text = counted(done.jobs) or "no jobs"
    return Reply(documents.of(done), lines(text), 1 if done.lost_processes else 0)


def _work_here(settings: Settings, *, drain: bool) -> WorkerSummary:
    from ccingest.app.home import Home
    from ccingest.app.worker import Worker
    from ccingest.process import configure_ingest

    configure_ingest()
    signals = StopSignals()
    with Home(settings) as home:
        running = Worker(home, stop=signals.event, on_job=_show_job, on_cleanup=_show_cleanup)
        signals.exit_after_grace(running.hand_back, 0)
        return running.run(drain=drain)


def _show_loss() -> None:
    stderr().print("ccingest: a worker process was killed; another takes its place")


def _show_job(job: Job) -> None:
    text = f"{job.id[:8]} {job.status} {job.dataset}: {job.error or job.message or ''}"
    stderr().print(safe(text), soft_wrap=True)


def _show_cleanup(done: CleanupSummary) -> None:
    if done.jobs or done.tables or done.clones or done.freed_bytes:
        stderr().print(f"clean-up: {summary_line(done)}", soft_wrap=True)
