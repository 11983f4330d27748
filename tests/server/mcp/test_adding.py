"""Adding repositories and following jobs, and servers that may not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import MCPError

from cli.conftest import PYTHON
from git_server import commit, make_repository
from server.mcp.conftest import Served, serving


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a home without datasets."""
    with serving(tmp_path_factory.mktemp("empty")) as found:
        yield found


@pytest.fixture(scope="module")
def reading(home: Path) -> Iterator[Served]:
    with serving(home, "--read-only", "--tools", "search,job,add_repository") as found:
        yield found


def ended(served: Served, job_id: str) -> Any:
    for _ in range(300):
        job = served.call("job", {"id": job_id}).document
        if job["status"] not in ("pending", "in_progress"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"still running: {job}")


def test_the_first_steps_of_an_agent(empty: Served, tmp_path: Path) -> None:
    """Nothing is there; it adds a repository, finds an answer, and finds what was committed next."""
    assert empty.call("search", {"query": "sums"}).error["kind"] == "dataset_not_found"
    assert "add_repository" in empty.call("search", {"query": "sums"}).text
    assert "add_repository adds one" in empty.call("list_repositories").text
    make_repository(tmp_path / "till", {"sums.py": PYTHON})
    told: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    asked = {"url_or_path": str(tmp_path / "till"), "wait_seconds": 60}
    called = empty.call("add_repository", asked, progress_callback=on_progress)
    schema = next(t for t in empty.ask("list_tools").tools if t.name == "add_repository")
    jsonschema.validate(called.document, schema.output_schema)
    assert called.document["meaning"] == f"the repository in the folder {tmp_path / 'till'}"
    job = called.document["job"]
    assert (job["status"], job["indexedFiles"], job["dataset"]) == ("completed", 1, "till")
    assert "repos=['till']" in called.text
    assert told
    assert [at for at, _, _ in told] == sorted({at for at, _, _ in told})
    assert {total for _, total, _ in told} == {100.0}

    hits = empty.call("search", {"query": "add two numbers"}).document["hits"]
    assert hits[0]["symbol"] == "add_numbers"
    new = {"sums.py": PYTHON.replace("add_numbers", "plus_all")}
    sha = commit(tmp_path / "till", new)
    job = empty.call("add_repository", asked).document["job"]
    assert (job["status"], job["sha"]) == ("completed", sha)
    found = empty.call("search", {"query": "add two numbers"}).document
    assert found["hits"][0]["symbol"] == "plus_all"
    assert found["datasets"][0]["sha"] == sha


def test_a_job_goes_on_when_nobody_waits(empty: Served, tmp_path: Path) -> None:
    make_repository(tmp_path / "later", {"sums.py": PYTHON})
    asked = {"url_or_path": str(tmp_path / "later"), "branch": "main", "wait_seconds": 0}
    called = empty.call("add_repository", asked)
    job = called.document["job"]
    assert job["status"] in ("pending", "in_progress")
    assert f"call job with id={job['jobId']}" in called.text
    assert ended(empty, job["jobId"])["status"] == "completed"
    assert "later: later at " in empty.call("list_repositories", {"match": "lat"}).text


def test_a_job_that_fails_says_why(empty: Served, tmp_path: Path) -> None:
    make_repository(tmp_path / "bad", {"sums.py": PYTHON})
    asked = {"url_or_path": str(tmp_path / "bad"), "branch": "none", "wait_seconds": 60}
    called = empty.call("add_repository", asked)
    assert called.document["job"]["status"] == "failed"
    assert called.document["job"]["errorKind"] == "branch_not_found"
    assert "'none'" in called.text


def test_a_job_is_cancelled(empty: Served, tmp_path: Path) -> None:
    files = {f"m{n}.py": f"def f{n}():\n    return {n}\n" * 100 for n in range(60)}
    make_repository(tmp_path / "big", files)
    asked = {"url_or_path": str(tmp_path / "big"), "wait_seconds": 0}
    job = empty.call("add_repository", asked).document["job"]
    empty.call("job", {"id": job["jobId"], "cancel": True})
    assert ended(empty, job["jobId"])["status"] == "cancelled"
    assert empty.call("job", {"id": job["jobId"], "cancel": True}).error["kind"] == "usage"


def test_a_server_that_only_reads(reading: Served) -> None:
    tools = {one.name: one for one in reading.ask("list_tools").tools}
    assert list(tools) == ["search", "job"]
    assert list(tools["job"].input_schema["properties"]) == ["id"]
    assert all(one.annotations.read_only_hint for one in tools.values())
    assert "add_repository" not in (reading.client.instructions or "")
    with pytest.raises(MCPError, match="Unknown tool"):
        reading.call("add_repository", {"url_or_path": "org/shop"})
    assert "no argument 'cancel'" in reading.call("job", {"id": "1", "cancel": True}).text
