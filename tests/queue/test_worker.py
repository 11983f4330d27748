from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from contextlib import closing
from typing import Any

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.catalog import find_dataset, list_datasets
from ccingest.db.connection import connect
from ccingest.db.dialect import LATER, NOW, Connection
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.errors import AccessError, NetworkError, RateLimitedError, StoreBusyError
from ccingest.models import Job, PreparedVersion, Revision, Unchanged
from ccingest.progress import Emit, FileProgress, PhaseStarted
from ccingest.queue import claim, enqueue
from ccingest.queue import worker as worker_module
from ccingest.queue.history import get_job, history
from ccingest.queue.logs import JobLogs, logs
from ccingest.queue.publish import publish
from ccingest.queue.worker import run_job, work
from queue_kit import kill, next_line, output_of, quick, request, result, spawn


def slow(job: Job, emit: Emit) -> PreparedVersion:
    """A handler that reports progress until it is stopped."""
    emit(PhaseStarted("embed"))
    for done in range(60_000):
        emit(FileProgress(done, 60_000, done, 60_000, done, "a.py"))
        time.sleep(0.005)
    raise AssertionError("nobody stopped the job")


def run(
    connection: Connection, database: DatabaseAddress, handler: object, **options: object
) -> Job:
    job = enqueue.enqueue(connection, request(**options), claim_as="w").job  # type: ignore[arg-type]
    return run_job(connection, database, job, "w", handler)  # type: ignore[arg-type]


def test_a_job_that_completes(database: DatabaseAddress, connection: Connection) -> None:
    job = run(connection, database, quick)
    assert (job.status, job.progress, job.message) == ("completed", 100, "indexed 3 files")
    assert find_dataset(connection, "default", "org-repo")
    assert [line.message for line in logs(connection, job.id)] == ["indexed 3 files"]

    same = run(
        connection,
        database,
        lambda _job, _emit: Unchanged(Revision("a" * 40, "main"), "up to date"),
    )
    assert (same.status, same.message, same.revision) == ("completed", "up to date", "a" * 40)


def test_a_failed_job_has_the_message_of_its_error(
    database: DatabaseAddress, connection: Connection
) -> None:
    def refused(job: Job, emit: Emit) -> PreparedVersion:
        raise AccessError("The token was refused.")

    def down(job: Job, emit: Emit) -> PreparedVersion:
        raise RateLimitedError("Too many requests.")

    job = run(connection, database, refused)
    assert (job.status, job.error, job.error_kind) == (
        "failed",
        "The token was refused.",
        "no_access",
    )
    job = run(connection, database, down)
    assert (job.status, job.retry_count, job.error_kind) == ("pending", 1, "rate_limited")


def test_a_bug_ends_the_job_but_not_the_worker(
    database: DatabaseAddress, connection: Connection
) -> None:
    def buggy(job: Job, emit: Emit) -> PreparedVersion:
        raise KeyError("https://ada:hunter2secret@example.com/\nsecond line")

    job = run(connection, database, buggy)
    assert (job.status, job.error_kind) == ("failed", "internal")
    assert (job.error or "").startswith("Internal error, KeyError: ")
    assert "\n" not in (job.error or "")
    (line,) = logs(connection, job.id)
    assert line.level == "error"
    assert "in buggy" in line.message
    assert "hunter2secret" not in line.message + (job.error or "")


def test_cancelled_by_another_connection(database: DatabaseAddress, connection: Connection) -> None:
    started = threading.Event()

    def handler(job: Job, emit: Emit) -> PreparedVersion:
        started.set()
        return slow(job, emit)

    def cancel() -> None:
        started.wait()
        with closing(connect(database)) as other:
            enqueue.cancel(other, history(other)[0].id)

    thread = threading.Thread(target=cancel)
    thread.start()
    job = run(connection, database, handler)
    thread.join()
    assert (job.status, job.error_kind) == ("cancelled", "cancelled")
    assert list_datasets(connection, None) == []


def test_a_job_that_reports_no_progress_is_cancelled(
    database: DatabaseAddress, connection: Connection
) -> None:
    cancelled = threading.Event()

    def deaf(job: Job, emit: Emit) -> PreparedVersion:
        """A handler that reports no progress, as while an index is built."""
        assert cancelled.wait(30)
        emit(PhaseStarted("commit"))
        raise AssertionError("nobody stopped the job")

    def cancel() -> None:
        with closing(connect(database)) as other:
            while not (found := history(other)) or found[0].status != "in_progress":
                time.sleep(0.01)
            enqueue.cancel(other, found[0].id)
            while get_job(other, found[0].id).status != "cancelled":
                time.sleep(0.01)
            cancelled.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    job = run(connection, database, deaf)
    thread.join()
    assert (job.status, job.error) == ("cancelled", "Cancelled while it ran.")
    assert [line.level for line in logs(connection, job.id)] == ["info"]


