"""The process of a server: how it starts, ends, is killed, and stands beside others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from ccingest import Client
from git_server import make_repository
from server.mcp.conftest import environment_of

HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "tests", "version": "1"},
}
NEVER_TO_STDIO = "lancedb pyarrow numpy pygit2 httpx httpx2 cryptography mcp.client".split()


class Wire:
    """A server process, and the lines of the protocol to and from it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ccingest", "mcp", *options],
            env=environment_of(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._number = 0

    def send(self, method: str, params: Any = None) -> int:
        self._number += 1
        line = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params or {}}
        self.write(json.dumps(line).encode())
        return self._number

    def write(self, line: bytes) -> None:
        self._in.write(line + b"\n")
        self._in.flush()

    def next(self) -> Any:
        return json.loads(self._out.readline())

    def answer(self, number: object) -> Any:
        """The message with this id."""
        while True:
            answer = self.next()
            if answer.get("id") == number and "method" not in answer:
                return answer

    def ask(self, method: str, params: Any = None) -> Any:
        return self.answer(self.send(method, params))["result"]

    def call(self, tool: str, **arguments: Any) -> Any:
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    @property
    def _in(self) -> IO[bytes]:
        assert self.process.stdin
        return self.process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self.process.stdout
        return self.process.stdout


@contextmanager
def wire(home: Path, *options: str) -> Iterator[Wire]:
    opened = Wire(home, *options)
    try:
        opened.ask("initialize", HELLO)
        yield opened
    finally:
        opened.process.kill()
        opened.process.communicate()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home."""
    return tmp_path_factory.mktemp("home")


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == pid:
            found += [int(stat.parent.name), *children_of(int(stat.parent.name))]
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_servers_answer_from_one_home(home: Path, tmp_path: Path) -> None:
    sha = make_repository(tmp_path / "fresh", {"new.py": "def brand_new():\n    return 1\n"})
    with wire(home) as one, wire(home) as other:
        job = one.call("add_repository", url_or_path=str(tmp_path / "fresh"), wait_seconds=60)
        assert job["structuredContent"]["job"]["sha"] == sha
        found = other.call("search", query="brand_new")["structuredContent"]
        assert (found["hits"][0]["path"], found["datasets"][0]["sha"]) == ("new.py", sha)


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "SIGINT"])
def test_it_ends_when_the_client_does(home: Path, how: str) -> None:
    opened = Wire(home)
    opened.ask("initialize", HELLO)
    if how == "end of input":
        opened.process.stdin.close()  # type: ignore[union-attr]
    else:
        opened.process.send_signal(getattr(signal, how))
    assert opened.process.wait(timeout=60) == 0
    assert opened.process.stderr
    assert opened.process.stderr.read() == b""


def test_a_client_that_reads_no_more_is_no_error(home: Path) -> None:
    opened = Wire(home)
    opened.ask("initialize", HELLO)
    opened.process.stdout.close()  # type: ignore[union-attr]
    for _ in range(3):
        opened.send("ping")
    opened.process.stdin.close()  # type: ignore[union-attr]
    assert opened.process.wait(timeout=60) == 0
    assert opened.process.stderr
    assert opened.process.stderr.read() == b""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds child processes by /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_running_when_it_is_ended_in_a_job(tmp_path: Path, how: int) -> None:
    files = {f"m{n}.py": f"def f{n}():\n    return {n}\n" * 300 for n in range(150)}
    make_repository(tmp_path / "big", files)
    with wire(tmp_path / "home") as opened:
        called = opened.call("add_repository", url_or_path=str(tmp_path / "big"), wait_seconds=0)
        job_id = called["structuredContent"]["job"]["jobId"]
        pid = opened.process.pid
        for _ in range(600):
            if children := children_of(pid):
                break
            time.sleep(0.05)
        assert children, "no process chunks"
        os.kill(pid, how)
        opened.process.wait(timeout=60)
        for _ in range(1000):
            left = [child for child in children if is_running(child)]
            if not left:
                break
            time.sleep(0.05)
        assert left == []
    with Client(tmp_path / "home") as client:
        if how == signal.SIGTERM:
            assert client.job(job_id).status == "cancelled"
        else:
            assert client.ingest(str(tmp_path / "big")).status == "completed"


def test_what_is_not_needed_to_answer_is_not_imported() -> None:
    script = (
        "import sys; from ccingest.cli import app, mcp; from ccingest.server.mcp.late import import_late;"
        "import_late('mcp', 'mcp.server'); import ccingest.server.mcp.stdio, ccingest.client;"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & set(NEVER_TO_STDIO) == set()


def test_a_late_package_gives_all_its_names() -> None:
    script = (
        "from ccingest.server.mcp.late import import_late; import_late('mcp', 'mcp.server');"
        "import mcp.server.lowlevel.server as first; from mcp import Client, types;"
        "from mcp.server import MCPServer, Server; assert Server is first.Server;"
        "print(Client.__name__, MCPServer.__name__, types.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["Client", "MCPServer", "mcp.types"]


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    script = (
        "import sys; from importlib import util; found = util.find_spec;"
        "util.find_spec = lambda name, *more: None if name == 'mcp' else found(name, *more);"
        "from ccingest.cli.app import run; sys.exit(run(['mcp']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment_of(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "ccingest: This needs the extra `server`: pip install 'ccingest[server]'.\n"
    )
