"""Two servers with homes of their own, as on two machines, over one database: jobs, live events, and
webhooks are theirs together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from websockets.sync.client import ClientConnection, connect

from postgres_server import PostgresServer
from server.http.conftest import SECRET
from server.http.kit import Running, change, make_shop, running
from server.http.test_live import events
from server.http.test_webhooks import payload, send

ORIGIN = "https://github.com/acme/hooked.git"


@dataclass(frozen=True)
class Two:
    """`asked` has no worker, `works` has one."""

    asked: Running
    works: Running
    url: str  # of the database
    repository: Path
    first_job: str

    def touch(self, progress: int) -> None:
        with psycopg.connect(self.url) as raw:
            raw.execute("UPDATE jobs SET progress = %s", (progress,))


@pytest.fixture(scope="module")
def two(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    url = postgres.new_database()
    folder = tmp_path_factory.mktemp("machines")
    homes = [folder / name / "home" for name in ("asked", "works")]
    for home in homes:
        home.mkdir(parents=True, mode=0o700)
    (homes[0] / "lance").mkdir()
    (homes[1] / "lance").symlink_to(homes[0] / "lance")
    flags = ("--allow-private", "--allow-folder", str(folder))
    with (
        running(
            homes[0].parent,
            *flags,
            workers=0,
            CCINGEST_DATABASE=url,
            CCINGEST_WEBHOOK_SECRET=SECRET,
        ) as asked,
        running(
            homes[1].parent,
            *flags,
            workers=1,
            CCINGEST_DATABASE=url,
            CCINGEST_WEBHOOK_SECRET=SECRET,
        ) as works,
    ):
        repository = make_shop(folder / "hooked", origin=ORIGIN)
        job = asked.add(repository)
        yield Two(asked, works, url, repository, job["jobId"])


def next_of(socket: ClientConnection, job_id: str) -> dict[str, Any]:
    """The next message about the job."""
    while True:
        data: dict[str, Any] = json.loads(socket.recv(timeout=30))["data"]
        if data.get("jobId") == job_id:
            return data


def test_both_have_what_one_asked_for(two: Two) -> None:
    for server in (two.asked, two.works):
        assert server.get(f"/jobs/{two.first_job}").json()["status"] == "completed"
        found = server.post("/projects/default/query", {"query": "tax on a price"}).json()
        assert found["results"][0]["file"] == "tax.py"
    job = two.asked.get(f"/jobs/{two.first_job}").json()
    assert job["workerHost"]


def test_both_tell_of_what_happens(two: Two) -> None:
    with connect(two.asked.websocket_url) as first, connect(two.works.websocket_url) as second:
        two.touch(41)
        assert next_of(first, two.first_job)["progress"] == 41
        assert next_of(second, two.first_job)["progress"] == 41


def test_a_stream_goes_on_at_the_other_server(two: Two) -> None:
    """A load balancer may send a client that comes back to any."""

    def stream(server: Running, since: int) -> Any:
        headers = {"Last-Event-ID": str(since)}
        return httpx.stream("GET", f"{server.url}/events", headers=headers, timeout=30)

    with stream(two.asked, 0) as response:
        first = [event for _, event in zip(range(4), events(response), strict=False)]
    with stream(two.works, first[1]["id"]) as response:
        assert [event for _, event in zip(range(2), events(response), strict=False)] == first[2:]


def test_a_delivery_to_both_is_one_job(two: Two) -> None:
    commit = change(two.repository, {"later.py": "LATER = 1\n"})
    sent = [
        send(server, payload("acme/hooked"), X_GitHub_Delivery="one").json()
        for server in (two.asked, two.works)
    ]
    assert [answer["status"] for answer in sent] == ["queued", "duplicate"]
    assert sent[0]["jobId"] == sent[1]["jobId"]
    job = two.asked.job(sent[0]["jobId"])
    assert (job["status"], job["sha"]) == ("completed", commit)


def test_live_events_go_on_after_the_connections_are_lost(two: Two) -> None:
    with connect(two.asked.websocket_url) as socket:
        two.touch(51)
        assert next_of(socket, two.first_job)["progress"] == 51
        with psycopg.connect(two.url, autocommit=True) as raw:
            raw.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        two.touch(52)  # while nobody listens
        assert next_of(socket, two.first_job)["progress"] == 52
        two.touch(53)
        assert next_of(socket, two.first_job)["progress"] == 53
