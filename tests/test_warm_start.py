"""A process that is forked is as one that Python began anew."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from effort import THOROUGH
from warm_process import CLONE
from warm_start import WarmStart, warm_start

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or CLONE is None or THOROUGH, reason="processes begin anew here"
)
# Tells all that a process sees of itself, but not which modules are imported.
PROBE = """\
import json, os, signal, sys, threading, time, warnings
print(json.dumps({
    "arguments": [sys.argv, sys.orig_argv], "path": sys.path, "name": __name__,
    "folder": os.getcwd(), "environment": dict(os.environ), "parent": os.getppid(),
    "leads": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()], "zone": time.tzname,
    "streams": [
        [s.fileno(), s.encoding, s.errors, s.line_buffering, s.write_through, s.newlines, s.isatty()]
        for s in (sys.stdin, sys.stdout, sys.stderr)
    ],
    "warnings": [sys.warnoptions, [str(f[2]) for f in warnings.filters if f[0] == "error"]],
    "threads": [threading.active_count(), threading.current_thread() is threading.main_thread()],
    "signals": [repr(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)],
    "files": [os.path.realpath(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")],
    "read": sys.stdin.read(),
}))
print("said", file=sys.stderr)
if sys.argv[1:] == ["fails"]:
    raise ValueError("no")
if sys.argv[1:] == ["kills"]:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(7)
"""


def told(folder: Path, *arguments: str, **more: Any) -> tuple[Any, int, str]:
    """What the process tells, its exit code, and what it writes to its standard error."""
    options: dict[str, Any] = {"cwd": folder, "input": "given\n", **more}
    command = [sys.executable, "-m", "probe", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    seen = json.loads(done.stdout or "null")
    if isinstance(seen, dict):
        open_files = [re.sub(r"\d+", "N", name) for name in seen["files"]]
        seen["files"] = sorted(name for name in open_files if "/model.safetensors" not in name)
    return seen, done.returncode, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "probe.py").write_text(PROBE)
    return tmp_path


@pytest.mark.parametrize(
    "more",
    [
        {},
        {
            "env": {
                "PYTHONWARNINGS": "error::ResourceWarning",
                "PYTHONPATH": "/x:/y",
                "TZ": "Asia/Tokyo",
            }
        },
        {"start_new_session": True},
    ],
    ids=["plain", "environment", "session"],
)
def test_it_sees_what_a_new_one_sees(
    folder: Path, more: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    own = {"env": {**os.environ, **more.get("env", {})}}
    sees, *ends = told(folder, "an argument", **{**more, **own})
    request.getfixturevalue("cold_start")
    expected, *expected_ends = told(folder, "an argument", **{**more, **own})
    assert {name: value for name, value in sees.items() if expected[name] != value} == {}
    assert ends == expected_ends == [7, "said\n"]


@pytest.mark.parametrize("ours", [signal.SIG_IGN, signal.default_int_handler])
def test_it_ignores_the_signals_that_the_tests_ignore(folder: Path, ours: Any) -> None:
    before = signal.signal(signal.SIGINT, ours)
    seen, _, _ = told(folder)
    signal.signal(signal.SIGINT, before)
    assert seen["signals"][0] == repr(ours)


@pytest.mark.parametrize("way", ["fails", "kills"])
def test_it_ends_as_a_new_one(folder: Path, way: str) -> None:
    _, code, said = told(folder, way)
    assert code == (1 if way == "fails" else -signal.SIGKILL)
    assert said.endswith("ValueError: no\n" if way == "fails" else "said\n")


def test_it_has_imported_ccingest(folder: Path) -> None:
    """Else this would cost more than it saves, and nobody would see it."""
    (folder / "probe.py").write_text("import json, sys; print(json.dumps(list(sys.modules)))")
    assert {"ccingest.client", "lancedb", "mcp.server", "uvicorn"} <= set(told(folder)[0])


@pytest.mark.parametrize("more", [{"env": {"PYTHONUTF8": "0"}}, {"umask": 0o77}])
def test_what_asks_for_more_begins_anew(folder: Path, more: dict[str, Any]) -> None:
    (folder / "probe.py").write_text(
        "import json, sys; print(json.dumps('lancedb' in sys.modules))"
    )
    assert told(folder, **more)[0] is False


def test_where_forking_fails_all_begins_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(warm: WarmStart) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    monkeypatch.setattr(WarmStart, "open", failing)
    with warm_start():
        for _ in range(2):
            assert told(folder)[1:] == (7, "said\n")
