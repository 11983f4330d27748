from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client as McpClient
from mcp import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from ccingest import Client
from cli.conftest import FILES
from git_server import make_repository

LONG = "".join(f"def step_{n}(order):\n    return order + {n}\n\n\n" for n in range(1500))
SHOP = {**FILES, "steps.py": LONG}
ERAS = ("legacy", "auto")  # of the SDK's client: with the handshake, and the newest


@dataclass(frozen=True)
class Served:
    """A client of the SDK that is connected to a server, for code that is not async."""

    portal: BlockingPortal
    client: McpClient

    def ask(self, method: str, *arguments: Any, **more: Any) -> Any:
        return self.portal.call(lambda: getattr(self.client, method)(*arguments, **more))

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, **more: Any) -> Called:
        return Called(self.ask("call_tool", tool, dict(arguments or {}), **more))


@dataclass(frozen=True)
class Called:
    """What a tool answered."""

    result: CallToolResult

    @property
    def text(self) -> str:
        (content,) = self.result.content
        assert isinstance(content, TextContent)
        return content.text

    @property
    def document(self) -> Any:
        assert not self.result.is_error, self.text
        return self.result.structured_content

    @property
    def error(self) -> Any:
        assert self.result.is_error, self.text
        return (self.result.meta or {})["ccingest/error"]


def environment_of(home: Path) -> dict[str, str]:
    unwanted = ("CCINGEST_", "CHUNK_", "GITHUB_TOKEN", "GH_", "EMBEDDING_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "CCINGEST_HOME": str(home)}


@contextmanager
def serving(home: Path, *options: str, mode: str = "auto") -> Iterator[Served]:
    """`ccingest mcp` in a process of its own, and a client of it."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ccingest", "mcp", *options],
        env=environment_of(home),
    )
    with start_blocking_portal() as portal:
        connecting = McpClient(stdio_client(parameters), mode=mode)
        with portal.wrap_async_context_manager(connecting) as client:
            yield Served(portal, client)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository."""
    folder = tmp_path_factory.mktemp("mcp") / "shop"
    make_repository(folder, SHOP)
    return folder


@pytest.fixture(scope="session")
def home(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with that repository as a dataset. No test adds another."""
    found = tmp_path_factory.mktemp("mcp-home")
    with Client(found) as client:
        client.ingest(str(shop))
    return found


@pytest.fixture(scope="session", params=ERAS)
def served(home: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    with serving(home, mode=request.param) as found:
        yield found
