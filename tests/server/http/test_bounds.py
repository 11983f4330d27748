"""A server that has one project alone tells nothing of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ccingest import Client
from ccingest.server.http.app import build_app
from ccingest.server.http.hub import Message, Subscriber
from ccingest.server.http.options import ServerOptions
from git_server import make_repository


def test_one_project_alone(tmp_path: Path) -> None:
    make_repository(tmp_path / "shop", {"a.py": "def basket():\n    return 1\n"})
    with Client(tmp_path / "home") as home:
        mine = home.ingest(str(tmp_path / "shop"), project="mine").id
        hidden = home.enqueue(str(tmp_path / "shop"), project="hidden").id
        options = ServerOptions(workers=0, project="mine").check()
        with TestClient(build_app(home, options), base_url="http://127.0.0.1") as server:
            assert [one["project"] for one in server.get("/projects").json()["projects"]] == [
                "mine"
            ]
            for path in ("/jobs", "/jobs?project=all", "/jobs?project=mine"):
                assert [one["jobId"] for one in server.get(path).json()["jobs"]] == [mine]
            assert server.get("/jobs?project=hidden").status_code == 404
            assert server.get(f"/jobs/{mine}").status_code == 200
            assert server.get(f"/jobs/{mine}/logs").status_code == 200
            unknown = server.get("/jobs/12345678")
            for method, path in [
                ("GET", ""),
                ("GET", "/logs"),
                ("POST", "/cancel"),
                ("POST", "/retry"),
            ]:
                answer = server.request(method, f"/jobs/{hidden}{path}")
                assert answer.status_code == unknown.status_code == 404
                assert answer.json()["error"]["kind"] == unknown.json()["error"]["kind"]
        assert home.job(hidden).status == "pending"


@pytest.mark.parametrize("asked", [None, "mine", "hidden"])
def test_events_of_one_project_alone(asked: str | None) -> None:
    subscriber = Subscriber(3, "mine")
    subscriber.project = asked
    assert not subscriber.wants(Message(1, "github:progress", "hidden", "{}"))
    assert subscriber.wants(Message(2, "github:progress", "mine", "{}")) == (asked != "hidden")
