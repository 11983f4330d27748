"""Worker processes that chunk for a job end with it, and don't end it if they are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from git_server import make_repository

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="finds processes in /proc"
)
# 2 MB, which take one worker a second.
TEXT = "".join(f"def add(x):\n    return [x, {m % 999}, {m % 7}]\n\n\n" for m in range(20_000))
FILES = {f"src/{n}.py": f"# {n}\n{TEXT}" for n in range(3)}
SOON = 30.0  # seconds; it takes a tenth of one, and the machine may be busy


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "repository"
    make_repository(folder, FILES)
    return folder


@pytest.fixture
def add(repository: Path, home: Path) -> Iterator[subprocess.Popen[str]]:
    """A running `ccingest github add` of the repository."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "github", "add", str(repository), "--json"],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # the thread has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def state(pid: int) -> str:
    """The state of a process: empty without a process, Z when it has ended but was not waited for."""
    with suppress(OSError):
        return status(pid)[0]
    return ""


def busy_worker_of(pid: int) -> int:
    """The id of a worker process that has done some work."""
    for _ in range(6000):
        for worker in children_of(pid):
            with suppress(OSError):
                if int(status(worker)[11]) > 0.5 * os.sysconf("SC_CLK_TCK"):
                    return worker
        time.sleep(0.01)
    raise AssertionError("no worker was ever busy")


def is_gone(pid: int) -> bool:
    """Whether the process ends soon."""
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        if state(pid) in ("", "Z"):
            return True
        time.sleep(0.02)
    return False


def test_the_parent_is_killed(add: subprocess.Popen[str]) -> None:
    worker = busy_worker_of(add.pid)
    add.kill()
    assert is_gone(worker)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_parent_is_stopped(add: subprocess.Popen[str], how: signal.Signals) -> None:
    worker = busy_worker_of(add.pid)
    add.send_signal(how)
    assert is_gone(worker)
    assert "Traceback" not in add.communicate(timeout=250)[1]
    assert add.returncode == 130


def test_a_worker_is_killed(add: subprocess.Popen[str]) -> None:
    os.kill(busy_worker_of(add.pid), signal.SIGKILL)
    out, said = add.communicate(timeout=250)
    assert "Traceback" not in said
    done = json.loads(out)
    assert (done["status"], done["indexedFiles"], done["fallbackFiles"]) == ("completed", 3, {})
