"""`ccingest worker`: run queued jobs."""

from __future__ import annotations

import json as json_module
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, lines, safe, stderr
from ccingest.errors import StoreError
from ccingest.settings import Settings, load_settings

if TYPE_CHECKING:
    import sqlite3

    from ccingest.jobs.records import Job

_WATCH_INTERVAL = 0.2  # seconds
_CLEANUP_HOURS = 24


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
    counts, stopped = _work_here(drain) if concurrency == 1 else _work_in(concurrency, drain)
    if stopped:
        stderr().print("stopped; what was running is pending again")
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return Reply({"jobs": counts}, lines(told or "no jobs"))


def _work_here(drain: bool) -> tuple[dict[str, int], bool]:
    """Run jobs in this process; returns how many ended how, and whether a signal stopped it."""
    from ccingest.cli.cleanup import prune_tables
    from ccingest.cli.runner import make_handler, stop_on_signals, sweep
    from ccingest.jobs import queue
    from ccingest.jobs.database import connect
    from ccingest.jobs.presence import new_worker_id, present
    from ccingest.jobs.worker import work

    settings = load_settings()
    settings.create_home()
    counts: dict[str, int] = {}
    worker_id = new_worker_id()

    def leave() -> int:
        with closing(connect(settings.database)) as own:
            queue.release_all(own, worker_id)
        return 0

    stop = stop_on_signals(leave)
    with closing(connect(settings.database)) as connection, present(connection, worker_id):
        sweep(settings, connection)

        def after(job: Job) -> None:
            counts[job.status] = counts.get(job.status, 0) + 1
            said = job.error or job.message or ""
            stderr().print(safe(f"{job.id[:8]} {job.status} {job.dataset}: {said}"), soft_wrap=True)
            sweep(settings, connection)
            prune_tables(settings, connection)

        work(
            settings.database,
            worker_id,
            make_handler(settings),
            drain=drain,
            stop=stop,
            before_claim=lambda: _clean_up_if_due(settings, connection),
            after=after,
        )
    return counts, stop.is_set()


def _clean_up_if_due(settings: Settings, connection: sqlite3.Connection) -> None:
    from ccingest.cli.cleanup import CleanedUp, clean
    from ccingest.jobs.retention import take_turn

    try:
        if take_turn(connection, "cleanup", _CLEANUP_HOURS):
            done = clean(settings, connection, settings.history_days)
            if done != CleanedUp():
                stderr().print(f"clean-up: {done}", soft_wrap=True)
    except StoreError as error:  # jobs go on; the next turn may fare better
        stderr().print(safe(f"clean-up: {error.message}"), soft_wrap=True)


def _work_in(processes: int, drain: bool) -> tuple[dict[str, int], bool]:
    """Run jobs in processes of their own: the work is bound by the processor, not by waiting."""
    from ccingest.cli.runner import stop_on_signals

    stop = stop_on_signals()
    command = [
        sys.executable,
        "-m",
        "ccingest",
        "worker",
        "--json",
        *(["--drain"] if drain else []),
    ]
    # A session of their own: Ctrl-C reaches them once, through this process.
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        for _ in range(processes)
    ]
    try:
        while not stop.wait(_WATCH_INTERVAL) and any(child.poll() is None for child in children):
            continue
    finally:
        for child in children:
            child.terminate()
    counts: dict[str, int] = {}
    for child in children:
        said, _ = child.communicate()
        for status, count in (json_module.loads(said)["jobs"] if said else {}).items():
            counts[status] = counts.get(status, 0) + count
    return counts, stop.is_set()
