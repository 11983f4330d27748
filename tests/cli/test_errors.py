"""Every error is one sentence and the right exit code, also in JSON."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.conftest import FILES, Run
from git_server import GitServer, git

TOKEN = "ghp_averysecrettoken0123456789"


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["github", "add", "nonsense"], 2, "invalid_reference"),
        (["github", "add", "org/repo\x1b[31m"], 2, "invalid_reference"),
        (["github", "add"], 2, "usage"),
        (["github", "add", "a/b", "--no-such-flag"], 2, "usage"),
        (["github", "add", "a/b", "--scope", "universe"], 2, "usage"),
        (["github", "add", "a/b", "--sha", "abc"], 2, "invalid_reference"),
        (["github", "add", "a/b", "--branch", "a..b"], 2, "invalid_reference"),
        (["github", "add", "a/b", "--dataset", ""], 0, ""),
        (["github", "add", "a/b", "--dataset", "x\x00y"], 2, "usage"),
        (["github", "add", "a/b", "--project", "x" * 256], 2, "usage"),
        (["github", "add", "a/b", "--sha", ""], 2, "usage"),
        (["github", "add", "a/b", "--branch="], 2, "usage"),
        (["query", "x", "--max-age", ""], 2, "usage"),
        (["doctor", "--url", ""], 2, "usage"),
        (["serve", "--allow-folder", "/srv", "--allow-folder", ""], 2, "usage"),
        (["mcp", "install", "claude-code", "--print", "--tools", ","], 2, "usage"),
        (["github", "add", "a/b", "--model", "no/such-model"], 2, "unknown_model"),
        (["github", "add", "a/b", "--model", "/no/such/folder"], 2, "unknown_model"),
        (["github", "add", "a/b", "--priority", "high"], 2, "usage"),
        (["no-such-command"], 2, "usage"),
        (["query"], 2, "usage"),
        (["query", "  "], 3, "dataset_not_found"),
        (["query", "x", "--mode", "magic"], 2, "usage"),
        (["query", "x", "--language", "klingon"], 2, "usage"),
        (["query", "x", "-k", "0"], 2, "usage"),
        (["query", "x"], 3, "dataset_not_found"),
        (["query", "x", "--dataset", "none"], 3, "dataset_not_found"),
        (["status", "12345678"], 3, "job_not_found"),
        (["status", ""], 3, "job_not_found"),
        (["status", "%"], 3, "job_not_found"),
        (["logs", "12345678"], 3, "job_not_found"),
        (["watch", "12345678"], 3, "job_not_found"),
        (["history", "--status", "sleeping"], 2, "usage"),
        (["delete"], 2, "usage"),
        (["delete", "--dataset", "none"], 3, "dataset_not_found"),
        (["delete", "--repo", "org/none"], 3, "dataset_not_found"),
        (["schedule", "add", "a/b"], 2, "usage"),
        (["schedule", "add", "a/b", "--every", "6h", "--cron", "0 3 * * *"], 2, "usage"),
        (["schedule", "add", "a/b", "--every", "soon"], 2, "usage"),
        (["schedule", "add", "a/b", "--cron", "61 * * * *"], 2, "usage"),
        (["schedule", "add", "nonsense", "--every", "6h"], 2, "invalid_reference"),
        (["schedule", "remove", "none"], 3, "schedule_not_found"),
    ],
)
def test_wrong_command_lines(here: Run, arguments: list[str], code: int, kind: str) -> None:
    if not kind:
        arguments, code, kind = [*arguments, "--scope", "x"], 2, "usage"
    done = here(*arguments, "--json")
    assert (done.code, done.document["error"]["kind"]) == (code, kind)
    message = done.document["error"]["message"]
    assert message.endswith((".", "?", "`", "!")), message
    assert done.err == f"ccingest: {message}\n"
    assert "\x1b" not in done.err
    plain = here(*arguments)
    assert (plain.code, plain.out, plain.err) == (code, "", done.err)


@pytest.mark.parametrize("arguments", [[], ["github"], ["schedule"], ["config"]])
def test_without_a_command_the_help_is_shown(here: Run, arguments: list[str]) -> None:
    done = here(*arguments)
    assert done.code == 2
    assert done.out == ""
    first, *more = done.err.splitlines()
    assert first == " ".join(["Usage: ccingest", *arguments, "[OPTIONS] COMMAND [ARGS]..."])
    assert ("Commands:" if arguments else "Add:") in more


def test_a_wrong_command_line_in_a_process_of_its_own(ccingest: Run) -> None:
    done = ccingest("history", "--status", "sleeping", "--json")
    assert (done.code, done.document["error"]["kind"]) == (2, "usage")
    assert done.err == f"ccingest: {done.document['error']['message']}\n"


def test_errors_of_remote_repositories(here: Run, git_server: GitServer, shop: str) -> None:
    def fails(*arguments: str, **environment: str) -> tuple[int, str]:
        done = here("github", "add", *arguments, "--max-retries", "0", "--json", **environment)
        job = done.document
        assert job["status"] == "failed"
        assert f"ccingest: {job['error'].rstrip('.')}" in done.err
        assert TOKEN not in done.out + done.err
        return done.code, job["errorKind"]

    assert fails(f"{git_server.url}/org/missing") == (3, "repository_not_found")
    assert fails(shop, "--branch", "nope") == (3, "branch_not_found")
    assert fails(shop, "--sha", "1" * 40) == (3, "commit_not_found")
    git(git_server.root, "init", "-q", "--bare", "org/empty.git")
    assert fails(f"{git_server.url}/org/empty") == (1, "empty_repository")
    git_server.add("org/pictures", {"a.png": b"\x89PNG\x00", "b.bin": b"\x00"})
    assert fails(f"{git_server.url}/org/pictures") == (1, "nothing_to_index")
    git_server.status = 503
    assert fails(shop) == (5, "network")
    git_server.status = 429
    assert fails(shop) == (5, "rate_limited")
    git_server.status = None
    git_server.token = "another"
    assert fails(shop) == (4, "no_access")
    assert fails(shop, GITHUB_TOKEN=TOKEN, GH_HOST=git_server.host) == (4, "no_access")
    assert fails("http://127.0.0.1:9/org/repo") == (5, "network")
    assert here("datasets", "--json").document == {"datasets": []}


def test_a_temporary_failure_is_retried(
    here: Run, home: Path, git_server: GitServer, shop: str
) -> None:
    git_server.status = 503
    queued = here("github", "add", shop, "--detach", "--json").document
    worker = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "worker", "--drain"],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while here("status", queued["jobId"], "--json").document["retryCount"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    git_server.status = None
    worker.communicate(timeout=250)
    job = here("status", queued["jobId"], "--json").document
    assert (job["status"], job["error"]) == ("completed", None)
    assert job["retryCount"] >= 1


def test_what_each_try_says_is_shown_once(here: Run, git_server: GitServer, shop: str) -> None:
    here("github", "add", shop)
    git_server.status = 503
    done = here("github", "add", shop, "--include", "*.py", "--max-retries", "1")
    assert (done.code, done.err.count("all files are read again")) == (5, 1)
    assert "Tried 2 times." in done.err


def test_a_dataset_holds_one_repository(here: Run, git_server: GitServer, shop: str) -> None:
    assert here("github", "add", shop, "--dataset", "d").code == 0
    git_server.add("org/other", FILES)
    other = here("github", "add", f"{git_server.url}/org/other", "--dataset", "d", "--json")
    assert other.code == 2
    assert "org/shop" in other.document["error"]["message"]


def test_the_same_request_is_queued_once(here: Run, shop: str) -> None:
    first = here("github", "add", shop, "--detach", "--json").document
    second = here("github", "add", shop, "--detach", "--json").document
    assert first["jobId"] == second["jobId"]
    assert len(here("history", "--json").document["jobs"]) == 1


def test_ctrl_c_cancels_a_foreground_job(
    here: Run, environment: dict[str, str], git_server: GitServer
) -> None:
    git_server.add("org/slow", FILES)
    git_server.delay = 1
    add = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "github", "add", f"{git_server.url}/org/slow"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert add.stderr
    assert "resolve" in add.stderr.readline()
    add.send_signal(signal.SIGINT)
    _, err = add.communicate(timeout=250)
    assert add.returncode == 130
    assert "Traceback" not in err
    (job,) = here("history", "--json").document["jobs"]
    assert job["status"] == "cancelled"


def test_ctrl_c_ends_a_command_that_waits_for_a_silent_server(
    here: Run, environment: dict[str, str], git_server: GitServer
) -> None:
    git_server.add("org/one", FILES)
    git_server.add("org/two", FILES)
    git_server.delay = 60

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ccingest", *arguments]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    add = start("github", "add", f"{git_server.url}/org/one")
    assert add.stderr
    assert "resolve" in add.stderr.readline()
    other = here("github", "add", f"{git_server.url}/org/two", "--detach", "--json").document
    worker = start("worker")
    while here("status", other["jobId"], "--json").document["phase"] != "resolve":
        assert worker.poll() is None
    add.send_signal(signal.SIGINT)
    worker.send_signal(signal.SIGTERM)
    assert (add.wait(timeout=30), worker.wait(timeout=30)) == (130, 0)
    assert "ccingest: cancelled org-one; the dataset was not made.\n" in add.stderr.read()
    jobs = here("history", "--json").document["jobs"]
    assert [(job["status"], job["retryCount"]) for job in jobs] == [
        ("pending", 0),
        ("cancelled", 0),
    ]


def test_a_process_in_native_code_ends_as_well() -> None:
    code = """
