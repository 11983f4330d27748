from __future__ import annotations

import threading
from contextlib import closing

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect, transaction
from ccingest.db.dialect import Connection
from ccingest.errors import AccessError, JobNotFoundError, StorageFullError
from ccingest.models import Event
from ccingest.queue import claim, enqueue, events
from ccingest.queue.events import events_after, follow
from ccingest.queue.publish import publish
from queue_kit import output_of, request, result, spawn


def test_every_event_is_seen_once(database: DatabaseAddress, connection: Connection) -> None:
    for number in range(20):
        enqueue.enqueue(connection, request(f"o/r{number}"))
    writers = [spawn("advance_jobs", database, f"w{number}", 10) for number in range(2)]
    seen: list[Event] = []
    ended = 0
    for event in follow(database, since=0):
        seen.append(event)
        ended += event.status == "completed"
        if ended == 20:
            break
        if event.status == "completed":  # a clean-up removes events that were seen
            connection.execute("DELETE FROM jobs WHERE id = ?", (event.job_id,))
    for writer in writers:
        output_of(writer)
    assert [event.id for event in seen] == list(range(1, 20 * (1 + 1 + 99 + 1) + 1))
    assert len(events_after(connection, 0, limit=9999)) == 1 + 1 + 99 + 1


def test_following_one_job_to_its_end(database: DatabaseAddress, connection: Connection) -> None:
    enqueue.enqueue(connection, request("o/other"))
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    publish(connection, job, "w", result(job))
    statuses = [event.status for event in follow(database, job_id=job.id[:8])]
    assert statuses == ["pending", "in_progress", "completed"]
    events = list(follow(database, job_id=job.id))
    assert list(follow(database, job_id=job.id, since=events[1].id)) == events[2:]
    assert list(follow(database, job_id=job.id, since=events[2].id)) == []


def test_more_events_than_are_read_at_once(
    database: DatabaseAddress, connection: Connection
) -> None:
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    with transaction(connection):
        for number in range(2500):
            connection.execute("UPDATE jobs SET error = ?", (str(number),))
    publish(connection, job, "w", result(job))
    events = list(follow(database, job_id=job.id))
    assert [event.id for event in events] == list(range(1, 2504))


def test_following_goes_on_after_a_retry(database: DatabaseAddress, connection: Connection) -> None:
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    claim.fail(connection, job, "w", AccessError("no token"))
    enqueue.retry(connection, job.id)
    enqueue.cancel(connection, job.id)
    statuses = [event.status for event in follow(database, job_id=job.id)]
    assert statuses == ["pending", "in_progress", "failed", "pending", "cancelled"]


def test_without_a_job_only_new_events_are_followed(
    database: DatabaseAddress, connection: Connection
) -> None:
    enqueue.enqueue(connection, request("o/before"))
    stop = threading.Event()
    seen: list[Event] = []
    begun = threading.Event()

    def read() -> None:
        with closing(connect(database)):
            begun.set()
            for event in follow(database, project="default", stop=stop):
                seen.append(event)
                stop.set()

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait()
    number = 0
    while not stop.wait(0.05):  # until the reader has begun and sees one
        number += 1
        enqueue.enqueue(connection, request(f"o/other{number}", project="other"))
        enqueue.enqueue(connection, request(f"o/after{number}"))
    reader.join()
    assert seen[0].dataset.startswith("o-after")
    assert {event.project for event in seen} == {"default"}


def test_following_a_job_whose_worker_died(
    database: DatabaseAddress, connection: Connection
) -> None:
    asked = request(max_retries=0)
    job = enqueue.enqueue(connection, asked, claim_as="w", lease_seconds=0.3).job
    last = list(follow(database, job_id=job.id))[-1]
    assert last.status == "failed"
    assert "worker died" in (last.error or "")


def test_following_goes_on_where_nothing_can_be_written(
    database: DatabaseAddress, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Connection) -> int:
        enqueue.cancel(connection, job.id)
        raise StorageFullError("The disk is full.")

    job = enqueue.enqueue(connection, request()).job
    monkeypatch.setattr(events, "reclaim_lost", fail)
    assert [event.status for event in follow(database, job_id=job.id)] == ["pending", "cancelled"]


def test_following_a_job_that_does_not_exist(
    database: DatabaseAddress, connection: Connection
) -> None:
    with pytest.raises(JobNotFoundError):
        next(follow(database, job_id="abc"))
