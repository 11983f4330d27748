from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.dialect import Connection
from ccingest.errors import ScheduleNotFoundError, UsageError
from ccingest.models import Cron, Every, IngestOptions
from ccingest.queue import claim, enqueue
from ccingest.queue.deletion import delete_datasets
from ccingest.queue.history import get_job, history
from ccingest.queue.publish import publish
from ccingest.queue.schedules import add_schedule, enqueue_due, list_schedules, remove_schedule
from ccingest.queue.worker import work
from ccingest.times import to_text
from queue_kit import output_of, quick, request, result, spawn

HOUR = Every(3600)


def now() -> datetime:
    return datetime.now(timezone.utc)


def test_a_schedule_is_stored_unchanged(connection: Connection) -> None:
    options = IngestOptions(include=("*.py",), model="m")
    wanted = request(project="p", branch="dev", scope="global", priority=3, options=options)
    made, replaced = add_schedule(connection, wanted, Cron("0 3 * * *"))
    assert not replaced
    assert list_schedules(connection, None) == [made]
    assert (made.request, made.timing) == (wanted, Cron("0 3 * * *"))
    assert made.next_at == Cron("0 3 * * *").next_after(now())
    assert list_schedules(connection, "other") == []


def test_an_interval_is_due_at_once_and_then_after_each_interval(
    connection: Connection,
) -> None:
    add_schedule(connection, request(), HOUR)
    start = now()
    (job_id,) = enqueue_due(connection, start)
    assert get_job(connection, job_id).dataset == "org-repo"
    assert enqueue_due(connection, start + timedelta(minutes=59)) == []
    (schedule,) = list_schedules(connection, None)
    assert (schedule.last_job_id, schedule.last_status) == (job_id, "pending")
    assert abs(schedule.next_at - start - timedelta(hours=1)) < timedelta(seconds=1)


def test_no_second_job_while_the_first_is_pending(connection: Connection) -> None:
    add_schedule(connection, request(), HOUR)
    start = now()
    (first,) = enqueue_due(connection, start)
    assert enqueue_due(connection, start + timedelta(hours=2)) == []
    job = claim.claim(connection, "w")
    assert job
    publish(connection, job, "w", result(job))
    (second,) = enqueue_due(connection, start + timedelta(hours=4))
    assert len({first, second}) == len(history(connection)) == 2


def test_missed_times_give_one_job(connection: Connection) -> None:
    add_schedule(connection, request(), Cron("*/5 * * * *"))
    later = now() + timedelta(days=3)
    assert len(enqueue_due(connection, later)) == 1
    assert enqueue_due(connection, later) == []
    (schedule,) = list_schedules(connection, None)
    assert later < schedule.next_at <= later + timedelta(minutes=5)


@pytest.mark.parametrize("timing", [HOUR, Cron("0 * * * *")])
def test_a_clock_that_was_wrong_by_years(connection: Connection, timing: Every | Cron) -> None:
    add_schedule(connection, request(), timing)
    assert enqueue_due(connection, now() + timedelta(days=3000))
    connection.execute("UPDATE jobs SET status = 'cancelled'")
    assert len(enqueue_due(connection, now())) == 1
    (schedule,) = list_schedules(connection, None)
    assert schedule.next_at <= now() + timedelta(hours=1)


@pytest.mark.parametrize(
    "timing", [Every(600), Every(3600), Cron("*/10 * * * *"), Cron("0 * * * *")]
)
def test_a_clock_that_was_wrong_by_hours(connection: Connection, timing: Every | Cron) -> None:
    add_schedule(connection, request(), timing)
    ahead = now() + timedelta(hours=13)
    (job_id,) = enqueue_due(connection, ahead)
    connection.execute("UPDATE jobs SET created_at = ?", (to_text(ahead),))
    for minutes in (-1, 0, 1):
        assert enqueue_due(connection, ahead + timedelta(minutes=minutes)) == []
    claim.claim(connection, "w")
    publish(connection, get_job(connection, job_id), "w", result(get_job(connection, job_id)))
    (again,) = enqueue_due(connection)
    (schedule,) = list_schedules(connection, None)
    assert schedule.last_job_id == again
    assert schedule.next_at <= now() + timedelta(hours=1)
    assert enqueue_due(connection) == []


