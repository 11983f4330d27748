"""Jobs that a command queues and sees through before it ends: `github add`, `sync`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from ccingest.cli.output import print_error, safe, stderr
from ccingest.errors import CcingestError, UsageError, error_of_kind
from ccingest.settings import Settings

if TYPE_CHECKING:
    import sqlite3

    from ccingest.events import Emit
    from ccingest.jobs.records import Enqueued, Job

_CLAIM_INTERVAL = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class _Run:
    """What it takes to run jobs here."""

    settings: Settings
    connection: sqlite3.Connection
    worker_id: str
    stop: Event


def run_here(
    settings: Settings, put: Callable[[sqlite3.Connection], Sequence[Enqueued]]
) -> list[Job]:
    """Queue jobs with `put` and see each through, here or in the worker that was quicker.

    They run one after the other in their order, but none waits for one that is to be tried again
    later or that runs elsewhere. How one failed, and of several how each ended, is told on stderr
    at once. On Ctrl-C those that this command made are cancelled, and KeyboardInterrupt is raised.
    Returns them all, ended.
    """
    from ccingest.cli.runner import stop_on_signals, sweep
    from ccingest.jobs.database import connect
    from ccingest.jobs.presence import new_worker_id, present

    worker_id = new_worker_id()
    with closing(connect(settings.database)) as connection, present(connection, worker_id):
        sweep(settings, connection)
        queued = put(connection)
        made = [one.job.id for one in queued if one.created]

        def leave() -> int:
            with closing(connect(settings.database)) as own:
                _cancel(own, made, worker_id)
            return 130

        run = _Run(settings, connection, worker_id, stop_on_signals(leave))
        try:
            ended = _see_through(run, queued)
        except KeyboardInterrupt:
            _cancel(connection, made, worker_id)
            raise
    return [ended[one.job.id] for one in queued]


def exit_code_of_all(jobs: Iterable[Job]) -> int:
    """The exit code of the first job that did not complete; 0 when all did."""
    from ccingest.cli.documents import exit_code_of

    return next((code for job in jobs if (code := exit_code_of(job))), 0)


def error_of(job: Job) -> CcingestError:
    """Why a job that has ended did not complete."""
    return error_of_kind(job.error_kind or "", job.error or f"The job {job.id} was {job.status}.")


def _see_through(run: _Run, queued: Sequence[Enqueued]) -> dict[str, Job]:
    """The jobs as they ended, by id."""
    from ccingest.cli.cleanup import prune_tables
    from ccingest.cli.runner import sweep

    ended: dict[str, Job] = {}
    several = len(queued) > 1
    for patient in (False, True) if several else (True,):
        for number, one in enumerate(queued, start=1):
            if one.job.id in ended:
                continue
            name = one.job.ref.full_name
            title = f"{name} ({number}/{len(queued)})" if several else name
            job = _turn(run, one, title, patient=patient)
            if not job.ended:
                continue
            sweep(run.settings, run.connection)
            prune_tables(run.settings, run.connection)
            ended[job.id] = job
            if job.status != "completed":
                print_error(error_of(job), as_json=False)
            elif several:
                stderr().print(safe(f"{title}: {job.message}"), soft_wrap=True)
    return ended


def _turn(run: _Run, queued: Enqueued, title: str, *, patient: bool) -> Job:
    """Run the job, or look how it stands elsewhere; with `patient` until it has ended."""
    from ccingest.cli.progress import progress_view
    from ccingest.cli.runner import make_handler
    from ccingest.events import Notice
    from ccingest.jobs.lookup import get_job
    from ccingest.jobs.queue import claim
    from ccingest.jobs.worker import run_job

    connection, job = run.connection, queued.job
    with progress_view(title) as view:
        if not queued.created:
            view(Notice("info", f"The same is {job.status} already, as job {job.id}."))
        while not job.ended:
            if run.stop.is_set():
                raise KeyboardInterrupt
            claimed = claim(connection, run.worker_id, job_id=job.id)
            if claimed:
                job = run_job(
                    connection,
                    run.settings.database,
                    claimed,
                    run.worker_id,
                    make_handler(run.settings, view),
                    stop=run.stop,
                )
                _say_if_retried(job, view)
            else:
                job = get_job(connection, job.id)
            if not (patient or job.ended):
                return job
            if not claimed:
                run.stop.wait(_CLAIM_INTERVAL)
    return job


def _say_if_retried(job: Job, view: Emit) -> None:
    from ccingest.events import Notice

    if job.status == "pending" and job.error:
        view(Notice("warning", f"{job.error} Trying again ({job.retry_count}/{job.max_retries})."))


def _cancel(connection: sqlite3.Connection, made: Sequence[str], worker_id: str) -> None:
    """Cancel the jobs that this command made; one that others wait for is handed back."""
    from ccingest.jobs import queue

    if connection.in_transaction:
        connection.execute("ROLLBACK")
    for job_id in made:
        with suppress(UsageError):  # it has ended
            queue.cancel(connection, job_id)
    queue.release_all(connection, worker_id)
