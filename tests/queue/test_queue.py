from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccingest.database_address import DatabaseAddress
from ccingest.db.catalog import find_dataset
from ccingest.db.dialect import Connection
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.errors import (
    AccessError,
    CancelledError,
    LeaseLostError,
    NetworkError,
    StoreError,
    UsageError,
)
from ccingest.models import IngestOptions, Job, Reference, Revision, Unchanged
from ccingest.queue import claim, enqueue
from ccingest.queue.history import get_job
from ccingest.queue.publish import complete_unchanged, publish
from queue_kit import output_of, request, result, spawn
from values import reference


def claimed(connection: Connection, worker: str = "w1", **changes: object) -> Job:
    job = enqueue.enqueue(connection, request(**changes), claim_as=worker).job  # type: ignore[arg-type]
    assert job.worker_id == worker
    return job


def expire(connection: Connection, job: Job) -> None:
    connection.execute(
        "UPDATE jobs SET lease_expires_at = '2020-01-01T00:00:00.000Z' WHERE id = ?", (job.id,)
    )


def test_a_job_keeps_its_request(connection: Connection) -> None:
    options = IngestOptions(("*.py",), ("docs/",), "some/model", force=True)
    asked = request(branch="dev", revision="c" * 40, scope="global", options=options, priority=7)
    job = enqueue.enqueue(connection, asked).job
    assert get_job(connection, job.id) == job
    assert (job.source, job.branch, job.wanted_revision) == (asked.source, "dev", "c" * 40)
    assert (job.options, job.scope, job.priority, job.max_retries) == (options, "global", 7, 3)
    assert (job.status, job.progress, job.attempt, job.retry_count) == ("pending", 0, 0, 0)


@pytest.mark.parametrize(
    ("same", "changes"),
    [
        (True, {}),
        (True, {"source": reference("ORG/Repo")}),
        (True, {"options": IngestOptions(force=True), "priority": 9}),
        (False, {"branch": "dev"}),
        (False, {"revision": "b" * 40}),
        (False, {"project": "other"}),
        (False, {"dataset": "other"}),
    ],
)
def test_when_requests_are_the_same(
    connection: Connection, same: bool, changes: dict[str, object]
) -> None:
    first = enqueue.enqueue(connection, request())
    second = enqueue.enqueue(connection, request(**{"dataset": "org-repo"} | changes))  # type: ignore[arg-type]
    assert first.created
    assert second.created is not same
    assert (second.job.id == first.job.id) is same


def test_the_same_request_from_many_processes_gives_one_job(database: DatabaseAddress) -> None:
    asked = [
        line for p in [spawn("enqueue", database, 20) for _ in range(4)] for line in output_of(p)
    ]
    assert len(asked) == 80
    assert len({line.split(":")[0] for line in asked}) == 1
    assert sum(line.endswith(":1") for line in asked) == 1


def test_the_same_request_gives_a_new_job_when_the_first_has_ended(
    connection: Connection,
) -> None:
    job = claimed(connection)
    publish(connection, job, "w1", result(job))
    assert enqueue.enqueue(connection, request()).created


def test_a_dataset_holds_one_repository(connection: Connection) -> None:
    job = claimed(connection, dataset="d")
    other = request("org/other", dataset="d")
    with pytest.raises(UsageError, match=r"holds org/repo from"):
        enqueue.enqueue(connection, other)
    # The name is free again when the first job has failed.
    claim.fail(connection, job, "w1", AccessError("no access"))
    assert enqueue.enqueue(connection, other).created
    with pytest.raises(UsageError, match="holds org/other"):
        enqueue.retry(connection, job.id)


def test_local_repositories_differ_by_path(connection: Connection) -> None:
    enqueue.enqueue(connection, request(source=Reference("github", "repo", "/a/repo"), dataset="d"))
    with pytest.raises(UsageError, match="/a/repo"):
        enqueue.enqueue(
            connection, request(source=Reference("github", "repo", "/A/repo"), dataset="d")
        )


def test_jobs_are_claimed_by_priority_and_age_when_they_are_due(
    connection: Connection,
) -> None:
    for name, priority in (("o/a", 0), ("o/b", 5), ("o/c", 0), ("o/d", 5), ("o/e", 9)):
        enqueue.enqueue(connection, request(name, priority=priority))
    connection.execute(
        """UPDATE jobs SET visible_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+60 seconds')
        WHERE dataset_name = 'o-e'"""
    )
    order = []
    while job := claim.claim(connection, "w1"):
        order.append(job.source.name)
    assert order == ["o/b", "o/d", "o/a", "o/c"]


