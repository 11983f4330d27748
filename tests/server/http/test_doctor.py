"""`ccingest doctor --url` checks a server as its clients see it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from server.http.kit import Running, environment


def doctor(tmp_path: Path, url: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", "doctor", "--url", url, "--json"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_a_server_that_runs(server: Running, tmp_path: Path) -> None:
    code, document = doctor(tmp_path, server.url)
    assert code == 0
    assert [check["name"] for check in document["checks"]] == ["server", "api", "events"]
    assert document["ok"] is True
    assert not document["checks"][1]["detail"].endswith("; 1 projects have jobs")


def test_no_server(tmp_path: Path) -> None:
    code, document = doctor(tmp_path, "http://127.0.0.1:9")
    assert code == 1
    (check,) = document["checks"]
    assert check["detail"] == "http://127.0.0.1:9: Connection refused"
    assert check["advice"]


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "ccingest", "serve", "--port", str(port)],
            env=environment(tmp_path), capture_output=True, text=True, timeout=250, check=False,
        )  # fmt: skip
    said = f"Can't listen on 127.0.0.1 port {port}: Address already in use; choose another."
    assert (done.returncode, done.stderr) == (2, f"ccingest: {said}\n")
