"""The requests of the replaced service, as its clients send them, on a real ingest."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from websockets.sync.client import connect

from server.http.kit import Running, change, make_shop
from web_server import WebServer


def test_add_watch_query_and_delete(server: Running) -> None:
    """The whole way of a client: subscribe, add, see the job end, search, look back, delete."""
    repository = make_shop(server.folder / "whole way", origin="https://github.com/acme/way.git")
    with connect(server.websocket_url) as socket:
        assert json.loads(socket.recv())["type"] == "connected"
        socket.send(
            json.dumps({"action": "subscribe", "project": "way", "topics": ["github:progress"]})
        )
        added = server.post("/projects/way/ingest/github", {"repo": str(repository)})
        messages = until_end(socket, added.json()["jobId"])
    assert added.status_code == 202
    assert added.json() | {"message": "", "jobId": ""} == {
        "jobId": "",
        "status": "queued",
        "message": "",
        "project": "way",
        "dataset": "acme-way",
        "repository": "acme/way",
        "branch": None,
        "scope": "project",
        "force": False,
    }
    assert messages[-1]["data"]["status"] == "completed"
    assert {message["project"] for message in messages} == {"way"}
    assert [message["data"]["progress"] for message in messages][-1] == 100

    found = server.post("/projects/way/query", {"query": "tax on a price", "topK": 2}).json()
    best = found["results"][0]
    assert (best["file"], best["lineSpan"]["start"]) == ("tax.py", 1)
    assert "return price * 0.2" in best["chunk"]
    assert 0 < best["scores"]["vector"] <= 1
    assert best["scores"]["sparse"] > 0
    assert 0 <= best["scores"]["final"] <= 1
    assert best["symbolName"] == "tax_of"
    assert best["repo"] == "acme/way"
    assert found["latency_ms"] > 0
    assert found["metadata"]["retrievalMethod"] == "hybrid"

    (item,) = server.get("/projects/way/ingest/history").json()
    assert datetime.fromisoformat(item["startedAt"].replace("Z", "+00:00"))
    assert (item["status"], item["source"]) == ("completed", "github")
    assert item["id"] in {one["id"] for one in server.get("/projects/all/ingest/history").json()}

    gone = server.delete("/projects/way/ingest/github", {"repo": "acme/way"})
    assert gone.status_code == 200
    assert gone.json()["status"] == "deleted"
    assert gone.json()["dataset"] == "acme-way"
    assert gone.json()["deletedVectors"] == messages_chunks(server, item["id"])
    again = server.delete("/projects/way/ingest/github", {"repo": "acme/way"})
    assert again.status_code == 404
    assert isinstance(again.json()["error"], str)
    assert again.json()["kind"] == "dataset_not_found"
    assert again.json()["project"] == "way"


def until_end(socket: Any, job_id: str, kind: str = "github:progress") -> list[dict[str, Any]]:
    """The messages of a job, up to the one that ends it. Those of other jobs, which were sent before
    the client subscribed, are passed over."""
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["data"]["status"] in ("pending", "in_progress"):
        message = json.loads(socket.recv(timeout=60))
        messages += [message] if message["data"].get("jobId") == job_id else []
    assert {message["type"] for message in messages} == {kind}
    return messages


def messages_chunks(server: Running, job_id: str) -> int:
    return int(server.get(f"/jobs/{job_id}").json()["totalChunks"])


def test_what_is_up_to_date_is_skipped(server: Running) -> None:
    repository = make_shop(server.folder / "twice")
    first = server.add(repository)
    again = server.post("/projects/default/ingest/github", {"repo": str(repository)})
    assert again.status_code == 200
    assert again.json()["status"] == "skipped"
    assert again.json()["jobId"] == first["jobId"]
    assert again.json()["lastRunAt"] == first["completedAt"]

    change(repository, {"new.py": "NEW = 1\n"})
    newer = server.add(repository)
    assert newer["jobId"] != first["jobId"]
    forced = server.post(
        "/projects/default/ingest/github", {"repo": str(repository), "force": "on"}
    )
    assert forced.status_code == 202
    assert forced.json()["force"] is True
    assert server.job(forced.json()["jobId"])["status"] == "completed"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/projects/default/ingest/github", {}),
        ("/projects/default/ingest/github", {"repo": ""}),
        ("/projects/default/ingest/github", {"repo": "no repository"}),
        ("/projects/all/ingest/github", {"repo": "org/repo"}),
        ("/projects/default/ingest/github", {"repo": "org/repo", "scope": "all"}),
        ("/projects/default/ingest/github", {"repo": "org/repo", "sha": "123"}),
        ("/projects/default/ingest/local", {"path": "relative"}),
        ("/projects/default/query", {"query": ""}),
        ("/projects/default/query", {"query": "x", "topK": 0}),
        ("/projects/default/query", {"query": "x", "lang": "no language"}),
    ],
)
def test_what_is_wrong_is_told(shop: Running, path: str, body: dict[str, Any]) -> None:
    answer = shop.post(path, body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].endswith((".", "?"))
    assert set(error) == {"kind", "message"}


def test_filters_of_a_query(shop: Running) -> None:
    def files(**filters: Any) -> list[str]:
        body = {"query": "the total of a basket", "dataset": "shop", **filters}
        found = shop.post("/projects/default/query", body).json()
        return [result["file"] for result in found["results"]]

    assert files()[0] == "shop/basket.go"
    assert files(dataset=["sh*", "shop"])[0] == "shop/basket.go"
    assert files(lang="python") == ["tax.py"]
    assert files(pathPrefix="shop/") == ["shop/basket.go"]
    assert files(path_prefix="READ") == ["README.md"]
    assert files(k=1) == ["shop/basket.go"]
    assert files(threshold=1) == []
    assert files(includeGlobal=False)[0] == "shop/basket.go"
    unknown = shop.post("/projects/default/query", {"query": "x", "dataset": "no-*"})
    assert unknown.status_code == 404


def test_stats_and_scopes(shop: Running) -> None:
    stats = shop.get("/projects/default/stats").json()
    by_label = {one["label"]: one["value"] for one in stats["metrics"]}
    assert by_label["Datasets"] >= 1
    assert by_label["Chunks"] >= 3
    scopes = shop.get("/projects/default/scopes").json()
    assert set(scopes) == {"global", "project", "local"}
    item = next(one for one in scopes["project"] if one["name"] == "shop")
    assert set(item) == {"id", "type", "name", "updatedAt", "highlights"}


def test_a_folder_as_it_is_now(server: Running) -> None:
    folder = server.folder / "notes"
    folder.mkdir()
    (folder / "returns.md").write_text("# Returns\n\nGoods come back within a month.\n")
    with connect(server.websocket_url) as socket:
        socket.recv()
        topics = {"action": "subscribe", "topics": ["folder:progress"]}
        socket.send(json.dumps(topics))
        added = server.post("/projects/default/ingest/local", {"path": str(folder)})
        assert added.status_code == 202
        assert added.json()["path"] == str(folder)
        messages = until_end(socket, added.json()["jobId"], "folder:progress")
    assert messages[-1]["data"]["status"] == "completed"
    again = server.post("/projects/default/ingest/local", {"path": str(folder)})
    assert (again.status_code, again.json()["status"]) == (200, "skipped")
    (folder / "more.md").write_text("# More\n\nSomething else.\n")
    changed = server.post("/projects/default/ingest/local", {"path": str(folder)})
    assert changed.status_code == 202
    assert server.job(changed.json()["jobId"])["filesAdded"] == 1


def test_a_site(server: Running) -> None:
    pages = {"/": "<h1>Guide</h1><p>How goods are returned to the shop.</p>"}
    with WebServer(pages).running() as site, connect(server.websocket_url) as socket:
        socket.recv()
        body = {"start_url": f"{site.url}/", "crawl_type": "single", "max_pages": 5, "depth": 1}
        socket.send(json.dumps({"action": "subscribe", "topics": ["crawl:progress"]}))
        added = server.post("/projects/default/ingest/crawl", body)
        assert added.status_code == 202, added.text
        messages = until_end(socket, added.json()["jobId"], "crawl:progress")
        assert messages[-1]["data"]["status"] == "completed"
        again = server.post("/projects/default/ingest/crawl", body)
        assert (again.status_code, again.json()["status"]) == (200, "skipped")
        forced = server.post("/projects/default/ingest/crawl", {**body, "force": True})
        assert forced.status_code == 202
        assert server.job(forced.json()["jobId"])["status"] == "completed"
    (item,) = [
        one
        for one in server.get("/projects/default/ingest/history").json()
        if one["id"] == added.json()["jobId"]
    ]
    assert item["source"] == "crawl"
