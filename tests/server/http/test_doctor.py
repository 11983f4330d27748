"""`ccingest doctor --url` checks a server as its clients see it."""

from __future__ import annotations

import json
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


def test_no_server(tmp_path: Path) -> None:
    code, document = doctor(tmp_path, "http://127.0.0.1:9")
    assert code == 1
    (check,) = document["checks"]
    assert "127.0.0.1:9" in check["detail"]
    assert check["advice"]