def test_each_job_is_claimed_once(database: DatabaseAddress, connection: Connection) -> None:
    ids = {enqueue.enqueue(connection, request(f"o/r{n}")).job.id for n in range(200)}
    workers = [spawn("claim_all", database, f"w{n}") for n in range(4)]
    got = Counter(line for worker in workers for line in output_of(worker))
    assert set(got) == ids
    assert set(got.values()) == {1}


def test_one_writer_per_dataset(connection: Connection) -> None:
    first = claimed(connection)
    second = enqueue.enqueue(connection, request(branch="dev"), claim_as="w2").job
    assert second.status == "pending"
    assert claim.claim(connection, "w2") is None
    publish(connection, first, "w1", result(first))
    taken = claim.claim(connection, "w2")
    assert taken
    assert taken.id == second.id


def test_claim_as_claims_a_pending_job_of_the_same_request(connection: Connection) -> None:
    waiting = claimed(connection)
    claim.fail(connection, waiting, "w1", NetworkError("down"))
    assert claim.claim(connection, "w2") is None  # not due yet
    again = enqueue.enqueue(connection, request(), claim_as="w2")
    assert not again.created
    assert (again.job.id, again.job.status, again.job.worker_id) == (
        waiting.id,
        "in_progress",
        "w2",
    )


def test_a_temporary_failure_is_retried_a_limited_number_of_times(
    connection: Connection,
) -> None:
    job = claimed(connection, max_retries=2)
    for count in (1, 2):
        claim.fail(connection, job, job.worker_id or "", NetworkError("down"), chance=lambda: 0.0)
        waiting = get_job(connection, job.id)
        assert (waiting.status, waiting.retry_count) == ("pending", count)
        assert (waiting.error, waiting.error_kind) == ("down", "network")
        assert waiting.visible_at > waiting.created_at
        connection.execute("UPDATE jobs SET visible_at = '2020-01-01T00:00:00.000Z'")
        taken = claim.claim(connection, f"w{count}")
        assert taken
        job = taken
        assert job.error is None
    claim.fail(connection, job, "w2", NetworkError("down for good"))
    ended = get_job(connection, job.id)
    assert (ended.status, ended.error, ended.attempt) == ("failed", "down for good", 3)
    assert ended.completed_at


def test_a_permanent_failure_is_not_retried(connection: Connection) -> None:
    job = claimed(connection)
    claim.fail(connection, job, "w1", AccessError("no token"))
    ended = get_job(connection, job.id)
    assert (ended.status, ended.error_kind, ended.retry_count) == ("failed", "no_access", 0)


def test_a_release_uses_up_no_retry(connection: Connection) -> None:
    job = claimed(connection)
    claim.release(connection, job, "w1")
    back = claim.claim(connection, "w2")
    assert back
    assert (back.id, back.retry_count, back.attempt, back.error) == (job.id, 0, 2, None)


def test_an_expired_lease_uses_up_a_retry_until_the_job_fails(
    connection: Connection,
) -> None:
    job = claimed(connection, max_retries=1)
    expire(connection, job)
    again = claim.claim(connection, "w2")
    assert again
    assert (again.id, again.retry_count, again.crash_count) == (job.id, 1, 1)
    expire(connection, again)
    assert claim.reclaim_lost(connection) == 1
    ended = get_job(connection, job.id)
    assert (ended.status, ended.error_kind) == ("failed", "worker_died")
    assert "2 times" in (ended.error or "")
    assert claim.reclaim_lost(connection) == 0


def test_jobs_are_claimed_after_the_clock_was_set_back(connection: Connection) -> None:
    running = claimed(connection)
    waiting = enqueue.enqueue(connection, request("o/waiting")).job
    connection.execute(
        """UPDATE jobs SET lease_expires_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 day'),
        visible_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 day')"""
    )
    got = {job.id for _ in range(2) if (job := claim.claim(connection, "w2"))}
    assert got == {running.id, waiting.id}


def test_a_worker_that_lost_its_job_can_not_change_it(connection: Connection) -> None:
    old = claimed(connection)
    expire(connection, old)
    # The same worker has it again, but in another attempt.
    new = claim.claim(connection, "w1")
    assert new
    steps: list[Callable[[], object]] = [
        lambda: claim.advance(connection, old, "w1", phase="embed", progress=5, current_file=None),
        lambda: publish(connection, old, "w1", result(old)),
        lambda: complete_unchanged(connection, old, "w1", Unchanged(Revision("a", None), "")),
        lambda: claim.fail(connection, old, "w1", AccessError("")),
        lambda: claim.release(connection, old, "w1"),
        lambda: claim.mark_cancelled(connection, old, "w1"),
    ]
    for step in steps:
        with pytest.raises(LeaseLostError, match="not this worker's"):
            step()
    assert not claim.renew_lease(connection, old, "w1")
    assert claim.renew_lease(connection, new, "w1")
    assert get_job(connection, new.id).progress == 0
    assert find_dataset(connection, "default", "org-repo") is None


