from __future__ import annotations

import pytest

from ccingest.db.dialect import Connection
from ccingest.errors import JobNotFoundError, UsageError
from ccingest.queue import enqueue
from ccingest.queue.events import events_after
from ccingest.queue.history import get_job, history
from queue_kit import request


def test_a_job_is_found_by_a_unique_beginning_of_its_id(connection: Connection) -> None:
    ids = [enqueue.enqueue(connection, request(f"o/r{n}")).job.id for n in range(40)]
    for job_id in ids:
        length = next(n for n in range(1, 37) if sum(i.startswith(job_id[:n]) for i in ids) == 1)
        assert get_job(connection, job_id[:length]).id == job_id
        assert get_job(connection, f" {job_id.upper()} ").id == job_id
        if length > 1:
            with pytest.raises(UsageError, match="Several jobs begin with"):
                get_job(connection, job_id[: length - 1])


@pytest.mark.parametrize("wrong", ["", " ", "zz", "%", "_", "'", "g", "0" * 36, "日本", "\x00"])
def test_an_id_that_no_job_has(connection: Connection, wrong: str) -> None:
    enqueue.enqueue(connection, request())
    with pytest.raises(JobNotFoundError, match="No job"):
        get_job(connection, wrong)


def test_history_is_newest_first(connection: Connection) -> None:
    made = [enqueue.enqueue(connection, request(f"o/r{n}")).job.id for n in range(30)]
    other = enqueue.enqueue(connection, request(project="other")).job.id
    connection.execute(
        "UPDATE jobs SET created_at = '2026-01-01T00:00:00.000Z'"
    )  # all in the same millisecond
    assert [job.id for job in history(connection, limit=100)] == [other, *reversed(made)]
    assert [job.id for job in history(connection, limit=3)] == [other, *made[:-3:-1]]
    assert [job.id for job in history(connection, project="other")] == [other]
    enqueue.cancel(connection, made[5])
    assert [job.id for job in history(connection, status="cancelled")] == [made[5]]


def test_events_of_a_project(connection: Connection) -> None:
    enqueue.enqueue(connection, request())
    other = enqueue.enqueue(connection, request(project="other")).job
    (event,) = events_after(connection, 0, project="other")
    assert (event.job_id, event.project, event.dataset) == (other.id, "other", "org-repo")
