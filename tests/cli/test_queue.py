"""Jobs from the command line: cancelling, retrying, workers, figures and cleaning up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from cli.conftest import FILES, Run, added
from git_server import GitServer


def test_cancel_and_retry(here: Run, shop: str) -> None:
    job = here("github", "add", shop, "--detach", "--json").document["jobId"]
    cancelled = here("cancel", job[:8], "--json").document
    assert (cancelled["jobId"], cancelled["status"]) == (job, "cancelled")
    assert here("cancel", job).code == 2
    assert "no jobs" in here("worker", "--drain").out
    assert "queued: org-shop" in here("retry", job).out
    assert here("retry", job).code == 2
    assert here("worker", "--drain", "--json").document == {"jobs": {"completed": 1}}
    assert here("status", job, "--json").document["status"] == "completed"


def test_a_running_job_is_cancelled_within_a_second_or_so(
    here: Run, environment: dict[str, str], git_server: GitServer
) -> None:
    """And the dataset keeps its version."""
    git_server.add("org/shop", FILES)
    added(here, f"{git_server.url}/org/shop")
    git_server.commit(
        "org/shop", {f"f{i}.py": f"def f{i}(): return {i}\n" * 40 for i in range(900)}
    )
    job = here("github", "add", f"{git_server.url}/org/shop", "--detach", "--json").document
    worker = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "worker", "--drain"],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    watch = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "watch", job["jobId"], "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watch.stdout
    for line in watch.stdout:
        if json.loads(line)["data"]["phase"] in ("diff", "chunk", "embed"):
            assert here("cancel", job["jobId"]).code == 0
            break
    watch.communicate(timeout=250)
    assert watch.returncode == 130
    assert worker.wait(timeout=30) == 0
    assert here("status", job["jobId"], "--json").document["status"] == "cancelled"
    answer = here("query", "tax", "-k", "50", "--json").document
    assert {hit["path"] for hit in answer["hits"]} == {"sums.py", "shop/checkout.go", "README.md"}


def test_several_processes_share_the_queue(ccingest: Run, here: Run, git_server: GitServer) -> None:
    for number in range(4):
        git_server.add(f"org/r{number}", FILES)
        here("github", "add", f"{git_server.url}/org/r{number}", "--detach")
    done = ccingest("worker", "--drain", "--concurrency", "2", "--json")
    assert done.document == {"jobs": {"completed": 4}}
    assert len(here("datasets", "--json").document["datasets"]) == 4


def test_a_stopped_worker_hands_its_job_back(
    here: Run, environment: dict[str, str], git_server: GitServer
) -> None:
    git_server.add("org/slow", FILES)
    git_server.delay = 1
    job = here("github", "add", f"{git_server.url}/org/slow", "--detach", "--json").document
    worker = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "worker", "--concurrency", "2"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while here("status", job["jobId"], "--json").document["status"] == "pending":
        assert worker.poll() is None
    worker.terminate()
    worker.communicate(timeout=250)
    assert worker.returncode == 0
    handed_back = here("status", job["jobId"], "--json").document
    assert (handed_back["status"], handed_back["retryCount"]) == ("pending", 0)


def test_stats(here: Run, git_server: GitServer, shop: str) -> None:
    assert "No jobs found" in here("stats").out
    job = added(here, shop, "--project", "one").document
    missing = f"{git_server.url}/org/missing"
    assert here("github", "add", missing, "--project", "one").code == 3
    (one,) = here("stats", "--project", "all", "--json").document["projects"]
    assert here("stats", "--json").document == {"projects": []}  # of the project `default`
    assert (one["project"], one["jobs"]) == ("one", {"completed": 1, "failed": 1})
    assert one["successRate"] == 0.5
    assert one["durationSeconds"]["median"] == job["durationSeconds"]
    assert one["phaseSeconds"]["embed"]["p95"] == job["phaseSeconds"]["embed"]
    assert (one["datasets"], one["chunks"]) == (1, job["totalChunks"])
    assert one["bytesPerSecond"] > 0
    assert "success    50.0%" in here("stats", "--project", "one").out
    assert here("stats", "--project", "two", "--json").document == {"projects": []}


def test_cleanup(here: Run, git_server: GitServer, home: Path, shop: str) -> None:
    added(here, shop)
    for number in (1, 2):
        git_server.commit("org/shop", {**FILES, "sums.py": f"def sum_{number}(): return {number}"})
        added(here, shop)
    (home / "lance" / "orphan.lance" / "data").mkdir(parents=True)
    (home / "clones" / "stale").mkdir()
    kept = here("cleanup", "--json").document
    assert (kept["deletedJobs"], kept["deletedTables"], kept["deletedClones"]) == (0, 1, 1)
    answer = here("query", "sum_2", "-k", "1", "--json").document
    assert answer["hits"][0]["path"] == "sums.py"
    assert "deleted 3 jobs" in here("cleanup", "--days", "0").out
    assert here("history", "--json").document == {"jobs": []}
    assert here("query", "sum_2", "-k", "1", "--json").document == answer
    git_server.commit("org/shop", {**FILES, "new.py": "def brand_new(): return 1"})
    assert added(here, shop).document["filesAdded"] == 1
    assert here("doctor").code == 0