def test_cancel(connection: Connection) -> None:
    waiting = enqueue.enqueue(connection, request("o/waiting")).job
    assert enqueue.cancel(connection, waiting.id[:8]).status == "cancelled"
    with pytest.raises(UsageError, match="cancelled already"):
        enqueue.cancel(connection, waiting.id)

    running = claimed(connection)
    assert enqueue.cancel(connection, running.id).status == "in_progress"
    with pytest.raises(CancelledError):
        claim.advance(connection, running, "w1", phase="embed", progress=1, current_file=None)
    with pytest.raises(CancelledError):
        publish(connection, running, "w1", result(running))
    assert get_job(connection, running.id).progress == 0
    claim.mark_cancelled(connection, running, "w1")
    ended = get_job(connection, running.id)
    assert (ended.status, ended.error_kind) == ("cancelled", "cancelled")


@pytest.mark.parametrize("end", ["release", "retryable", "final", "death"])
def test_a_cancelled_job_ends_as_cancelled_even_if_it_fails(
    connection: Connection, end: str
) -> None:
    job = claimed(connection)
    enqueue.cancel(connection, job.id)
    if end == "release":
        claim.release(connection, job, "w1")
    elif end == "death":
        expire(connection, job)
        claim.reclaim_lost(connection)
    else:
        error = NetworkError("down") if end == "retryable" else AccessError("no")
        claim.fail(connection, job, "w1", error)
    assert get_job(connection, job.id).status == "cancelled"


def test_a_new_request_gets_no_job_that_is_being_cancelled(
    connection: Connection,
) -> None:
    old = claimed(connection)
    enqueue.cancel(connection, old.id)
    new = enqueue.enqueue(connection, request(), claim_as="w2")
    assert new.created
    assert new.job.status == "pending"  # until the old one has stopped
    claim.mark_cancelled(connection, old, "w1")
    taken = claim.claim(connection, "w2")
    assert taken
    publish(connection, taken, "w2", result(taken))
    assert find_dataset(connection, "default", "org-repo")


def test_retry(connection: Connection) -> None:
    job = claimed(connection)
    with pytest.raises(UsageError, match="is in_progress"):
        enqueue.retry(connection, job.id)
    claim.fail(connection, job, "w1", AccessError("no"))
    again = enqueue.retry(connection, job.id)
    assert (again.id, again.status, again.error) == (job.id, "pending", None)
    taken = claim.claim(connection, "w2")
    assert taken
    publish(connection, taken, "w2", result(taken))
    with pytest.raises(UsageError, match="is completed"):
        enqueue.retry(connection, job.id)


def test_no_retry_while_the_same_request_is_queued(connection: Connection) -> None:
    first = enqueue.enqueue(connection, request()).job
    enqueue.cancel(connection, first.id)
    second = enqueue.enqueue(connection, request()).job
    with pytest.raises(UsageError, match=second.id):
        enqueue.retry(connection, first.id)


@pytest.mark.parametrize("progress", [-1, 101])
def test_progress_is_checked_by_the_database(connection: Connection, progress: int) -> None:
    job = claimed(connection)
    with pytest.raises(StoreError, match=r"(?i)check"):
        connection.execute("UPDATE jobs SET progress = ? WHERE id = ?", (progress, job.id))


_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(_names, _names, _names)
def test_any_name_is_stored_unchanged(
    connection: Connection, project: str, dataset: str, branch: str
) -> None:
    asked = request(project=project, dataset=dataset, branch=branch)
    if "\0" in project + dataset + branch and isinstance(connection, PostgresConnection):
        with pytest.raises(UsageError, match="NUL character, which Postgres can't store"):
            enqueue.enqueue(connection, asked)
        return
    job = enqueue.enqueue(connection, asked).job
    assert (job.project, job.dataset, job.branch) == (project, dataset, branch)


@pytest.mark.parametrize("name", ["'; DROP TABLE jobs; --", '"', "%", "ö" * 255, "a\nb", "日本"])
def test_names_that_look_like_sql(connection: Connection, name: str) -> None:
    job = claimed(connection, dataset=name, project=name)
    publish(connection, job, "w1", result(job))
    version = find_dataset(connection, name, name)
    assert version
    assert version.name == name
    assert find_dataset(connection, name, f"{name}x") is None
