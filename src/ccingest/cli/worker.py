"""`ccingest worker`: run queued jobs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, lines, safe, stderr
from ccingest.settings import load_settings

if TYPE_CHECKING:
    from ccingest.jobs.records import Job


def worker(
    drain: Annotated[
        bool, typer.Option("--drain", help="Exit when no job is pending or running.")
    ] = False,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Run queued jobs until stopped; SIGTERM or Ctrl-C hands the running job back."""
    from ccingest.cli.runner import make_handler, stop_on_signals, sweep, worker_name
    from ccingest.jobs.database import connect
    from ccingest.jobs.worker import work

    settings = load_settings()
    settings.create_home()
    stop = stop_on_signals()
    counts: dict[str, int] = {}
    with closing(connect(settings.database)) as connection:
        sweep(settings, connection)

        def after(job: Job) -> None:
            counts[job.status] = counts.get(job.status, 0) + 1
            said = job.error or job.message or ""
            stderr().print(safe(f"{job.id[:8]} {job.status} {job.dataset}: {said}"), soft_wrap=True)
            sweep(settings, connection)

        work(
            settings.database,
            worker_name(),
            make_handler(settings),
            drain=drain,
            stop=stop,
            after=after,
        )
        if stop.is_set():
            stderr().print("stopped; a job that was running is pending again")
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return Reply({"jobs": counts}, lines(told or "no jobs"))
