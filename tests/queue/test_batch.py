from __future__ import annotations

import sqlite3

import pytest

from ccingest.db.catalog import list_datasets, publish
from ccingest.errors import DatasetNotFoundError, UsageError
from ccingest.models import IngestOptions, Job, JobRequest, Reference, Unchanged
from ccingest.queue import claim as queue
from ccingest.queue.enqueue import enqueue_all, enqueue_sync
from ccingest.queue.history import history
from ccingest.queue.retention import delete_old_jobs
from queue_kit import request, result


def published(connection: sqlite3.Connection, wanted: JobRequest, sha: str = "a" * 40) -> Job:
    """A job that has published its dataset."""
    job = queue.enqueue(connection, wanted, claim_as="w").job
    publish(connection, job, "w", result(job, sha=sha))
    return job


def forget_jobs(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE jobs SET completed_at = '2020-01-01T00:00:00.000Z'")
    delete_old_jobs(connection, 7)
    assert history(connection) == []


def test_all_are_queued_in_their_order(connection: sqlite3.Connection) -> None:
    first = queue.enqueue(connection, request("org/b")).job
    queued = enqueue_all(connection, [request("org/a"), request("org/b"), request("org/c")])
    assert [one.job.ref.name for one in queued] == ["org/a", "org/b", "org/c"]
    assert [one.created for one in queued] == [True, False, True]
    assert queued[1].job.id == first.id
    assert enqueue_all(connection, []) == []


def test_or_none_is(connection: sqlite3.Connection) -> None:
    for name in ("one", "two"):
        queue.enqueue(connection, request(f"org/{name}", dataset=name))
    wanted = [request("org/new"), *(request("org/x", dataset=name) for name in ("one", "two"))]
    with pytest.raises(UsageError, match=r"dataset one holds org/one .*dataset two holds org/two"):
        enqueue_all(connection, wanted)
    assert len(history(connection)) == 2


def test_a_dataset_is_asked_for_as_before(connection: sqlite3.Connection) -> None:
    options = IngestOptions(include=("*.py",), exclude=("x/",), model="m", force=True)
    published(connection, request(branch="dev", scope="local", options=options, project="p"))
    forget_jobs(connection)
    (sync,) = enqueue_sync(connection, None)
    assert (sync.project, sync.dataset, sync.sha) == ("p", "org-repo", "a" * 40)
    assert sync.queued
    job = sync.queued.job
    assert (job.branch, job.scope, job.ref) == ("dev", "local", request().ref)
    assert job.options == IngestOptions(include=("*.py",), exclude=("x/",), model="m")
    assert (sync.queued.created, job.status, job.wanted_sha) == (True, "pending", None)


def test_a_job_that_changed_nothing_is_remembered_too(connection: sqlite3.Connection) -> None:
    published(connection, request(sha="a" * 40))
    assert enqueue_sync(connection, None)[0].queued is None
    job = queue.enqueue(connection, request(branch="dev"), claim_as="w").job
    queue.complete_unchanged(connection, job, "w", Unchanged("a" * 40, "dev", "up to date"))
    assert list_datasets(connection, None)[0].branch == "dev"
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert sync.queued.job.branch == "dev"


def test_the_default_branch_may_change(connection: sqlite3.Connection) -> None:
    """It is asked for as the default, not by the name that it had: `github add` asks so too."""
    published(connection, request())
    forget_jobs(connection)
    again = queue.enqueue(connection, request()).job
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert (sync.queued.created, sync.queued.job.id, sync.branch) == (False, again.id, "main")


def test_a_commit_with_a_branch_has_something_to_follow(connection: sqlite3.Connection) -> None:
    published(connection, request(sha="a" * 40, branch="dev"))
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert (sync.queued.job.branch, sync.queued.job.wanted_sha) == ("dev", None)
    published(connection, request("org/pinned", sha="a" * 40))
    assert "--sha" in str(enqueue_sync(connection, None, ["org-pinned"])[0].why_not)


def test_a_local_repository_is_one_again(connection: sqlite3.Connection) -> None:
    ref = Reference("", "", "shop", "file:///srv/shop.git")
    published(connection, request(ref=ref))
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert sync.queued.job.ref == ref


def test_which_are_chosen(connection: sqlite3.Connection) -> None:
    for project in ("p", "q"):
        for name in ("org/a", "org/b"):
            published(connection, request(name, project=project))
    queue.enqueue(connection, request("org/unfinished", project="p"))

    def chosen(project: str | None, *names: str) -> list[tuple[str, str]]:
        return [(one.project, one.dataset) for one in enqueue_sync(connection, project, names)]

    assert chosen("p") == [("p", "org-a"), ("p", "org-b")]
    assert chosen("q", "org-b") == [("q", "org-b")]
    assert len(chosen(None)) == 4
    assert chosen("elsewhere") == []
    jobs = len(history(connection, limit=100))
    for unknown in ("org-c", "org-unfinished"):
        with pytest.raises(DatasetNotFoundError, match=unknown):
            enqueue_sync(connection, "p", ["org-a", unknown])
    assert len(history(connection, limit=100)) == jobs
