"""Processes that tests start and kill: python -m queue_process MODE DATABASE ARGUMENT..."""

from __future__ import annotations

import sys
import time
from contextlib import closing

from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect, transaction
from ccingest.models import Job, PreparedVersion
from ccingest.progress import Emit, FileProgress, PhaseStarted
from ccingest.queue import claim
from ccingest.queue.enqueue import enqueue as enqueue_job
from ccingest.queue.publish import publish
from ccingest.queue.worker import work
from queue_kit import address_of, files, request, result


def say(text: object) -> None:
    print(text, flush=True)


def open_at(database: DatabaseAddress, at: str) -> None:
    """Open the database at this time, so that several processes do it together."""
    while time.time() < float(at):
        pass
    connect(database).close()


def enqueue(database: DatabaseAddress, count: str) -> None:
    with closing(connect(database)) as connection:
        for _ in range(int(count)):
            queued = enqueue_job(connection, request())
            say(f"{queued.job.id}:{int(queued.created)}")


def claim_all(database: DatabaseAddress, worker: str) -> None:
    with closing(connect(database)) as connection:
        while job := claim.claim(connection, worker):
            say(job.id)


def drain(database: DatabaseAddress, worker: str, lease: str, seconds: str) -> None:
    """Run jobs that take `seconds` each."""

    def handler(job: Job, emit: Emit) -> PreparedVersion:
        say(job.id)
        emit(PhaseStarted("embed"))
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            left = max(0, int(1000 * (end - time.monotonic()) / float(seconds)))
            emit(FileProgress(1, 2, 1000 - left, 1000, 1, "src/a.py"))
            time.sleep(0.01)
        return result(job)

    work(database, worker, handler, drain=True, lease_seconds=float(lease))


def publish_on(database: DatabaseAddress, worker: str, size: str) -> None:
    """Publish one version after another. All files of a version have its commit as their content."""
    with closing(connect(database)) as connection:
        while True:
            claimed = enqueue_job(connection, request(), claim_as=worker, lease_seconds=0.2).job
            if claimed.worker_id != worker:
                time.sleep(0.02)
                continue
            sha = f"{time.time_ns():040}"
            listed = files(int(size), blob=sha)
            written = result(claimed, revision=sha, manifest=listed, skipped=len(listed) // 10)
            say("publishing")
            publish(connection, claimed, worker, written)
            say("published")


def hold(database: DatabaseAddress, seconds: str) -> None:
    """Keep the database locked for writing."""
    with closing(connect(database)) as connection:
        connection.begin(writing=True)
        say("locked")
        time.sleep(float(seconds))


def read_much(database: DatabaseAddress) -> None:
    """Keep the database locked for writing, and ask for far more than the system keeps on the way."""
    with closing(connect(database)) as connection, transaction(connection):
        connection.execute("SELECT 1")
        say("reading")
        connection.execute("SELECT repeat('x', 1000000) FROM generate_series(1, 2000)")


def advance_jobs(database: DatabaseAddress, worker: str, count: str) -> None:
    """Claim `count` jobs one by one, and write 99 steps of progress for each."""
    with closing(connect(database)) as connection:
        for _ in range(int(count)):
            job = claim.claim(connection, worker)
            assert job
            for progress in range(1, 100):
                claim.advance(
                    connection, job, worker, phase="embed", progress=progress, current_file="a"
                )
            publish(connection, job, worker, result(job))


MODES = {
    mode.__name__: mode
    for mode in (open_at, enqueue, claim_all, drain, publish_on, hold, read_much, advance_jobs)
}

if __name__ == "__main__":
    MODES[sys.argv[1]](address_of(sys.argv[2]), *sys.argv[3:])
