"""The description of the API is current, and the server does what it says."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.documents import types
from ccingest.server.http.openapi import schema_of
from effort import THOROUGH, effort
from server.http.kit import Running, running

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = effort(8, 3)  # of each operation
# The cases of the coverage phase, 40 of an operation, take longer than all examples do.
PHASES = "coverage,fuzzing" if THOROUGH else "fuzzing"
SECONDS = effort(0, 100)  # how long more are tried; 0 for those examples only


def test_the_description_is_current() -> None:
    """If not: python docs/openapi.py."""
    spec = importlib.util.spec_from_file_location("openapi_docs", DOCS / "openapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "openapi.json").read_text(encoding="utf8") == module.made()


def test_every_document_has_a_schema() -> None:
    for kind in types.DOCUMENTS:
        assert schema_of(kind)["type"] == "object"


def test_the_running_server_gives_it(server: Running) -> None:
    given = server.get("/openapi.json").json()
    assert given == json.loads((DOCS / "openapi.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that runs nothing of what it is asked for. No request leaves the machine."""
    with running(tmp_path_factory.mktemp("fuzzed"), workers=0) as started:
        yield started


@pytest.mark.timeout(SECONDS + 400)
def test_schemathesis_finds_nothing(apart: Running, tmp_path: Path) -> None:
    """Right and wrong requests, and each answer is one that is described."""
    command = [sys.executable, "-m", "schemathesis.cli"]
    command += ["--config-file", str(DOCS.parent / "schemathesis.toml")]
    command += ["run", f"{apart.url}/openapi.json"]
    command += ["--max-time", str(SECONDS)] if SECONDS else []
    command += ["--exclude-path", "/events"]
    command += ["--max-examples", str(EXAMPLES), "--phases", PHASES]
    command += ["--seed", "1", "--no-color", "--generation-database", "none"]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS + 390,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
