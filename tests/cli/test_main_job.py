"""The main job, from a reference to the right hit: every command, for people and in JSON."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from ccingest import __version__
from ccingest.app.home import Home
from ccingest.app.maintenance import prune_tables
from ccingest.db.connection import Database, connect
from ccingest.settings import Settings
from ccingest.store import writer
from cli.conftest import FILES, Run, added
from git_server import GitServer

JOB_KEYS = {
    "jobId", "status", "message", "project", "dataset", "source", "repository", "host",
    "location", "branch", "sha", "scope", "priority", "progress", "phase", "currentFile", "error", "errorKind", "retryCount",
    "maxRetries", "indexedFiles", "totalChunks", "filesAdded", "filesChanged", "filesMoved",
    "filesRemoved", "filesKept", "chunksAdded", "chunksMoved", "chunksRemoved", "chunksKept",
    "bytesRead", "skippedFiles", "fallbackFiles", "phaseSeconds", "workerHost", "createdAt", "startedAt",
    "completedAt", "durationSeconds",
}  # fmt: skip
HIT_KEYS = {
    "rank", "score", "project", "dataset", "repository", "sha", "path", "startLine", "endLine",
    "language", "symbol", "kind", "text", "url", "snippet", "confidence", "also", "copies",
    "source", "state",
}  # fmt: skip


def test_the_main_job_in_json(ccingest: Run, here: Run, git_server: GitServer, shop: str) -> None:
    job = added(ccingest, shop).document
    assert job.keys() == JOB_KEYS
    assert (job["status"], job["progress"], job["dataset"]) == ("completed", 100, "org-shop")
    assert (job["repository"], job["branch"]) == ("org/shop", "main")
    assert (job["indexedFiles"], job["skippedFiles"]) == (3, {"binary": 1})
    assert (job["totalChunks"], job["chunksAdded"]) == (3, 3)

    answer = ccingest("query", "what does a basket cost with tax", "-k", "2", "--json").document
    assert (answer["query"], answer["k"]) == ("what does a basket cost with tax", 2)
    hit = answer["hits"][0]
    assert hit.keys() == HIT_KEYS
    assert (hit["rank"], hit["path"], hit["symbol"]) == (1, "shop/checkout.go", "Checkout")
    assert hit["url"] == (
        f"https://{git_server.host}/org/shop/blob/{job['sha']}/shop/checkout.go"
        f"#L{hit['startLine']}-L{hit['endLine']}"
    )
    lines = FILES["shop/checkout.go"].splitlines(keepends=True)
    assert "".join(lines[hit["startLine"] - 1 : hit["endLine"]]) == hit["text"]

    (listed,) = here("history", "--json").document["jobs"]
    assert listed == job == here("status", job["jobId"][:8], "--json").document
    (dataset,) = here("datasets", "--json").document["datasets"]
    assert (dataset["dataset"], dataset["chunks"], dataset["sha"]) == (
        "org-shop", job["totalChunks"], job["sha"],
    )  # fmt: skip
    assert dataset["bytesOnDisk"] > 0
    logs = here("logs", job["jobId"], "--json").document
    size = sum(len(FILES[path].encode()) for path in FILES if path != "logo.png")
    assert [(line["level"], line["message"]) for line in logs["lines"]] == [
        ("info", f"3 files to index, {size} bytes"), ("info", job["message"]),
    ]  # fmt: skip

    deleted = here("delete", "--dataset", "org-shop", "--json")
    assert deleted.document == {
        "project": "default", "dataset": "org-shop", "deletedChunks": job["totalChunks"],
    }  # fmt: skip
    again = here("delete", "--dataset", "org-shop", "--json")
    assert again.code == 3
    assert again.document["error"]["kind"] == "dataset_not_found"
    assert here("query", "tax", "--json").code == 3
    assert len(here("history", "--json").document["jobs"]) == 1


def test_the_main_job_for_people(here: Run, shop: str) -> None:
    assert "No datasets found" in here("datasets").out
    assert "No jobs found" in here("history").out
    done = here("github", "add", shop)
    assert done.code == 0
    assert "org-shop: indexed 3 files" in done.out
    assert "1 binary" in done.out
    assert "org/shop: clone" in done.err
    found = here("query", "give money back to the customer")
    assert "1. README.md:" in found.out
    assert "Shop > Refunds" in found.out
    history = here("history")
    assert "completed" in history.out
    assert "org-shop" in history.out
    job_id = history.out.splitlines()[2].split()[0]
    status = here("status", job_id)
    assert "completed, 100%" in status.out
    assert "files added" in status.out
    assert "indexed 3 files" in here("logs", job_id).out
    assert "org-shop" in here("datasets").out
    assert "deleted org-shop" in here("delete", "--repo", shop, "--yes").out
    assert "\x1b" not in done.out + done.err + found.out + history.out + status.out


def test_watch_shows_a_job_of_another_process_live(
    here: Run, environment: dict[str, str], shop: str
) -> None:
    queued = here("github", "add", shop, "--detach", "--json").document
    assert queued["status"] == "pending"
    watch = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "watch", queued["jobId"], "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watch.stdout
    first = json.loads(watch.stdout.readline())
    assert first["type"] == "github:progress"
    assert first.keys() == {"type", "id", "timestamp", "data"}
    assert first["data"].keys() == {
        "jobId", "project", "dataset", "source", "status", "progress", "phase", "currentFile", "error",
    }  # fmt: skip
    worker = here("worker", "--drain", "--json")
    if worker.code:
        watch.kill()
    assert worker.document == {"jobs": {"completed": 1}}
    rest, _ = watch.communicate(timeout=250)
    events = [first, *map(json.loads, rest.splitlines())]
    assert watch.returncode == 0
    assert [event["id"] for event in events] == sorted({event["id"] for event in events})
    progress = [event["data"]["progress"] for event in events]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    statuses = list(dict.fromkeys(event["data"]["status"] for event in events))
    assert statuses == ["pending", "in_progress", "completed"]
    phases = [event["data"]["phase"] for event in events if event["data"]["phase"]]
    assert phases[0] == "resolve"
    # Short phases may share an event, but their order is always right.
    order = ["resolve", "clone", "diff", "chunk", "embed", "index", "commit"]
    seen = list(dict.fromkeys(phases))
    assert seen == [phase for phase in order if phase in seen]
    assert {"resolve", "clone", "diff", "index"} <= set(seen)

    since = str(events[-2]["id"])
    watched = here("watch", queued["jobId"], "--since", since)
    assert watched.out.count("\n") == 1
    assert "completed" in watched.out


def test_adding_again_reads_only_what_changed(here: Run, git_server: GitServer, shop: str) -> None:
    first = added(here, shop).document
    again = added(here, shop).document
    assert "already up to date" in again["message"]
    assert (again["chunksAdded"], again["totalChunks"]) == (0, first["totalChunks"])
    moved = {**FILES, "sums.py": "def multiply_numbers(a, b):\n    return a * b\n"}
    moved["extra.py"] = "def divide_numbers(a, b):\n    return a / b\n"
    del moved["README.md"]
    sha = git_server.commit("org/shop", moved)
    changed = added(here, shop).document
    assert changed["sha"] == sha
    assert (changed["filesAdded"], changed["filesChanged"], changed["filesRemoved"]) == (1, 1, 1)
    questions = "multiply\ndivide\nrefund money\ntax\n"
    asked = here("query", "-", "-k", "50", "--json", stdin=questions)
    answers = map(json.loads, asked.out.splitlines())
    paths = {hit["path"] for answer in answers for hit in answer["hits"]}
    assert paths == {"sums.py", "extra.py", "shop/checkout.go"}
    forced = added(here, shop, "--force").document
    assert forced["chunksAdded"] == forced["totalChunks"] == changed["totalChunks"]


def test_filters_modes_and_many_questions(here: Run, shop: str) -> None:
    added(here, shop)

    def paths(*flags: str) -> set[str]:
        answer = here("query", "price of a number", "-k", "50", "--json", *flags).document
        return {hit["path"] for hit in answer["hits"]}

    assert paths() == {"sums.py", "shop/checkout.go", "README.md"}
    assert paths("--language", "go") == paths("-l", "golang") == {"shop/checkout.go"}
    assert paths("--path", "shop/") == {"shop/checkout.go"}
    assert paths("--path", "*.py", "--path", "*.md") == {"sums.py", "README.md"}
    assert paths("--path", "!*.py") == {"shop/checkout.go", "README.md"}
    everything = {"sums.py", "shop/checkout.go", "README.md"}
    named = ("--repo", "org/shop", "--dataset", "org-shop")
    assert paths(*named) == paths(*named, "--mode", "vector") == everything
    assert paths("--mode", "text") == {"shop/checkout.go"}  # the others have none of the words
    asked = here("query", "-", "-k", "1", "--json", stdin="tax\n\nadd_numbers\n")
    answers = [json.loads(line) for line in asked.out.splitlines()]
    assert [answer["query"] for answer in answers] == ["tax", "", "add_numbers"]
    assert [len(answer["hits"]) for answer in answers] == [1, 0, 1]
    assert answers[2]["hits"][0]["symbol"] == "add_numbers"
    assert "No hits." in here("query", "tax", "--language", "rust").out


def test_projects_and_scopes(here: Run, git_server: GitServer, shop: str) -> None:
    added(here, shop, "--project", "one", "--dataset", "mine")
    added(here, shop, "--project", "two", "--dataset", "everyone's", "--scope", "global")
    added(here, shop, "--project", "two", "--dataset", "own", "--scope", "local")

    def datasets(*flags: str) -> set[str]:
        answer = here("query", "tax", "-k", "50", "--json", *flags)
        assert answer.code == 0, answer.err
        return {hit["dataset"] for hit in answer.document["hits"]}

    assert datasets("--project", "one") == {"mine", "everyone's"}
    assert datasets("--project", "two") == {"everyone's"}
    assert datasets("--project", "two", "--dataset", "own") == {"own"}
    assert datasets("--project", "elsewhere") == {"everyone's"}
    assert here("query", "tax", "--dataset", "mine", "--project", "two").code == 3
    names = ["mine", "everyone's", "own"]
    listed = here("datasets", "--project", "all", "--json").document["datasets"]
    assert sorted(row["dataset"] for row in listed) == sorted(names)
    deleted = here("delete", "--repo", "org/shop", "--project", "two", "--json").document
    assert deleted == {
        "project": "two",
        "deletedChunks": 6,
        "datasets": [
            {"project": "two", "dataset": name, "deletedChunks": 3}
            for name in ("everyone's", "own")
        ],
    }
    assert datasets("--project", "one") == {"mine"}


@pytest.mark.parametrize("name", ["it's", 'q"; DROP TABLE datasets; --', "日本語 ünï", "x" * 255])
def test_any_dataset_name(here: Run, shop: str, name: str) -> None:
    added(here, shop, "--dataset", name)
    answer = here("query", "tax", "--dataset", name, "-k", "1", "--json").document
    assert answer["hits"][0]["dataset"] == name
    assert here("delete", "--dataset", name).code == 0
    assert here("datasets", "--json").document == {"datasets": []}


def test_include_and_exclude(here: Run, shop: str) -> None:
    some = added(here, shop, "--include", "*.py", "--include", "*.go", "--exclude", "shop/")
    assert some.document["indexedFiles"] == 1
    assert some.document["skippedFiles"] == {"excluded": 3}
    more = added(here, shop, "--include", "*.py", "--include", "*.go").document
    assert (more["indexedFiles"], more["filesAdded"]) == (
        2,
        2,
    )  # another selection, so all files are new


def test_a_local_repository(here: Run, git_server: GitServer, shop: str) -> None:
    path = git_server.root / "org" / "shop.git"
    job = added(here, str(path)).document
    assert (job["dataset"], job["repository"], job["host"]) == ("shop", "shop", None)
    (hit,) = here("query", "tax", "-k", "1", "--json").document["hits"]
    assert hit["url"] is None


def test_the_home_is_private_and_has_no_leftovers(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for path in home.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert list((home / "clones").iterdir()) == []
    assert len(list((home / "lance").iterdir())) == 1
    here("delete", "--dataset", "org-shop")
    assert list((home / "lance").iterdir()) == []


def test_clones_are_kept_until_the_last_dataset_of_them_is_deleted(
    here: Run, home: Path, shop: str
) -> None:
    def kept() -> int:
        return len(list(home.glob("cache/*/*/repository.git")))

    added(here, shop, "--no-cache")
    assert kept() == 0
    added(here, shop, "--dataset", "second")
    assert kept() == 1
    here("cleanup")
    here("delete", "--dataset", "second")
    assert kept() == 1
    here("delete", "--dataset", "org-shop")
    assert kept() == 0
    (home / "config.toml").write_text("clone_cache_mb = 0")
    added(here, shop)
    assert kept() == 0


def test_a_table_that_can_not_be_pruned_fails_no_job(
    here: Run, git_server: GitServer, home: Path, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(here, shop)
    git_server.commit("org/shop", {**FILES, "sums.py": "def sum_up(): return 1"})
    added(here, shop)
    monkeypatch.setattr(writer, "READER_GRACE", timedelta(0))  # so that there is something to prune
    settings = Settings(home=home)

    def versions() -> set[str]:
        return {path.name for path in home.glob("lance/*.lance/_versions/*.manifest")}

    with closing(connect(settings.database)) as holder, Home(settings) as impatient:
        impatient.database = Database(settings.database, busy_timeout=0.05)
        written = versions()
        holder.execute("BEGIN IMMEDIATE")
        assert prune_tables(impatient, most=0) == 0
        assert versions() == written
        holder.execute("ROLLBACK")
        assert prune_tables(impatient, most=0) > 0  # bytes
        assert len(versions()) < len(written)
    (hit,) = here("query", "tax", "-k", "1", "--json").document["hits"]
    assert hit["path"] == "shop/checkout.go"


def test_a_missing_table_is_reported(here: Run, home: Path, shop: str) -> None:
    first = added(here, shop).document
    for table in (home / "lance").iterdir():
        shutil.rmtree(table)
    broken = here("query", "tax", "--json")
    assert broken.code == 1
    assert "add the repository again" in broken.document["error"]["message"]
    assert here("doctor").code == 1
    again = added(here, shop).document
    assert again["chunksAdded"] == first["totalChunks"]
    assert here("query", "tax", "--json").code == 0


def test_doctor(here: Run, shop: str) -> None:
    added(here, shop)
    healthy = here("doctor", "--json", GITHUB_TOKEN="ghp_secret")
    assert healthy.code == 0
    assert healthy.document["ok"]
    names = [check["name"] for check in healthy.document["checks"]]
    assert names == [
        *(
            "python",
            "home",
            "disk",
            "database",
            "workers",
            "datasets",
            "overlays",
            "shards",
            "model",
            "git",
        ),
        "token",
    ]
    assert "ghp_secret" not in healthy.out + healthy.err
    assert "1, each whole" in here("doctor").out


def test_version_and_help(ccingest: Run, here: Run) -> None:
    assert ccingest("--version").out == f"ccingest {__version__}\n"
    for command in ("", "query", "github", "github add", "watch", "history", "doctor", "delete"):
        done = here(*command.split(), "--help")
        assert done.code == 0
        assert "Usage: ccingest" in done.out
