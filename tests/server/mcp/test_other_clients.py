"""Clients that others wrote: the inspector's command line and the TypeScript SDK, both from npm."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ccingest.server.mcp.install import Target, install
from ccingest.server.mcp.options import TOOLS
from server.mcp.conftest import environment_of

# The TypeScript SDK comes with it, as its dependency.
INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ccingest-tests"
NO_NPM = "npm is not installed"
SCRIPT = """
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const [command, ...args] = JSON.parse(process.env.SERVER);
const client = new Client({ name: 'tests', version: '1' });
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const say = (value) => console.log(JSON.stringify(value));
say((await client.listTools()).tools.map((tool) => tool.name));
say(await client.callTool({ name: 'search', arguments: { query: 'basket with tax', limit: 1 } }));
say(await client.callTool({ name: 'read', arguments: { repo: 'shop', path: 'sums.py', end: 1 } }));
say(await client.callTool({ name: 'search', arguments: { query: 'tax', lmit: 1 } }));
say(await client.readResource({ uri: 'ccingest://shop/sums.py' }));
await client.close();
"""


@pytest.fixture(scope="session")
def packages() -> Path:
    """A folder with the packages, which are fetched once."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip(NO_NPM)
    folder = CACHE / INSPECTOR.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes, one fetches them
        if not (folder / "ready").exists():
            fetch = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", INSPECTOR]
            done = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"npm can't install {INSPECTOR}: {done.stderr.strip()[-300:]}")
            (folder / "ready").touch()
    return folder


def inspect(packages: Path, *arguments: str, home: Path) -> Any:
    done = subprocess.run(
        ["node", str(packages / "node_modules/.bin/mcp-inspector"), "--cli", *arguments],
        env=environment_of(home),
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_and_calls_the_tools(
    packages: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the file that install has written for another client of the same form."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CCINGEST_HOME", str(home))
    path = install(Target("cursor"), [sys.executable, "-m", "ccingest"]).path
    told = json.loads(path.read_text())
    # Clients start servers with few variables of their own.
    told["mcpServers"]["ccingest"]["env"]["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    path.write_text(json.dumps(told))
    server = ("--config", str(path), "--server", "ccingest", "--method")
    listed = inspect(packages, *server, "tools/list", home=home)
    assert tuple(tool["name"] for tool in listed["tools"]) == TOOLS
    asked = ("--tool-name", "search", "--tool-arg", "query=basket with tax", "limit=1")
    found = inspect(packages, *server, "tools/call", *asked, home=home)
    assert found["structuredContent"]["hits"][0]["path"] == "shop/checkout.go"
    assert "shop/checkout.go:1-" in found["content"][0]["text"]


def test_the_typescript_sdk_lists_and_calls_the_tools(packages: Path, home: Path) -> None:
    """It holds what is structured against the schemas."""
    server = json.dumps([sys.executable, "-m", "ccingest", "mcp"])
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT],
        env={**environment_of(home), "SERVER": server},
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names, found, lines, refused, resource = map(json.loads, done.stdout.splitlines())
    assert tuple(names) == TOOLS
    assert found["structuredContent"]["hits"][0]["path"] == "shop/checkout.go"
    assert lines["structuredContent"]["text"] == '"""Sums."""\n'
    assert refused["isError"] is True
    assert "no argument 'lmit'" in refused["content"][0]["text"]
    assert resource["contents"][0]["text"].startswith('"""Sums."""')
