"""Pushes: which datasets they concern, and how many jobs they become."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.models import JobRequest
from ccingest.models.submissions import Push
from ccingest.queue import claim, enqueue
from ccingest.queue.history import history
from ccingest.queue.publish import publish
from ccingest.queue.pushes import receive
from queue_kit import request, result
from values import reference

HOST = "github.com"


def push(delivery: str = "d1", branch: str = "main", repository: str = "org/repo") -> Push:
    return Push(delivery, repository, HOST, branch)


def published(connection: Connection, asked: JobRequest, branch: str = "main") -> None:
    """Run a job of this request, as if a worker had."""
    enqueue.enqueue(connection, asked)
    job = claim.claim(connection, "w")
    assert job is not None
    version = result(job)
    revision = replace(version.revision, branch=branch)
    publish(connection, job, "w", replace(version, revision=revision))


def pending(connection: Connection) -> list[str]:
    return [job.dataset for job in history(connection, status="pending", limit=100)]


def test_a_push_queues_the_datasets_of_its_branch(connection: Connection) -> None:
    source = reference("org/repo")
    published(connection, request(source=source, dataset="default-branch"))
    published(connection, request(source=source, dataset="other", branch="next"), "next")
    published(connection, request(source=source, dataset="pinned", revision="a" * 40))
    published(connection, request(source=reference("org/else"), dataset="else"))
    done = receive(connection, push(repository="Org/Repo"))
    assert done.outcome == "queued"
    assert [job.dataset for job in done.jobs] == ["default-branch"]
    assert pending(connection) == ["default-branch"]


def test_a_delivery_counts_once(connection: Connection, database: DatabaseAddress) -> None:
    """Also when another server gets it again."""
    published(connection, request(source=reference("org/repo")))
    first = receive(connection, push())
    with closing(connect(database)) as other:
        again = receive(other, push())
    assert again.outcome == "duplicate"
    assert [job.id for job in again.jobs] == [job.id for job in first.jobs]
    assert len(pending(connection)) == 1


def test_a_burst_becomes_one_job(connection: Connection) -> None:
    published(connection, request(source=reference("org/repo")))
    ids = {receive(connection, push(f"d{n}")).jobs[0].id for n in range(50)}
    assert len(ids) == 1


def test_a_push_while_a_job_runs_waits_beside_it(connection: Connection) -> None:
    """The job that runs may have looked at the branch before the push."""
    published(connection, request(source=reference("org/repo")))
    seen = []
    for round_ in range(3):
        waiting = receive(connection, push(f"{round_}-first")).jobs[0]
        assert waiting.status == "pending"
        running = claim.claim(connection, "w")
        assert running is not None
        assert running.id == waiting.id
        after = receive(connection, push(f"{round_}-second")).jobs[0]
        assert after.id != running.id
        assert receive(connection, push(f"{round_}-third")).jobs[0].id == after.id
        assert claim.claim(connection, "w2") is None  # one writer per dataset
        publish(connection, running, "w", result(running))
        seen.append(running.id)
    assert len(set(seen)) == 3


def test_a_push_during_the_first_ingest_is_not_missed(connection: Connection) -> None:
    enqueue.enqueue(connection, request(source=reference("org/repo")))
    running = claim.claim(connection, "w")
    assert running is not None
    done = receive(connection, push())
    assert [job.status for job in done.jobs] == ["pending"]
    assert done.jobs[0].id != running.id


@pytest.mark.parametrize(
    "other", [push(branch="topic"), push(repository="org/else"), replace(push(), host="evil.org")]
)
def test_other_pushes_are_ignored(connection: Connection, other: Push) -> None:
    published(connection, request(source=reference("org/repo")))
    assert receive(connection, other).outcome == "ignored"
    assert pending(connection) == []
