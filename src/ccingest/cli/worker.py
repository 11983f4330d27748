"""`ccingest worker`: run queued jobs."""

from __future__ import annotations

import os
from typing import Annotated

from typer import Option

from ccingest import documents
from ccingest.running.workers import work_beside, work_for_parent, work_here
from ccingest.settings import load_settings
from ccingest.terminal.output import Reply, counted, report
from ccingest.terminal.worker import tell_end

_YIELDING = 19  # the lowest priority there is: what else runs here answers somebody who waits

_Drain = Annotated[bool, Option("--drain", help="Exit when no job is pending or running.")]
_Processes = Annotated[int, Option("-c", "--concurrency", help="Processes.", min=1, max=64)]
_Yields = Annotated[bool, Option("--yields", hidden=True, help="Let other processes go first.")]
_Parent = Annotated[int, Option("--parent", hidden=True, help="Stop when this process ends.")]
_Pipe = Annotated[int, Option("--progress-to", hidden=True, help="A pipe to the parent.")]


def worker(
    drain: _Drain = False,
    concurrency: _Processes = 1,
    parent: _Parent = 0,
    yields: _Yields = False,
    progress_to: _Pipe = 0,
) -> Reply:
    """Run queued and scheduled jobs until stopped. SIGTERM or Ctrl-C hands the running job back."""
    if yields:
        os.nice(_YIELDING)
    if progress_to:
        done = work_for_parent(drain=drain, parent=parent, progress_to=progress_to)
        return report(documents.of(done))
    if concurrency == 1:
        done = work_here(drain=drain, parent=parent)
    else:
        load_settings().create_home()
        done = work_beside(concurrency, drain=drain)
    tell_end(done)
    rows = counted(done.jobs) or "no jobs"
    return report(documents.of(done), rows, exit_code=1 if done.lost_processes else 0)
