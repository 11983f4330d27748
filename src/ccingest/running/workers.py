"""Workers of `ccingest worker`: in this process, for a parent process, or several beside each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ccingest.process.signals import StopSignals
from ccingest.running.foreground import watched
from ccingest.running.home import opened_home
from ccingest.terminal.output import stderr
from ccingest.terminal.printing import printing
from ccingest.terminal.worker import (
    JobLines,
    cleanup_notice,
    tell_cleanup,
    tell_loss,
    waiting_for,
)

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.models import CleanupSummary, WorkerSummary
    from ccingest.progress import Emit

_MOST_PENDING = 1000  # pending jobs that an idle worker looks at


def work_here(*, drain: bool, parent: int) -> WorkerSummary:
    from ccingest.app.worker import Worker
    from ccingest.progress import discard

    signals = _signals(parent)
    shows = stderr().is_terminal and not printing().document_only
    with opened_home(create=True) as home, watched(with_results=False) as view:
        running = Worker(
            home,
            stop=signals.event,
            on_job=JobLines(),
            on_cleanup=tell_cleanup,
            on_idle=(lambda: view.waits(_next_job(home))) if shows else None,
            view=view if shows else discard,
        )
        signals.exit_after_grace(running.hand_back, 0)
        return running.run(drain=drain)


def work_for_parent(*, drain: bool, parent: int, progress_to: int) -> WorkerSummary:
    """Run jobs, and say nothing: the parent has the terminal, and shows what comes."""
    from ccingest.app.worker import Worker
    from ccingest.process import configure_ingest
    from ccingest.process.progress_pipe import ProgressSender

    configure_ingest()
    signals = _signals(parent)
    sender = ProgressSender(progress_to)
    with opened_home(create=True) as home:
        cleaned = partial(_send_cleanup, sender)
        running = Worker(home, stop=signals.event, on_cleanup=cleaned, view=sender)
        signals.exit_after_grace(running.hand_back, 0)
        try:
            return running.run(drain=drain)
        finally:
            sender.close()


def _send_cleanup(send: Emit, done: CleanupSummary) -> None:
    from ccingest.progress import Notice

    if text := cleanup_notice(done):
        send(Notice("info", text))


def work_beside(count: int, *, drain: bool) -> WorkerSummary:
    """Run jobs in processes of their own; at a terminal, with a bar for each job that runs."""
    from ccingest.process.workers import WorkerProcesses
    from ccingest.terminal.progress import shows_bars

    stop = StopSignals().event
    processes = partial(WorkerProcesses, count, drain=drain, stop=stop, on_loss=tell_loss)
    if not shows_bars() or printing().document_only:
        return processes().run()
    from ccingest.terminal.many_bars import ManyBars

    with opened_home() as home, ManyBars(JobLines(), partial(_next_job, home)) as bars:
        return processes(on_progress=bars.on_progress, on_wait=bars.on_wait).run()


def _signals(parent: int) -> StopSignals:
    signals = StopSignals()
    if parent:
        signals.stop_without(parent)
    return signals


def _next_job(home: Home) -> str:
    from ccingest.app.jobs import list_jobs
    from ccingest.app.schedules import list_schedules

    pending = list_jobs(home, status="pending", limit=_MOST_PENDING)
    return waiting_for(pending, list_schedules(home, None))
