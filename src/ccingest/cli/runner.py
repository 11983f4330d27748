"""What hands jobs to the pipeline: `jobs` and `pipeline` know nothing of each other."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from ccingest.errors import StoreBusyError
from ccingest.events import Emit, Event
from ccingest.settings import Settings

if TYPE_CHECKING:
    from ccingest.jobs.records import Job
    from ccingest.pipeline import IngestRequest
    from ccingest.records import JobResult, Unchanged

# Seconds after a signal in which a job is stopped in good order.
_GOOD_ORDER = 4.0


def make_handler(
    settings: Settings, view: Emit | None = None
) -> Callable[[Job, Emit], JobResult | Unchanged]:
    """The handler that a worker calls for each job: the whole ingest, told to `view` as well."""

    def handle(job: Job, record: Emit) -> JobResult | Unchanged:
        from ccingest.pipeline import ingest

        def emit(event: Event) -> None:
            record(event)
            if view:
                view(event)

        return ingest(_request(job, settings), settings, emit)

    return handle


def _request(job: Job, settings: Settings) -> IngestRequest:
    from ccingest.jobs.database import connect
    from ccingest.jobs.datasets import base_version, manifest
    from ccingest.pipeline import IngestRequest

    with closing(connect(settings.database)) as connection:
        base = base_version(connection, job.project, job.dataset)
        files = manifest(connection, base.dataset_id) if base else {}
    return IngestRequest(
        ref=job.ref,
        new_table=job.table_name,
        branch=job.branch,
        sha=job.wanted_sha,
        options=job.options,
        base=base,
        manifest=files,
        isolate_parsing=job.deaths > 0,
    )


def sweep(settings: Settings, connection: sqlite3.Connection) -> tuple[int, int]:
    """Remove what killed processes left: (tables, clones). What running jobs use is spared."""
    from ccingest.git import remove_stale_clones
    from ccingest.jobs.datasets import tables_in_use
    from ccingest.jobs.presence import forget_dead
    from ccingest.jobs.queue import reclaim_lost
    from ccingest.store import TableStore

    with suppress(StoreBusyError):  # the next sweep, or a worker that looks for jobs, does it
        reclaim_lost(connection)
    forget_dead(connection)
    store = TableStore(settings.tables)
    # First what is there, then what is in use: a table made in between is in neither list.
    orphans = store.names() - tables_in_use(connection)
    for name in orphans:
        store.drop(name)
    store.empty_trash()
    return len(orphans), remove_stale_clones(settings.clones)


def stop_on_signals(leave: Callable[[], int] | None = None) -> threading.Event:
    """Set by the first SIGTERM or Ctrl-C; a second one interrupts at once.

    An exception raised in the middle of native code may get lost there; a flag does not. But it may
    take native code, that waits for a server say, a minute until anyone looks at the flag: after a
    few seconds the process ends with the exit code that `leave` returns, whatever it is doing.
    """
    stop = threading.Event()
    if leave:
        signals, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        threading.Thread(target=_leave_late, args=(signals, leave), daemon=True).start()

    def ask_to_stop(_: int, __: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    return stop


def _leave_late(signals: int, leave: Callable[[], int]) -> None:
    while os.read(signals, 1)[0] not in (signal.SIGINT, signal.SIGTERM):
        continue
    time.sleep(_GOOD_ORDER)
    code = 1
    try:
        code = leave()
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\x1b[?25h\n")  # a progress bar had hidden the cursor
        os._exit(code)
