"""Many repositories: several references, lists of them, and organisations."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import FILES, Run
from git_server import GitServer
from github_api import GitHubServer, Reply, row

TOKEN = "ghp_averysecrettoken0123456789"


@pytest.fixture
def two(git_server: GitServer) -> tuple[str, str]:
    """The URLs of two small repositories on the server."""
    for name in ("org/one", "org/two"):
        git_server.add(name, {"sums.py": FILES["sums.py"]})
    return f"{git_server.url}/org/one", f"{git_server.url}/org/two"


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer().running() as server:
        server.organisations = {
            "org": [
                row("org/app"),
                row("org/attic", archived=True),
                row("org/copy", fork=True),
                row("org/library", private=True),
                row("org/new", size=0),
                row("org/off", disabled=True),
                row("org/void", size=0),
            ]
        }
        server.empty = {"org/void"}
        yield server


def test_several_in_json(here: Run, git_server: GitServer, two: tuple[str, str]) -> None:
    one, other = two
    missing = f"{git_server.url}/org/missing"
    done = here("github", "add", one, missing, other, f"{one}.git", "--json")
    assert done.code == 3
    jobs = done.document["jobs"]
    assert [(job["repository"], job["status"]) for job in jobs] == [
        ("org/one", "completed"),
        ("org/missing", "failed"),
        ("org/two", "completed"),
    ]
    assert f"ccingest: {jobs[1]['error']}\n" in done.err
    assert "org/two (3/3): clone" in done.err
    assert len(here("history", "--json").document["jobs"]) == 3
    found = here("datasets", "--json").document["datasets"]
    assert [dataset["dataset"] for dataset in found] == ["org-one", "org-two"]


def test_several_for_people(here: Run, git_server: GitServer, two: tuple[str, str]) -> None:
    done = here("github", "add", *two, f"{git_server.url}/org/missing")
    assert done.code == 3
    shown = done.out.splitlines()
    assert shown[0].startswith("org-one: indexed 1 file")
    assert shown[2].startswith("org-missing: failed: ")
    assert shown[3] == "2 completed, 1 failed"
    assert here("github", "add", *two).code == 0


def test_a_list(here: Run, tmp_path: Path, two: tuple[str, str]) -> None:
    one, other = two
    listed = tmp_path / "repos.txt"
    listed.write_text(f"\ufeff# ours\n\n  {one}\t# the first\n#{other}\n", encoding="utf8")
    (job,) = here("github", "add", "--from-file", str(listed), "--json").document["jobs"]
    assert (job["repository"], job["status"]) == ("org/one", "completed")
    done = here("github", "add", one, "--from-file", "-", "--detach", stdin=f"{other}\n{one}\n")
    assert [line.split()[1:] for line in done.out.splitlines()] == [
        ["queued:", "org/one"],
        ["queued:", "org/two"],
    ]
    again = here("github", "add", *two, "--detach", "--json").document["jobs"]
    assert [job["jobId"] for job in again] == [line.split()[0] for line in done.out.splitlines()]
    assert here("worker", "--drain", "--json").document == {"jobs": {"completed": 2}}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a/b", "c/d", "--dataset", "x"], ["--dataset is for one source"]),
        (["a/b", "c/d", "--sha", "1" * 40], ["--sha is for one source"]),
        (["--from-file", "-", "--dataset", "x"], ["--dataset is for one source"]),
        (["--from-file", "/no/such/list"], ["Can't read /no/such/list: No such file"]),
        (["--from-file", "/"], ["Can't read /: Is a directory"]),
        (["--from-file", "/dev/zero"], ["has over 67,108,864 bytes"]),
        (["--from-file", "a\x00b"], ["is no text file"]),
        (["a/b", "bad", "--from-file", "-"],
         ["'bad' names no repository", "stdin line 2: 'worse'", "stdin line 4: 'x\\x1b'"]),
        (["a/b/tree/dev", "a/b"], ["https://github.com/a/b at dev", "dataset a-b"]),
        (["x=a/b", "x=h.example/a/b"], ["https://h.example/a/b would both become"]),
        (["a/b", "c/d", "--scope", "universe"], ["--scope"]),
    ],
)  # fmt: skip
def test_wrong_references_are_reported_before_anything_is_queued(
    here: Run, home: Path, arguments: list[str], says: list[str]
) -> None:
    stdin = "# worse to come\nworse\ne/f\nx\x1b\n" if "bad" in arguments else "e/f\n"
    done = here("github", "add", *arguments, "--json", stdin=stdin)
    assert done.code == 2
    for words in says:
        assert words in done.document["error"]["message"]
    assert done.err.count("\n") == 1
    assert not home.exists()


def test_bad_lists(here: Run, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    done = here("github", "add", "--from-file", str(tmp_path / "binary"))
    assert (done.code, "no text file in UTF-8" in done.err) == (2, True)
    done = here("github", "add", "--from-file", "-", stdin="# nothing\n\n")
    assert (done.code, "stdin holds no reference" in done.err) == (2, True)
    many = "".join(f"bad{n}\n" for n in range(50))
    assert "and 30 more" in here("github", "add", "--from-file", "-", stdin=many).err


def test_all_are_queued_or_none(here: Run, two: tuple[str, str], shop: str) -> None:
    assert here("github", "add", shop, "--dataset", "org-two", "--detach").code == 0
    done = here("github", "add", two[0], f"org-two={two[1]}", "--json")
    assert (done.code, "org/shop" in done.document["error"]["message"]) == (2, True)
    assert len(here("history", "--json").document["jobs"]) == 1


def test_a_job_that_is_retried_later_does_not_hold_up_the_others(
    here: Run, two: tuple[str, str]
) -> None:
    silent = "http://127.0.0.1:9/org/silent"
    done = here("github", "add", silent, *two, "--max-retries", "1", "--json")
    assert done.code == 5
    jobs = done.document["jobs"]
    assert [job["status"] for job in jobs] == ["failed", "completed", "completed"]
    assert jobs[0]["retryCount"] == 1
    assert jobs[0]["completedAt"] > jobs[2]["completedAt"] > jobs[1]["completedAt"]
    assert "Trying again, once." in done.err


def test_ctrl_c_cancels_the_jobs_of_this_command(
    here: Run, environment: dict[str, str], git_server: GitServer
) -> None:
    git_server.add("org/slow", {"sums.py": FILES["sums.py"]})
    urls = [f"{git_server.url}/org/{name}" for name in ("slow", "later", "others")]
    here("github", "add", urls[2], "--detach")
    git_server.delay = 1
    add = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "github", "add", *urls],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert add.stderr
    assert "org/slow (1/3): resolve" in add.stderr.readline()
    add.send_signal(signal.SIGINT)
    _, err = add.communicate(timeout=250)
    assert add.returncode == 130
    assert "Traceback" not in err
    jobs = here("history", "--json").document["jobs"]
    assert {job["repository"]: job["status"] for job in jobs} == {
        "org/slow": "cancelled",
        "org/later": "cancelled",
        "org/others": "pending",
    }


def test_an_organisation(here: Run, github: GitHubServer, home: Path) -> None:
    github.page_size = 2
    listed = here("github", "add-org", "org", "--host", github.url, "--dry-run", "--json").document
    assert (listed["organisation"], listed["host"]) == ("org", github.host)
    assert listed["repositories"] == [
        {"repository": f"org/{name}", "branch": "main", "archived": False, "fork": False,
         "private": name == "library"}
        for name in ("app", "library", "new")
    ]  # fmt: skip
    assert listed["skipped"] == {"archived": 1, "disabled": 1, "empty": 1, "fork": 1}
    assert listed["jobs"] == []
    assert not home.exists()

    shown = here("github", "add-org", f"{github.url}/org", "--scope", "global").out.splitlines()
    assert [line.split()[1:] for line in shown[:3]] == [
        ["queued:", f"org/{name}"] for name in ("app", "library", "new")
    ]
    assert shown[3] == "3 queued; skipped: 1 archived, 1 disabled, 1 empty, 1 fork"
    more = ("--include-archived", "--include-forks", "--match", "a*")
    second = here("github", "add-org", "org", "--host", github.url, *more, "--json").document
    assert [job["repository"] for job in second["jobs"]] == ["org/app", "org/attic"]
    assert second["skipped"] == {"unmatched": 5}
    jobs = here("history", "--json").document["jobs"]
    assert len(jobs) == 4
    assert {job["host"] for job in jobs} == {github.host}
    assert [job["scope"] for job in jobs] == ["project", "global", "global", "global"]

    github.requests = []
    one = here("github", "add-org", "org", "--host", github.url, "--limit", "1", "--dry-run")
    assert one.out == "org/app\n1 repository\n"
    assert len(github.requests) == 1


def test_a_repository_whose_name_is_taken_gets_a_longer_one(
    here: Run, github: GitHubServer, shop: str
) -> None:
    here("github", "add", shop, "--dataset", "org-app", "--detach")
    done = here("github", "add-org", "org", "--host", github.url, "--json")
    assert done.code == 0
    host = github.host.replace(":", "-")
    names = {job["repository"]: job["dataset"] for job in done.document["jobs"]}
    assert names == {
        "org/app": f"{host}-org-app", "org/library": "org-library", "org/new": "org-new"
    }  # fmt: skip


def test_the_token_of_another_host_is_not_sent(here: Run, github: GitHubServer) -> None:
    wanted = ("github", "add-org", "org", "--host", github.url, "--dry-run", "--json")
    github.token = TOKEN
    assert here(*wanted, GITHUB_TOKEN=TOKEN).document["error"]["kind"] == "no_access"
    assert "Authorization" not in github.requests[-1][1]
    done = here(*wanted, GITHUB_TOKEN=TOKEN, GH_HOST=github.host)
    assert len(done.document["repositories"]) == 3
    github.token = "another"
    refused = here(*wanted, GITHUB_TOKEN=TOKEN, GH_HOST=github.host)
    assert (refused.code, refused.document["error"]["kind"]) == (4, "no_access")
    assert TOKEN not in refused.out + refused.err


def test_organisations_that_can_not_be_listed(here: Run, github: GitHubServer, home: Path) -> None:
    def fails(*arguments: str) -> tuple[int, str]:
        done = here("github", "add-org", *arguments, "--json")
        assert done.err == f"ccingest: {done.document['error']['message']}\n"
        return done.code, done.document["error"]["kind"]

    assert fails("nobody", "--host", github.url) == (3, "not_found")
    github.replies = [Reply(429, {"Retry-After": "600"})]
    assert fails("org", "--host", github.url) == (5, "rate_limited")
    github.replies = [Reply(200, body=b"<html>")]
    assert fails("org", "--host", github.url) == (5, "network")
    assert fails("org/repo") == (2, "invalid_reference")
    assert fails("../etc") == (2, "invalid_reference")
    assert fails("org", "--host", "http://git.firm.example") == (2, "usage")
    assert fails("org", "--host", "no host") == (2, "invalid_reference")
    assert fails("org", "--limit", "0") == (2, "usage")
    assert fails("org", "--scope", "universe") == (2, "usage")
    assert fails("org", "--model", "no/such-model") == (2, "unknown_model")
    assert not home.exists()