import hashlib
from ccingest.process.signals import StopSignals
StopSignals().exit_after_grace(lambda: None, 7)
print("ready", flush=True)
hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # it takes minutes, and checks no signal
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(timeout=30) == 7


def test_a_damaged_database_is_reported(here: Run, home: Path) -> None:
    home.mkdir()
    (home / "ccingest.db").write_bytes(b"this is no database, whatever its name says" * 100)
    done = here("history", "--json")
    assert done.code == 1
    assert "ccingest.db" in done.document["error"]["message"]


def test_a_newer_database_is_not_changed(here: Run, home: Path) -> None:
    assert here("history").code == 0
    with sqlite3.connect(home / "ccingest.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    done = here("history")
    assert done.code == 1
    assert "newer" in done.err


def test_bad_settings(here: Run, home: Path) -> None:
    done = here("github", "add", "a/b", CHUNK_CHAR_TARGET="many")
    assert (done.code, "CHUNK_CHAR_TARGET" in done.err) == (2, True)
    home.mkdir()
    (home / "config.toml").write_text("not toml at all [")
    done = here("history")
    assert (done.code, "config.toml" in done.err) == (2, True)


def test_a_reader_that_closes_the_pipe(here: Run, environment: dict[str, str], shop: str) -> None:
    assert here("github", "add", shop).code == 0
    command = f"{sys.executable} -m ccingest query tax | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, check=False
    )
    assert done.stderr == b""


def test_the_example_of_an_address_is_shown_whole(here: Run) -> None:
    """It has no user, which would be hidden as if it were a secret."""
    done = here("migrate", "--to", "x")
    assert (done.code, "such as postgresql://host/name." in done.err) == (2, True)
    done = here("datasets", CCINGEST_DATABASE="x")
    assert (done.code, "such as postgresql://host/name." in done.err) == (2, True)
