from __future__ import annotations

import sqlite3
import threading

import pytest

from ccingest.db.dialect import Connection
from ccingest.errors import CancelledError, LeaseLostError, NetworkError
from ccingest.models import PHASES, Job, Phase
from ccingest.progress import FileProgress, FilesPlanned, Notice, PhaseStarted, TransferProgress
from ccingest.queue import claim, enqueue
from ccingest.queue.events import events_after
from ccingest.queue.history import get_job
from ccingest.queue.logs import add_log, logs
from ccingest.queue.publish import publish
from ccingest.queue.recorder import JobRecorder, WorkerStoppedError
from queue_kit import request, result


@pytest.fixture
def job(connection: Connection) -> Job:
    return enqueue.enqueue(connection, request(), claim_as="w").job


def stored_events(connection: Connection) -> list[tuple[object, ...]]:
    return [
        (event.status, event.progress, event.phase, event.current_file, event.error)
        for event in events_after(connection, 0)
    ]


def test_each_change_is_one_event(connection: Connection, job: Job) -> None:
    def advance(phase: Phase, progress: int, file: str | None) -> None:
        claim.advance(
            connection,
            job,
            "w",
            phase=phase,
            progress=progress,
            current_file=file,
        )

    advance("resolve", 0, None)
    advance("embed", 20, "a.py")
    advance("embed", 20, "b.py")  # another file alone makes no event
    advance("embed", 10, "c.py")  # progress does not go back
    advance("embed", 30, "d.py")
    claim.renew_lease(connection, job, "w")
    claim.fail(connection, job, "w", NetworkError("down"))
    connection.execute("UPDATE jobs SET visible_at = '2020-01-01T00:00:00.000Z'")
    again = claim.claim(connection, "w")
    assert again
    publish(connection, again, "w", result(again))
    assert stored_events(connection) == [
        ("pending", 0, None, None, None),
        ("in_progress", 0, None, None, None),
        ("in_progress", 0, "resolve", None, None),
        ("in_progress", 20, "embed", "a.py", None),
        ("in_progress", 30, "embed", "d.py", None),
        ("pending", 30, None, None, "down"),
        ("in_progress", 30, None, None, None),
        ("completed", 100, None, None, None),
    ]
    assert events_after(connection, 0)[-1].message == "indexed 3 files"


@pytest.mark.parametrize(
    "change", ["status = 'failed'", "progress = 7", "current_phase = 'clone'", "error = 'x'"]
)
def test_which_changes_make_an_event(connection: Connection, job: Job, change: str) -> None:
    before = stored_events(connection)
    connection.execute(f"UPDATE jobs SET {change}")
    assert len(stored_events(connection)) == len(before) + 1
    connection.execute(f"UPDATE jobs SET {change}, worker_id = 'other', current_file = 'b.py'")
    assert len(stored_events(connection)) == len(before) + 1


def test_a_change_that_is_rolled_back_makes_no_event(connection: Connection, job: Job) -> None:
    before = stored_events(connection)
    enqueue.cancel(connection, job.id)
    with pytest.raises(CancelledError):
        publish(connection, job, "w", result(job))
    assert stored_events(connection) == before


def rows_written(connection: Connection) -> int:
    """What SQLite counts; for Postgres, the same statements write the same rows."""
    return connection.total_changes if isinstance(connection, sqlite3.Connection) else 0


def test_a_large_job_writes_few_rows(connection: Connection, job: Job) -> None:
    record = JobRecorder(connection, job, "w")
    for phase in PHASES[:3]:
        record(PhaseStarted(phase))
    record(FilesPlanned(100_000, 10**9))
    before = rows_written(connection)
    for done in range(1, 100_001):
        record(PhaseStarted("chunk" if done % 10 else "embed"))
        record(FileProgress(done, 100_000, done * 10, 10**6, done, f"src/{done}.py"))
    assert rows_written(connection) - before < 500  # rows written, events included
    for phase in PHASES[5:]:
        record(PhaseStarted(phase))
    publish(connection, job, "w", result(job))
    events = events_after(connection, 0)
    assert len(events) < 120
    assert [p for p in PHASES if p in {event.phase for event in events}] == list(PHASES)
    progress = [event.progress for event in events]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert [line.message for line in logs(connection, job.id)] == [
        "100,000 files to index, 1,000,000,000 bytes",
        "indexed 3 files",
    ]


def test_progress_of_each_phase(connection: Connection, job: Job) -> None:
    record = JobRecorder(connection, job, "w")
    seen = []
    for event in (
        PhaseStarted("clone"),
        TransferProgress(0, 0, 0),
        TransferProgress(50, 100, 1),
        TransferProgress(100, 100, 1),
        PhaseStarted("diff"),
        PhaseStarted("chunk"),
        PhaseStarted("embed"),
        FileProgress(1, 2, 50, 100, 9, "a"),
        FileProgress(2, 2, 100, 100, 9, "b"),
        PhaseStarted("index"),
        PhaseStarted("commit"),
    ):
        record._next_write = 0.0  # write every event
        record(event)
        seen.append(get_job(connection, job.id).progress)
    assert seen == [1, 1, 8, 15, 15, 17, 17, 53, 90, 90, 98]


def test_the_recorder_stops_a_job(connection: Connection, job: Job) -> None:
    stop = threading.Event()
    record = JobRecorder(connection, job, "w", stop)
    record(PhaseStarted("clone"))
    stop.set()
    with pytest.raises(WorkerStoppedError):
        record(TransferProgress(1, 2, 3))
    stop.clear()
    record.lost_lease = True
    with pytest.raises(LeaseLostError):
        record(PhaseStarted("diff"))
    record.lost_lease = False
    enqueue.cancel(connection, job.id)
    with pytest.raises(CancelledError):
        record(PhaseStarted("chunk"))


def test_notices_are_written_to_the_log(connection: Connection, job: Job) -> None:
    record = JobRecorder(connection, job, "w")
    record(Notice("warning", "The dataset's table is gone."))
    assert [(line.level, line.message) for line in logs(connection, job.id)] == [
        ("warning", "The dataset's table is gone.")
    ]
    add_log(connection, "no such job", "info", "goes nowhere")
