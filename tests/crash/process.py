"""A worker that kills itself at a chosen moment: python -m crash.process HOME MOMENT.

It is the real worker with the real pipeline; writes and batches are small, so that a small
repository has all the moments that a large one has.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from ccingest import chunking, store
from ccingest.cli.runner import make_handler
from ccingest.embedding import bundled
from ccingest.events import Event, PhaseStarted
from ccingest.jobs import datasets, worker
from ccingest.jobs.database import connect
from ccingest.jobs.presence import new_worker_id, present
from ccingest.jobs.records import Job
from ccingest.pipeline import worker_process
from ccingest.records import PHASES, JobResult
from ccingest.settings import Settings
from pipeline import broken_worker

# Beside the beginning of each phase: among the writes to the table, and around the transaction
# that publishes the version.
MOMENTS = (*PHASES, "third write", "before the commit", "after the commit")
# Where a file says `crash here`, in this process and in its worker processes.
IN_THE_PARSER = "in the parser"
BROKEN = worker_process._START.replace("ccingest.pipeline.chunk_worker", "pipeline.broken_worker")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(moment: str) -> Any:
    """A view of the job's events that does so."""
    seen: Counter[str] = Counter()

    def view(event: Event) -> None:
        if isinstance(event, PhaseStarted):
            seen[event.phase] += 1
            if event.phase == moment or (moment == "third write" and seen["embed"] > 3):
                die()

    return view


def publish_and_die(moment: str) -> Any:
    publish = datasets.publish

    def wrapped(connection: sqlite3.Connection, job: Job, name: str, result: JobResult) -> None:
        if moment == "before the commit":
            connection.set_trace_callback(lambda sql: die() if sql == "COMMIT" else None)
        publish(connection, job, name, result)
        if moment == "after the commit":
            die()

    return wrapped


def main(home: str, moment: str) -> None:
    settings = Settings(home=Path(home))
    settings.create_home()
    bundled.STATIC_CHUNKS = 4  # type: ignore[attr-defined]
    store.ROWS_PER_WRITE = 4
    if moment == IN_THE_PARSER:
        chunking.parse = broken_worker.parse  # type: ignore[attr-defined]
        worker_process._START = BROKEN
    worker.publish = publish_and_die(moment)  # type: ignore[attr-defined]
    name = new_worker_id()
    with closing(connect(settings.database)) as connection, present(connection, name):
        worker.work(settings.database, name, make_handler(settings, die_at(moment)), drain=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