def test_a_worker_that_is_asked_to_stop_hands_its_job_back(
    database: DatabaseAddress, connection: Connection
) -> None:
    enqueue.enqueue(connection, request())
    enqueue.enqueue(connection, request("o/second"))
    stop = threading.Event()
    ended: list[Job] = []

    def handler(job: Job, emit: Emit) -> PreparedVersion:
        stop.set()
        return slow(job, emit)

    assert work(database, "w", handler, stop=stop, after=ended.append) == 1
    assert [(job.status, job.retry_count) for job in ended] == [("pending", 0)]
    assert [(job.status, job.attempt) for job in history(connection)] == [
        ("pending", 0),
        ("pending", 1),
    ]


def test_an_interrupted_worker_hands_its_job_back(
    database: DatabaseAddress, connection: Connection
) -> None:
    enqueue.enqueue(connection, request())

    def handler(job: Job, emit: Emit) -> PreparedVersion:
        emit(PhaseStarted("clone"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(database, "w", handler)
    (job,) = history(connection)
    assert (job.status, job.retry_count, job.worker_id) == ("pending", 0, None)


def test_a_stopped_idle_worker_ends(database: DatabaseAddress) -> None:
    connect(database).close()
    stop = threading.Event()
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(work(database, "w", quick, stop=stop)))
    thread.start()
    stop.set()
    thread.join()
    assert done == [0]


def test_drain_waits_for_the_retry_and_ends(
    database: DatabaseAddress, connection: Connection
) -> None:
    enqueue.enqueue(connection, request())
    tries = []

    def handler(job: Job, emit: Emit) -> PreparedVersion:
        tries.append(job.attempt)
        if len(tries) == 1:
            raise NetworkError("down")
        return quick(job, emit)

    def due(_job: Job) -> None:
        connection.execute(
            "UPDATE jobs SET visible_at = '2020-01-01T00:00:00.000Z' WHERE status = 'pending'"
        )

    assert work(database, "w", handler, drain=True, after=due) == 2
    assert tries == [1, 2]
    assert [job.status for job in history(connection)] == ["completed"]


def test_the_lease_is_renewed_while_a_job_runs(
    database: DatabaseAddress, connection: Connection
) -> None:
    job = enqueue.enqueue(connection, request(), claim_as="w", lease_seconds=2.0).job

    def silent(job: Job, emit: Emit) -> PreparedVersion:
        """Take longer than the lease, without progress, while others look for expired leases."""
        with closing(connect(database)) as other:
            for _ in range(60):
                time.sleep(0.05)
                assert claim.reclaim_lost(other) == 0
        return result(job)

    ended = run_job(connection, database, job, "w", silent, lease_seconds=2.0)
    assert (ended.status, ended.attempt, ended.crash_count) == ("completed", 1, 0)


@pytest.mark.parametrize("moved", ["-1 hours", "+1 hours"])
def test_a_lease_is_renewed_at_once_after_the_clock_was_set(
    database: DatabaseAddress, connection: Connection, moved: str
) -> None:
    def awake(job: Job, emit: Emit) -> PreparedVersion:
        with closing(connect(database)) as other:
            other.execute(f"UPDATE jobs SET lease_expires_at = {LATER}", (moved,))
            end = time.monotonic() + 5
            while time.monotonic() < end and not renewed:
                time.sleep(0.05)
                renewed.extend(
                    other.execute(
                        f"""SELECT id FROM jobs
                        WHERE lease_expires_at > {NOW} AND lease_expires_at < {LATER}""",
                        ("+40 seconds",),
                    )
                )
        return quick(job, emit)

    renewed: list[object] = []
    assert run(connection, database, awake).status == "completed"
    assert renewed


def test_a_job_that_another_worker_has_is_not_changed(
    database: DatabaseAddress, connection: Connection
) -> None:
    def overtaken(job: Job, emit: Emit) -> PreparedVersion:
        with closing(connect(database)) as other:
            other.execute("UPDATE jobs SET lease_expires_at = '2020-01-01T00:00:00.000Z'")
            assert claim.claim(other, "w2")
        return quick(job, emit)

    job = run(connection, database, overtaken)
    assert (job.status, job.worker_id, job.attempt, job.error) == ("in_progress", "w2", 2, None)
    assert find_dataset(connection, "default", "org-repo") is None


def test_a_job_that_another_worker_has_ended_does_not_count(
    database: DatabaseAddress, connection: Connection
) -> None:
    def overtaken(job: Job, emit: Emit) -> PreparedVersion:
        with closing(connect(database)) as other:
            other.execute("UPDATE jobs SET lease_expires_at = '2020-01-01T00:00:00.000Z'")
            again = claim.claim(other, "w2")
            assert again
            publish(other, again, "w2", result(again))
        return result(job)

    enqueue.enqueue(connection, request())
    ended: list[Job] = []
    assert work(database, "w", overtaken, drain=True, after=ended.append) == 0
    assert ended == []
    assert [job.status for job in history(connection)] == ["completed"]


def test_a_job_completes_though_the_database_is_locked(database: DatabaseAddress) -> None:
    connect(database).close()
    with closing(connect(database, busy_timeout=0.05)) as connection:
        job = enqueue.enqueue(connection, request(), claim_as="w").job
        holder = spawn("hold", database, 1)
        assert next_line(holder) == "locked"
        # The whole job, with its publishing, runs while another process holds the lock.
        ended = run_job(connection, database, job, "w", quick)
        kill(holder)
        assert (ended.status, ended.retry_count) == ("completed", 0)


def test_a_worker_outlives_a_job_whose_end_can_not_be_written(
    database: DatabaseAddress, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*arguments: Any, **options: Any) -> None:
        if len(ran) == 1:
            raise StoreBusyError("Another process holds it locked.")
        publish(*arguments, **options)

    def handler(job: Job, _: Emit) -> PreparedVersion:
        ran.append(job.id)
        return result(job)

    ran: list[str] = []
    for number in range(2):
        enqueue.enqueue(connection, request(f"o/r{number}"))
    monkeypatch.setattr(worker_module, "_LONGEST_WAIT", 0.0)
    monkeypatch.setattr(worker_module, "publish", locked)
    monkeypatch.setattr(claim, "fail", locked)
    work(database, "w", handler, drain=True, lease_seconds=0.5)
    assert len(ran) == 3
    assert {job.status for job in history(connection)} == {"completed"}


def test_workers_side_by_side_and_one_killed(
    database: DatabaseAddress, connection: Connection
) -> None:
    ids = {enqueue.enqueue(connection, request(f"o/r{n}")).job.id for n in range(24)}
    victim = spawn("drain", database, "victim", 1.0, 30)
    lost = next_line(victim)
    others = [spawn("drain", database, f"w{n}", 1.0, 0.05) for n in range(3)]
    kill(victim)
    ran = Counter(line for worker in others for line in output_of(worker))
    assert set(ran) == ids
    assert set(ran.values()) == {1}
    assert Counter(job.status for job in history(connection, limit=99)) == {"completed": 24}
    assert len(list_datasets(connection, None)) == 24
    again = get_job(connection, lost)
    assert (again.attempt, again.retry_count, again.crash_count) == (2, 1, 1)


def test_a_change_watch_sees_changes_before_it_waits(
    database: DatabaseAddress, connection: Connection
) -> None:
    with closing(connect(database)) as other:
        watch = connection.changes()
        enqueue.enqueue(other, request())
    stop = threading.Event()
    alarm = threading.Timer(30, stop.set)
    alarm.start()
    watch.wait(60, stop=stop)
    alarm.cancel()
    assert not stop.is_set()


def test_a_line_that_can_not_be_written_to_the_job_log_is_no_error(
    database: DatabaseAddress, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    log = logging.getLogger("ccingest.test")
    with closing(connect(database, busy_timeout=0.05)) as impatient:
        connection.begin(writing=True)  # the database is locked now
        if isinstance(connection, PostgresConnection):  # where a line of a log is no job's change
            connection.execute("LOCK TABLE job_logs")
        with JobLogs(impatient, job):
            log.warning("lost")
        connection.rollback()
        with JobLogs(impatient, job):
            log.warning("kept")
    assert [line.message for line in logs(connection, job.id)] == ["kept"]
    assert capsys.readouterr().err == ""  # logging would print a traceback here


def test_what_is_done_between_jobs_is_not_done_for_each(
    database: DatabaseAddress, connection: Connection
) -> None:
    for number in range(6):
        enqueue.enqueue(connection, request(f"o/r{number}"))
    ended: list[Job] = []
    ended_before: list[int] = []
    began = time.monotonic()
    work(
        database,
        "w",
        quick,
        drain=True,
        between=lambda: ended_before.append(len(ended)),
        after=ended.append,
    )
    assert (ended_before[0], ended_before[-1]) == (0, 6)
    assert len(ended_before) <= 2 + (time.monotonic() - began)
