"""A worker that kills itself at a chosen moment: python -m crash.process HOME MOMENT.

It is the real worker with the real pipeline; writes and batches are small, so that a small
repository has all the moments that a large one has.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from ccingest import chunking, store
from ccingest.app.home import Home
from ccingest.app.ingest import IngestHandler
from ccingest.db.connection import connect
from ccingest.db.sqlite import SqliteConnection
from ccingest.embedding import bundled
from ccingest.models import PHASES, Job, PreparedVersion
from ccingest.pipeline import worker_process
from ccingest.process import configure_process
from ccingest.progress import PhaseStarted, Progress
from ccingest.queue import publish as publishing
from ccingest.queue import worker
from ccingest.queue.liveness import new_worker_id, registered
from ccingest.settings import Settings
from pipeline import broken_worker

# The starts of the phases, a time between the writes to the table, and the times before and after the
# transaction that publishes the version.
MOMENTS = (*PHASES, "third write", "before the commit", "after the commit")
# When a file says `crash here`: in this process and in its worker processes.
IN_THE_PARSER = "in the parser"
BROKEN = "pipeline.broken_worker"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(moment: str) -> Any:
    """A view of the job's events that kills this process at that moment."""
    seen: Counter[str] = Counter()

    def view(event: Progress) -> None:
        if isinstance(event, PhaseStarted):
            seen[event.phase] += 1
            if event.phase == moment or (moment == "third write" and seen["embed"] > 3):
                die()

    return view


def publish_and_die(moment: str) -> Any:
    publish = publishing.publish

    def wrapped(connection: SqliteConnection, job: Job, name: str, result: PreparedVersion) -> None:
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
    bundled.load_bundled.cache_clear()  # the process that forked this one has the model
    store.ROWS_PER_WRITE = 4
    if moment == IN_THE_PARSER:
        chunking.parse = broken_worker.parse  # type: ignore[attr-defined]
        worker_process._MODULE = BROKEN
    worker.publish = publish_and_die(moment)  # type: ignore[attr-defined]
    configure_process()
    name = new_worker_id()
    with closing(connect(settings.database)) as connection, registered(connection, name):
        worker.work(
            settings.database, name, IngestHandler(Home(settings), die_at(moment)), drain=True
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
