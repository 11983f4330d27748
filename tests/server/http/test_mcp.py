"""The tools of the MCP server over streamable HTTP, behind the middleware of all requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client

from ccingest.server.mcp.options import TOOLS
from server.http.kit import Running, make_shop, running
from server.mcp.conftest import ERAS, Served

TOKEN = "t" * 32


@contextmanager
def connected(url: str, mode: str, token: str = "") -> Iterator[Served]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with start_blocking_portal() as portal:
        http = httpx2.AsyncClient(headers=headers)
        connecting = McpClient(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode)
        with portal.wrap_async_context_manager(connecting) as client:
            yield Served(portal, client)


@pytest.mark.parametrize("mode", ERAS)
def test_the_tools_answer(shop: Running, mode: str) -> None:
    with connected(shop.url, mode) as agent:
        tools = tuple(one.name for one in agent.ask("list_tools").tools)
        assert tools == TOOLS
        called = agent.call("search", {"query": "the tax on a price", "repos": ["shop"]})
        assert called.document["hits"][0]["path"] == "tax.py"
        read = agent.call("read", {"repo": "shop", "path": "README.md", "end": 1}).document
        assert read["text"] == "# Shop\n"
        assert "no argument 'verbose'" in agent.call("search", {"query": "a", "verbose": 1}).text


def test_a_worker_of_the_server_runs_the_jobs(server: Running) -> None:
    folder = make_shop(server.folder / "till")
    with connected(server.url, "auto") as agent:
        asked = {"url_or_path": str(folder), "wait_seconds": 60}
        job = agent.call("add_repository", asked).document["job"]
        assert (job["status"], job["dataset"]) == ("completed", "till")
        again = agent.call("add_repository", asked)
        assert again.document["job"]["jobId"] == job["jobId"]


def test_what_is_not_committed_is_not_told(server: Running) -> None:
    """The files on disk are those of the operator, and not of whoever asks."""
    folder = make_shop(server.folder / "edited")
    server.add(folder)
    (folder / "secret_plans.py").write_text("def secret_plans():\n    return 1\n")
    with connected(server.url, "auto") as agent:
        for repos in ([], ["edited"], [str(folder)]):
            called = agent.call("search", {"query": "secret_plans", "repos": repos})
            assert "secret_plans.py" not in called.text


def test_a_folder_elsewhere_is_refused(server: Running, tmp_path: Path) -> None:
    folder = make_shop(tmp_path / "private")
    with connected(server.url, "auto") as agent:
        called = agent.call("add_repository", {"url_or_path": str(folder)})
        assert called.error["kind"] == "folder_not_allowed"


def test_without_the_token_nothing_is_answered(tmp_path: Path) -> None:
    with running(tmp_path, CCINGEST_TOKEN=TOKEN) as server:
        refused = httpx2.post(
            f"{server.url}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"}
        )
        assert refused.status_code == 401
        with connected(server.url, "auto", TOKEN) as agent:
            assert agent.call("list_repositories").document["repositories"] == []


def test_a_page_elsewhere_is_refused(server: Running) -> None:
    headers = {"Origin": "https://evil.example", "Accept": "application/json, text/event-stream"}
    refused = server.client.post("/mcp", json={}, headers=headers)
    assert refused.status_code == 403
