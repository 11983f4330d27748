"""Ends: in good order on SIGTERM, and without loss by SIGKILL."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from server.http.kit import Running, make_shop, running

# Long enough to be seen while it runs.
MANY = {
    f"part{n}.py": "\n".join(f"def function_{n}_{m}(a):\n    return a + {m}\n" for m in range(60))
    for n in range(40)
}


def start_job(server: Running, name: str) -> str:
    """Add a repository that takes a while; returns its job when it runs."""
    folder = server.folder / name
    repository = folder if folder.exists() else make_shop(folder, MANY)
    answer = server.post("/projects/default/ingest/github", {"repo": str(repository)})
    job_id = str(answer.json()["jobId"])
    end = time.monotonic() + 100
    while time.monotonic() < end:
        if job_of(server.home, job_id)["status"] == "in_progress":
            return job_id
        time.sleep(0.02)
    raise AssertionError(f"{job_id} does not start")


def drain(socket: Any) -> None:
    """Take messages until the server closes the connection."""
    while True:
        socket.recv(timeout=60)


def job_of(home: Path, job_id: str) -> dict[str, Any]:
    with closing(sqlite3.connect(home / "ccingest.db", timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return dict(row)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_a_job_goes_on_in_another_server(tmp_path: Path, how: signal.Signals) -> None:
    """Whichever way the first ends, its job is not lost, and its worker does not stay behind."""
    with running(tmp_path) as first:
        with (
            connect(first.websocket_url) as socket,
            httpx.stream("GET", f"{first.url}/events", timeout=60) as stream,
        ):
            assert json.loads(socket.recv())["type"] == "connected"
            job_id = start_job(first, "many")
            first.process.send_signal(how)
            code = first.process.wait(60)
            if how is signal.SIGTERM:
                for _ in stream.iter_lines():  # the stream ends
                    pass
                with pytest.raises(ConnectionClosed):
                    drain(socket)
        if how is signal.SIGTERM:
            assert code == 0, first.log.read_text()
            assert job_of(first.home, job_id)["status"] == "pending"
    with running(tmp_path) as second:
        job = second.job(job_id)
        assert job["status"] == "completed"
        assert job["retryCount"] == 0 if how is signal.SIGTERM else job["retryCount"] <= 1
        found = second.post("/projects/default/query", {"query": "function_7_5"}).json()
        assert found["results"][0]["file"] == "part7.py"


def test_two_servers_share_a_home(server: Running, tmp_path: Path) -> None:
    """A job that one queues is run by the worker of the other, and both tell of it."""
    with (
        running(tmp_path, "--allow-private", home=server.home, workers=0) as other,
        connect(other.websocket_url) as socket,
    ):
        repository = make_shop(other.folder / "shared")
        answer = other.post("/projects/shared/ingest/github", {"repo": str(repository)})
        job_id = answer.json()["jobId"]
        assert server.job(job_id)["status"] == "completed"
        statuses = []
        while "completed" not in statuses:
            data = json.loads(socket.recv(timeout=30))["data"]
            if data.get("jobId") == job_id:
                statuses.append(data["status"])
