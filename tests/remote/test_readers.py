"""A server that only reads, and has nothing but the two addresses."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ccingest import Client
from ccingest.app import mirror
from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.errors import StoreError
from ccingest.server.http.app import build_app
from ccingest.server.http.bounds import out_of_bounds
from ccingest.server.http.options import ServerOptions
from git_server import commit
from remote.conftest import FILES, Machine
from s3_server import S3Server

READER = ServerOptions(workers=0, read_only=True)


def asked(client: TestClient, project: str = "default") -> set[str]:
    answer = client.post(f"/projects/{project}/query", json={"query": "thing", "topK": 20})
    assert answer.status_code == 200, answer.text
    return {result["file"] for result in answer.json()["results"]}


def wait_until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_reader_answers_with_new_versions(machine: Machine, shop: Path, team: S3Server) -> None:
    worker, home = machine("worker"), machine("reader")
    worker.ingest(str(shop))
    team.unavailable = 3  # it is not ready before it has what it needs
    with TestClient(build_app(home, READER), base_url="http://127.0.0.1") as reader:
        assert reader.get("/health").status_code == 200
        wait_until(lambda: reader.get("/ready").status_code == 200)
        before = len(team.requests)
        assert asked(reader) == set(FILES)
        assert len(team.requests) == before  # all of it was brought beforehand
        commit(shop, {**FILES, "new.py": "def thing(): pass\n"})
        worker.sync()
        assert asked(reader) == {*FILES, "new.py"}
        refused = reader.post("/projects/default/ingest/github", json={"repo": str(shop)})
        assert (refused.status_code, refused.json()["error"]["kind"]) == (403, "read_only")
        assert reader.delete("/projects/default/schedules/shop").status_code == 403


def test_a_reader_that_begins_while_its_servers_are_away(
    machine: Machine, shop: Path, team: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, reader = machine("worker"), machine("reader")
    worker.ingest(str(shop))
    tries = []

    def away(address: DatabaseAddress) -> Connection:
        tries.append(address)
        if len(tries) < 3:
            raise StoreError("The server is away.")
        return connect(address)

    monkeypatch.setattr(mirror, "connect", away)
    monkeypatch.setattr(mirror, "_FOLLOW", 0.01)
    team.forbids.add("GET")
    reader.follow_store()
    wait_until(lambda: len(tries) > 4)
    assert not reader.is_ready()
    team.forbids.clear()
    wait_until(reader.is_ready)
    assert {hit.path for hit in reader.search("thing", k=20)} == set(FILES)


def test_a_reader_of_one_project(machine: Machine, shop: Path) -> None:
    worker, home = machine("worker"), machine("reader")
    for project in ("one", "two"):
        worker.ingest(str(shop), project=project)
    options = ServerOptions(workers=0, read_only=True, project="one")
    with TestClient(build_app(home, options), base_url="http://127.0.0.1") as reader:
        wait_until(lambda: reader.get("/ready").json()["status"] == "ok")
        assert asked(reader, "one") == set(FILES)
        assert reader.post("/projects/two/query", json={"query": "thing"}).status_code == 404
        assert reader.get("/projects/all/stats").status_code == 404
        tables = {path.stem for path in home._home.settings.tables.glob("*.lance")}
        assert tables == {one.table_name for one in worker.datasets(project="one")}


@pytest.mark.parametrize(
    ("method", "path", "is_taken"),
    [
        ("GET", "/projects/default/stats", True),
        ("POST", "/projects/default/query", True),
        ("POST", "/mcp", True),
        ("POST", "/ui/sign-in", True),
        ("POST", "/ui/add", False),
        ("POST", "/ui/dataset/delete", False),
        ("POST", "/jobs/1/retry", False),
        ("POST", "/webhooks/github", False),
        ("DELETE", "/projects/default/ingest/github", False),
        ("PUT", "/projects/default/query/more", False),
    ],
)
def test_what_a_reader_takes(method: str, path: str, is_taken: bool) -> None:
    assert (out_of_bounds(READER, method, path, b"") is None) == is_taken
    assert out_of_bounds(ServerOptions(), method, path, b"") is None


@pytest.mark.parametrize(
    ("path", "query", "is_taken"),
    [
        ("/projects/one/query", b"", True),
        ("/projects/o%6ee/query", b"", True),
        ("/projects/all/query", b"", False),
        ("/projects/two/files/one", b"project=one", False),
        ("/projects", b"", True),
        ("/", b"project=one", True),
        ("/", b"", False),
        ("/ui/file", b"project=two&project=one", False),
        ("/ui/static/page.css", b"", True),
        ("/health", b"", True),
        ("/mcp", b"", True),
    ],
)
def test_what_a_reader_of_one_project_takes(path: str, query: bytes, is_taken: bool) -> None:
    options = ServerOptions(project="one")
    assert (out_of_bounds(options, "GET", path, query) is None) == is_taken


def test_a_home_without_a_store_is_ready(tmp_path: Path) -> None:
    with Client(tmp_path / "home") as client:
        client.follow_store()
        assert client.is_ready()
