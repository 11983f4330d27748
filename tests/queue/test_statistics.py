from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from ccingest.db.dialect import LATER, Connection
from ccingest.models import Spread
from ccingest.queue import enqueue
from ccingest.queue.history import history, running_hosts
from ccingest.queue.publish import publish
from ccingest.queue.statistics import spread, statistics
from queue_kit import request, result


def test_nearest_rank() -> None:
    assert spread([]) is None
    assert spread([3.0]) == Spread(3.0, 3.0)
    assert spread([4.0, 1.0, 2.0, 3.0]) == Spread(2.0, 4.0)
    assert spread([float(i) for i in range(1, 101)]) == Spread(50.0, 95.0)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_promised_share_of_values_is_not_larger(seconds: list[float]) -> None:
    found = spread(seconds)
    assert found
    for value, share in ((found.median, 0.5), (found.p95, 0.95)):
        assert value in seconds
        assert sum(one <= value for one in seconds) >= math.ceil(share * len(seconds) - 1e-9)


def test_hosts_are_those_of_the_last_attempts(connection: Connection) -> None:
    for name, worker in (("o/a", "north:1:x"), ("o/b", "south:2:y"), ("o/c", "north:3:z")):
        job = enqueue.enqueue(connection, request(name), claim_as=worker).job
        if name != "o/c":
            publish(connection, job, worker, result(job))
    enqueue.enqueue(connection, request("o/d"))
    hosts = {job.dataset: job.worker_host for job in history(connection)}
    assert hosts == {"o-a": "north", "o-b": "south", "o-c": "north", "o-d": None}
    assert statistics(connection, None)[0].hosts == {"north": 2, "south": 1}
    assert running_hosts(connection) == {"north": 1}


def test_a_clock_that_was_set_back_makes_no_negative_times(connection: Connection) -> None:
    for name, moved in (("o/a", "+1 hours"), ("o/b", "-10 seconds")):
        job = enqueue.enqueue(connection, request(name), claim_as="w").job
        connection.execute(f"UPDATE jobs SET started_at = {LATER} WHERE id = ?", (moved, job.id))
        publish(connection, job, "w", result(job))
    durations = {job.dataset: job.duration_seconds for job in history(connection)}
    assert durations["o-a"] is None
    (found,) = statistics(connection, None)
    assert found.duration
    assert found.duration.median == durations["o-b"]
