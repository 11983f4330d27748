from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.catalog import published_tables
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.models import Job
from ccingest.queue import claim, enqueue, maintaining
from ccingest.queue.maintaining import in_maintenance
from ccingest.queue.publish import publish
from ccingest.queue.retention import begin_if_due
from queue_kit import request, result


def published(connection: Connection) -> Job:
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    publish(connection, job, "w", result(job))
    return job


def test_one_of_many_processes_begins(database: DatabaseAddress, connection: Connection) -> None:
    turns: list[bool] = []

    def ask() -> None:
        with closing(connect(database)) as own:
            turns.append(begin_if_due(own, "cleanup", 24))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [False] * 7 + [True]
    assert begin_if_due(connection, "something else", 24)


def test_a_task_is_due_again_after_its_hours(connection: Connection) -> None:
    assert begin_if_due(connection, "cleanup", 24)
    # A statement that waited for the one that took the turn began before that, so for it the turn is
    # in the future.
    for at, due in [
        ("-23 hours", False), ("-25 hours", True), ("+5 seconds", False), ("+1 hours", True)
    ]:  # fmt: skip
        moved = "UPDATE maintenance_runs SET at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)"
        connection.execute(moved, (at,))
        assert begin_if_due(connection, "cleanup", 24) is due


def test_no_job_writes_a_dataset_in_maintenance(connection: Connection) -> None:
    published(connection)
    (dataset_id,) = published_tables(connection)
    with in_maintenance(connection, dataset_id) as version:
        assert version
        with in_maintenance(connection, dataset_id) as second:
            assert second is None
        waiting = enqueue.enqueue(connection, request(revision="b" * 40), claim_as="w").job
        assert waiting.status == "pending"
        assert version.move_version(7)
    claimed = claim.claim(connection, "w")
    assert claimed
    with in_maintenance(connection, dataset_id) as version:
        assert version is None  # a job is writing it


def test_a_killed_clean_up_does_not_block_a_dataset_for_ever(
    connection: Connection,
) -> None:
    published(connection)
    (dataset_id,) = published_tables(connection)
    for left in ("-1 seconds", "+1 days"):  # it is over, or the clock was set back
        connection.execute(
            "UPDATE datasets SET maintenance_until = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)",
            (left,),
        )
        with in_maintenance(connection, dataset_id) as version:
            assert version


def test_a_clean_up_that_was_stopped_for_long_moves_no_version_of_a_job(
    connection: Connection,
) -> None:
    published(connection)
    (dataset_id,) = published_tables(connection)
    enqueue.enqueue(connection, request(revision="b" * 40))
    with in_maintenance(connection, dataset_id) as stopped:
        assert stopped
        _let_time_pass(connection)
        job = claim.claim(connection, "w")
        assert job  # it writes now, and what it wrote is part of what the clean-up made
        assert not stopped.move_version(7)
        claim.release(connection, job, "w")
        assert not stopped.move_version(7)
    assert table_version(connection) == 1


def test_a_clean_up_that_was_stopped_for_long_ends_no_other(connection: Connection) -> None:
    published(connection)
    (dataset_id,) = published_tables(connection)
    enqueue.enqueue(connection, request(revision="b" * 40))
    with in_maintenance(connection, dataset_id) as stopped:
        assert stopped
        _let_time_pass(connection)
        with closing(connect(connection.address)) as second:
            other = in_maintenance(second, dataset_id)
            assert other.__enter__()
            assert not stopped.move_version(7)
            stopped.end()
            assert claim.claim(connection, "w") is None
            other.__exit__(None, None, None)
    assert claim.claim(connection, "w")


def test_a_clean_up_that_takes_long_keeps_jobs_out(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintaining, "_RENEW_SECONDS", 0.05)
    published(connection)
    (dataset_id,) = published_tables(connection)
    enqueue.enqueue(connection, request(revision="b" * 40))
    with in_maintenance(connection, dataset_id) as maintenance:
        assert maintenance
        seen = {_until(connection)}
        end = time.monotonic() + 10
        while len(seen) < 3 and time.monotonic() < end:
            seen.add(_until(connection))
            time.sleep(0.01)
        assert len(seen) == 3
        assert maintenance.move_version(7)
    assert table_version(connection) == 7
    assert claim.claim(connection, "w")


def _let_time_pass(connection: Connection) -> None:
    past = "2020-01-01T00:00:00.000Z"
    connection.execute("UPDATE datasets SET maintenance_until = ?", (past,))


def _until(connection: Connection) -> str:
    return str(connection.execute("SELECT maintenance_until FROM datasets").fetchone()[0])


def table_version(connection: Connection) -> int:
    return int(connection.execute("SELECT table_version FROM datasets").fetchone()[0])
