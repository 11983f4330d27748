from __future__ import annotations

import pytest

from ccingest.db.catalog import list_datasets
from ccingest.db.dialect import Connection
from ccingest.errors import DatasetNotFoundError, UsageError
from ccingest.models import IngestOptions, Job, JobRequest, Reference, Revision, Unchanged
from ccingest.queue import enqueue
from ccingest.queue.enqueue import enqueue_all
from ccingest.queue.history import history
from ccingest.queue.publish import complete_unchanged, publish
from ccingest.queue.retention import delete_old_jobs
from ccingest.queue.sync import enqueue_sync
from queue_kit import request, result


def published(connection: Connection, wanted: JobRequest, sha: str = "a" * 40) -> Job:
    """A completed job, with its published dataset."""
    job = enqueue.enqueue(connection, wanted, claim_as="w").job
    publish(connection, job, "w", result(job, revision=sha))
    return job


def forget_jobs(connection: Connection) -> None:
    connection.execute("UPDATE jobs SET completed_at = '2020-01-01T00:00:00.000Z'")
    delete_old_jobs(connection, 7)
    assert history(connection) == []


def test_requests_are_queued_in_their_order(connection: Connection) -> None:
    first = enqueue.enqueue(connection, request("org/b")).job
    queued = enqueue_all(connection, [request("org/a"), request("org/b"), request("org/c")])
    assert [one.job.source.name for one in queued] == ["org/a", "org/b", "org/c"]
    assert [one.created for one in queued] == [True, False, True]
    assert queued[1].job.id == first.id
    assert enqueue_all(connection, []) == []


def test_one_bad_request_queues_none(connection: Connection) -> None:
    for name in ("one", "two"):
        enqueue.enqueue(connection, request(f"org/{name}", dataset=name))
    wanted = [request("org/new"), *(request("org/x", dataset=name) for name in ("one", "two"))]
    with pytest.raises(UsageError, match=r"dataset one holds org/one .*dataset two holds org/two"):
        enqueue_all(connection, wanted)
    assert len(history(connection)) == 2


def test_a_sync_repeats_the_last_request(connection: Connection) -> None:
    options = IngestOptions(include=("*.py",), exclude=("x/",), model="m", force=True)
    published(connection, request(branch="dev", scope="local", options=options, project="p"))
    forget_jobs(connection)
    (sync,) = enqueue_sync(connection, None)
    assert (sync.dataset.project, sync.dataset.name, sync.dataset.revision) == (
        "p",
        "org-repo",
        "a" * 40,
    )
    assert sync.queued
    job = sync.queued.job
    assert (job.branch, job.scope, job.source) == ("dev", "local", request().source)
    assert job.options == IngestOptions(include=("*.py",), exclude=("x/",), model="m")
    assert (sync.queued.created, job.status, job.wanted_revision) == (True, "pending", None)


def test_a_sync_repeats_a_request_that_changed_nothing(connection: Connection) -> None:
    published(connection, request(revision="a" * 40))
    assert enqueue_sync(connection, None)[0].queued is None
    job = enqueue.enqueue(connection, request(branch="dev"), claim_as="w").job
    complete_unchanged(connection, job, "w", Unchanged(Revision("a" * 40, "dev"), "up to date"))
    assert list_datasets(connection, None)[0].branch == "dev"
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert sync.queued.job.branch == "dev"


def test_the_default_branch_may_change(connection: Connection) -> None:
    """A sync asks for the default branch, not for the branch that was the default before."""
    published(connection, request())
    forget_jobs(connection)
    again = enqueue.enqueue(connection, request()).job
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert (sync.queued.created, sync.queued.job.id, sync.dataset.branch) == (
        False,
        again.id,
        "main",
    )


def test_a_dataset_of_a_commit_follows_its_branch_if_one_was_given(
    connection: Connection,
) -> None:
    published(connection, request(revision="a" * 40, branch="dev"))
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert (sync.queued.job.branch, sync.queued.job.wanted_revision) == ("dev", None)
    published(connection, request("org/pinned", revision="a" * 40))
    assert "at one commit" in str(enqueue_sync(connection, None, ["org-pinned"])[0].skip_reason)


def test_a_sync_of_a_local_repository(connection: Connection) -> None:
    ref = Reference("github", "shop", "file:///srv/shop.git")
    published(connection, request(source=ref))
    (sync,) = enqueue_sync(connection, None)
    assert sync.queued
    assert sync.queued.job.source == ref


def test_which_datasets_are_synced(connection: Connection) -> None:
    for project in ("p", "q"):
        for name in ("org/a", "org/b"):
            published(connection, request(name, project=project))
    enqueue.enqueue(connection, request("org/unfinished", project="p"))

    def chosen(project: str | None, *names: str) -> list[tuple[str, str]]:
        return [
            (one.dataset.project, one.dataset.name)
            for one in enqueue_sync(connection, project, names)
        ]

    assert chosen("p") == [("p", "org-a"), ("p", "org-b")]
    assert chosen("q", "org-b") == [("q", "org-b")]
    assert len(chosen(None)) == 4
    assert chosen("default") == []
    with pytest.raises(
        DatasetNotFoundError, match="'elsewhere' has no datasets; there are some in"
    ):
        chosen("elsewhere")
    jobs = len(history(connection, limit=100))
    for unknown in ("org-c", "org-unfinished"):
        with pytest.raises(DatasetNotFoundError, match=unknown):
            enqueue_sync(connection, "p", ["org-a", unknown])
    assert len(history(connection, limit=100)) == jobs
