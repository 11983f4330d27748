from __future__ import annotations

import threading
from contextlib import closing

from ccingest.database_address import DatabaseAddress
from ccingest.db.catalog import published_tables
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.models import Job
from ccingest.queue import claim, enqueue
from ccingest.queue.publish import publish
from ccingest.queue.retention import begin_if_due, in_maintenance, move_version
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
        assert move_version(connection, version, 7)
        assert not move_version(connection, version, 8)
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
