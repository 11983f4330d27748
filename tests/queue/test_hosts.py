"""Hosts that ask for a pause, or that many jobs ask at once."""

from __future__ import annotations

from ccingest.db.dialect import Connection
from ccingest.errors import RateLimitedError
from ccingest.models import Job
from ccingest.queue import claim, enqueue
from ccingest.queue.history import get_job
from ccingest.queue.hosts import left_alone
from queue_kit import request
from values import reference


def add(connection: Connection, host: str, name: str) -> Job:
    return enqueue.enqueue(connection, request(source=reference(f"o/{name}", host))).job


def datasets_claimed(connection: Connection, most_per_host: int = 0) -> list[str]:
    """Of all jobs that a worker may claim now, one after the other."""
    found = []
    while job := claim.claim(connection, "w", most_per_host=most_per_host):
        found.append(job.dataset)
    return found


def limit(connection: Connection, job: Job, host: str, pause: float) -> None:
    claimed = claim.claim(connection, "w", job_id=job.id)
    assert claimed
    claim.fail(connection, claimed, "w", RateLimitedError("Slower.", host=host, pause=pause))


def test_a_host_that_asks_for_a_pause_gets_it_from_all_workers(connection: Connection) -> None:
    first = add(connection, "github.com", "first")
    add(connection, "github.com", "second")
    add(connection, "git.example.org", "other")
    limit(connection, first, "github.com", 600)
    assert list(left_alone(connection)) == ["github.com"]
    assert datasets_claimed(connection) == ["o-other"]
    # Somebody who waits for one job gets it: the host says itself what it thinks of that.
    assert claim.claim(connection, "w", job_id=add(connection, "github.com", "third").id)
    connection.execute("UPDATE hosts SET ask_again_at = '2026-01-01T00:00:00.000Z'")
    assert not left_alone(connection)
    assert datasets_claimed(connection) == ["o-second"]


def test_a_pause_is_over_when_the_clock_was_wrong_by_years(connection: Connection) -> None:
    limit(connection, add(connection, "github.com", "first"), "github.com", 600)
    second = add(connection, "github.com", "second")
    connection.execute("UPDATE hosts SET ask_again_at = '2096-01-01T00:00:00.000Z'")
    assert not left_alone(connection)
    assert datasets_claimed(connection) == ["o-second"]
    error = RateLimitedError("Slower.", host="github.com", pause=60)
    claim.fail(connection, get_job(connection, second.id), "w", error)
    assert list(left_alone(connection)) == ["github.com"]


def test_the_longest_pause_counts(connection: Connection) -> None:
    jobs = [add(connection, "github.com", name) for name in "abc"]
    limit(connection, jobs[0], "github.com", 600)
    (until,) = left_alone(connection).values()
    limit(connection, jobs[1], "github.com", 10)
    assert left_alone(connection) == {"github.com": until}
    limit(connection, jobs[2], "", 600)  # of a host that is not known
    assert left_alone(connection) == {"github.com": until}


def test_so_many_jobs_ask_a_host_at_once(connection: Connection) -> None:
    for name in "abc":
        add(connection, "github.com", name)
    add(connection, "git.example.org", "other")
    assert datasets_claimed(connection, most_per_host=2) == ["o-a", "o-b", "o-other"]
    # One that has what it needs does not count.
    connection.execute("UPDATE jobs SET current_phase = 'embed' WHERE dataset_name = 'o-a'")
    assert datasets_claimed(connection, most_per_host=2) == ["o-c"]


def test_folders_are_of_no_host(connection: Connection) -> None:
    for name in "abc":
        add(connection, "", name)
    assert datasets_claimed(connection, most_per_host=1) == ["o-a", "o-b", "o-c"]