@pytest.mark.parametrize("cron", ["0 3 * * *", "0 3 1 * *", "0 3 29 2 *"])
def test_a_clock_that_is_set_back_by_seconds_queues_nothing_twice(
    connection: Connection, cron: str
) -> None:
    add_schedule(connection, request(), Cron(cron))
    (schedule,) = list_schedules(connection, None)
    (job_id,) = enqueue_due(connection, schedule.next_at)
    claim.claim(connection, "w")
    publish(connection, get_job(connection, job_id), "w", result(get_job(connection, job_id)))
    for seconds in range(5):
        assert enqueue_due(connection, schedule.next_at - timedelta(seconds=seconds)) == []


def test_a_rare_cron_is_not_mistaken_for_a_wrong_clock(connection: Connection) -> None:
    add_schedule(connection, request(), Cron("0 0 29 2 *"))
    assert enqueue_due(connection, now()) == []


def test_a_dataset_has_one_schedule(connection: Connection) -> None:
    add_schedule(connection, request(), HOUR)
    _, replaced = add_schedule(connection, request(branch="dev"), Every(60))
    (schedule,) = list_schedules(connection, None)
    assert replaced
    assert (schedule.timing, schedule.request.branch) == (Every(60), "dev")


def test_the_name_of_a_dataset_of_another_repository(connection: Connection) -> None:
    add_schedule(connection, request("o/one", dataset="d"), HOUR)
    add_schedule(connection, request("o/fine"), HOUR)
    enqueue.enqueue(connection, request("o/two", dataset="d"))
    assert len(enqueue_due(connection, now())) == 1  # of the other schedule
    errors = {one.request.dataset: one.error for one in list_schedules(connection, None)}
    assert "holds o/two" in (errors["d"] or "")
    assert errors["o-fine"] is None
    with pytest.raises(UsageError, match="holds o/two"):
        add_schedule(connection, request("o/one", dataset="d"), HOUR)


def test_a_removed_schedule_leaves_its_job(connection: Connection) -> None:
    add_schedule(connection, request(), HOUR)
    enqueue_due(connection, now())
    removed = remove_schedule(connection, "default", "org-repo")
    assert removed is not None
    assert removed.timing == HOUR
    assert list_schedules(connection, None) == []
    assert [job.status for job in history(connection)] == ["pending"]
    with pytest.raises(ScheduleNotFoundError):
        remove_schedule(connection, "default", "org-repo")


def test_deleting_a_dataset_removes_its_schedule(connection: Connection) -> None:
    add_schedule(connection, request(), HOUR)
    add_schedule(connection, request("o/other"), HOUR)
    enqueue_due(connection, now())
    (deleted,) = delete_datasets(connection, "default", name="org-repo")
    assert deleted.had_schedule
    assert [one.request.dataset for one in list_schedules(connection, None)] == ["o-other"]


def test_a_worker_runs_what_is_due(database: DatabaseAddress, connection: Connection) -> None:
    add_schedule(connection, request(), HOUR)
    assert work(database, "w", quick, drain=True) == 1
    assert work(database, "w", quick, drain=True) == 0


def test_many_workers_queue_one_job_per_due_time(
    database: DatabaseAddress, connection: Connection
) -> None:
    for number in range(30):
        add_schedule(connection, request(f"o/r{number}"), HOUR)
    workers = [spawn("drain", database, f"w{number}", 30, 0) for number in range(4)]
    ran = Counter(line for worker in workers for line in output_of(worker))
    assert len(ran) == len(history(connection, limit=99)) == 30
    assert set(ran.values()) == {1}
