"""`ccingest worker`: run queued jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.cleanup import summary_line
from ccingest.cli.command import opened_home
from ccingest.cli.output import Reply, counted, lines, stderr
from ccingest.process.signals import StopSignals
from ccingest.settings import load_settings
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import CleanupSummary, Job, WorkerSummary

_Drain = Annotated[bool, Option("--drain", help="Exit when no job is pending or running.")]
_Processes = Annotated[int, Option("-c", "--concurrency", help="Processes.", min=1, max=64)]


def worker(
    drain: _Drain = False,
    concurrency: _Processes = 1,
) -> Reply:
    """Run queued and scheduled jobs until stopped. SIGTERM or Ctrl-C hands the running job back."""
    from ccingest.process.workers import WorkerProcesses

    if concurrency == 1:
        done = _work_here(drain=drain)
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
    return Reply(documents.of(done), lines(counted(done.jobs) or "no jobs"), exit_code)


def _work_here(*, drain: bool) -> WorkerSummary:
    from ccingest.app.worker import Worker
    from ccingest.process import configure_ingest

    configure_ingest()
    signals = StopSignals()
    with opened_home(create=True) as home:
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
