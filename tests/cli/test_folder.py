"""`ccingest folder`, and what the other commands make of a folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ccingest.cli.folder import _ending as watching_ends
from cli.conftest import FILES, Run
from git_server import git, make_repository

WAIT = 60.0  # seconds, on a machine with much to do


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    for name, text in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    os.mkfifo(made / "pipe")
    return made


def test_add_and_the_commands_after_it(here: Run, folder: Path) -> None:
    added = here("folder", "add", str(folder), "--json")
    job = added.document
    assert (added.code, job["status"], job["source"], job["dataset"]) == (
        *(0, "completed", "folder"),
        "shop",
    )
    assert (job["repository"], job["host"], job["branch"]) == ("shop", None, None)
    assert job["location"] == folder.as_uri()
    assert job["skippedFiles"] == {"binary": 1, "special": 1}
    assert "fetch" in job["phaseSeconds"]

    (hit,) = here("query", "price with tax", "-k", "1", "--json").document["hits"]
    assert (hit["source"], hit["path"], hit["sha"]) == ("folder", "shop/checkout.go", job["sha"])
    assert hit["url"].startswith(f"{folder.as_uri()}/shop/checkout.go#L")
    assert hit["state"] == "stored"  # no git knows of it
    (dataset,) = here("datasets", "--json").document["datasets"]
    assert (dataset["source"], dataset["location"]) == ("folder", folder.as_uri())
    skipped = here("files", "--skipped", "--json").document
    assert skipped["datasets"][0]["source"] == "folder"
    assert ("pipe", "special") in {(one["path"], one["reason"]) for one in skipped["files"]}
    lines = here("show", "sums.py:4-6", "--json").document
    assert (lines["source"], lines["url"]) == ("folder", f"{folder.as_uri()}/sums.py#L4-L6")
    assert f"folder     {folder.as_uri()}" in here("status", job["jobId"]).out
    (past,) = here("history", "--json").document["jobs"]
    assert past["source"] == "folder"
    (project,) = here("stats", "--json").document["projects"]
    assert project["jobs"] == {"completed": 1}
    assert here("doctor", "--json").document["ok"]


def test_sync_reads_only_what_changed(here: Run, folder: Path) -> None:
    first = here("folder", "add", str(folder), "--json").document
    (same,) = here("sync", "--json").document["datasets"]
    assert (same["outcome"], same["source"], same["sha"]) == ("up_to_date", "folder", first["sha"])
    assert here("sync").out.splitlines()[-1] == "1 up to date"
    (folder / "README.md").write_text("# Shop\n\nOpen from nine to five.\n")
    (folder / "new.py").write_text("def new():\n    return 1\n")
    (changed,) = here("sync", "--json").document["datasets"]
    job = changed["job"]
    assert (job["filesChanged"], job["filesAdded"], job["filesKept"]) == (1, 1, 2)
    assert (changed["outcome"], changed["fromSha"]) == ("updated", first["sha"])
    shutil.rmtree(folder)
    gone = here("sync")
    assert gone.code == 3
    assert f"There is no folder {folder} any more" in gone.out
    assert here("query", "opening hours", "-k", "1", "--format", "paths").out == "README.md\n"
    assert here("delete", "--repo", str(folder), "--json").document["dataset"] == "shop"


def test_several_and_their_options(here: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "shop").mkdir(parents=True)
    (tmp_path / "other" / "shop" / "a.md").write_text("# Other\n")
    (folder / ".hidden.md").write_text("# Hidden\n")
    other = str(tmp_path / "other" / "shop")
    done = here(
        *("folder", "add", str(folder), other, f"mine={folder}", f"mine={folder}", str(folder)),
        *("--include", "*.md", "--hidden", "--project", "p", "--scope", "global", "--json"),
    )
    # The same folder twice under one name is one request, and under another name one more.
    assert [job["dataset"] for job in done.document["jobs"]] == ["shop", "other-shop", "mine"]
    assert [job["indexedFiles"] for job in done.document["jobs"]] == [2, 1, 2]
    queued = here("folder", "add", str(folder), "--detach", "-d", "later", "--json").document
    assert queued["status"] == "pending"
    assert here("worker", "--drain", "--json").document["jobs"] == {"completed": 1}
    refused = here("folder", "add", str(folder / "none"), "--json")
    assert refused.code == 2
    assert refused.document["error"]["kind"] == "invalid_reference"
    taken = here("folder", "add", str(tmp_path / "other"), "-d", "later")
    assert taken.code == 2
    assert "The dataset later holds shop from file://" in taken.err


def test_add_guesses(here: Run, folder: Path, tmp_path: Path) -> None:
    guessed = here("add", str(folder), "--detach", "--json")
    assert f"{folder}: the folder {folder}, which is in no git repository" in guessed.err
    assert guessed.document["source"] == "folder"
    make_repository(tmp_path / "repo", FILES)
    assert here("add", str(tmp_path / "repo"), "--detach", "--json").document["source"] == "github"
    file = here("add", str(folder / "sums.py"))
    assert (file.code, "give its folder" in file.err) == (2, True)
    wrong = here("github", "add", str(folder))
    assert (wrong.code, "is no git repository" in wrong.err) == (2, True)
    git(folder, "init", "-q")
    inside = here("folder", "add", str(folder / "shop"), "--detach", "-d", "in", "--json")
    assert (inside.document["source"], inside.document["repository"]) == ("folder", "shop")


def test_schedules(here: Run, folder: Path) -> None:
    made = here("schedule", "add", str(folder), "--every", "1h", "--json").document
    assert (made["source"], made["location"]) == ("folder", folder.as_uri())
    git(folder, "init", "-q")
    inside = here("schedule", "add", str(folder / "shop"), "--every", "1h")
    assert (inside.code, "is a part of the repository" in inside.err) == (2, True)
    assert (
        here(
            *("schedule", "add", str(folder / "shop"), "--every", "1h", "--json"),
            *("--source", "folder", "-d", "part"),
        ).document["dataset"]
        == "part"
    )
    assert here("worker", "--drain", "--json").document["jobs"] == {"completed": 2}
    found = here("schedule", "list", "--json").document["schedules"]
    assert {one["source"] for one in found} == {"folder"}


def test_events(here: Run, folder: Path) -> None:
    job = here("folder", "add", str(folder), "--json").document
    done = here("watch", job["jobId"], "--since", "0", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert {event["type"] for event in events} == {"folder:progress"}
    assert {event["data"]["source"] for event in events} == {"folder"}
    phases = list(dict.fromkeys(event["data"]["phase"] for event in events))
    assert phases[1:3] == ["fetch", "diff"]


@contextmanager
def watching(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "folder", "watch", *arguments, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def next_job(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_watch(environment: dict[str, str], folder: Path) -> None:
    with watching(environment, str(folder)) as process:
        first = next_job(process)
        assert (first["status"], first["indexedFiles"]) == ("completed", 3)
        for number in range(5):  # one burst
            (folder / f"{number}.py").write_text(f"def f_{number}():\n    return {number}\n")
        (folder / ".hidden").write_text("x")
        second = next_job(process)
        assert (second["filesAdded"], second["filesKept"]) == (5, 3)
        moved = folder.with_name("moved")
        folder.rename(moved)
        told = ""
        assert process.stderr is not None
        while "was removed; it is waited for" not in told:
            told += process.stderr.readline()
        (moved / "0.py").unlink()
        moved.rename(folder)
        third = next_job(process)
        assert (third["filesRemoved"], third["dataset"]) == (1, "shop")
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT) == 130
        told += process.stderr.read()
        assert f"watching {folder}" in told
        assert "Traceback" not in told


def test_sigterm_is_the_usual_end_of_watching_also_in_a_job() -> None:
    for number, was_in_a_job, is_raised in (
        (signal.SIGTERM, True, False), (signal.SIGTERM, False, False), (None, False, False),
        (signal.SIGINT, True, True), (signal.SIGINT, False, True),
    ):  # fmt: skip
        signals: Any = SimpleNamespace(number=number)
        with (
            pytest.raises(KeyboardInterrupt) if is_raised else nullcontext(),
            watching_ends(signals),
        ):
            if was_in_a_job:
                raise KeyboardInterrupt


def test_watch_ends_in_good_order(environment: dict[str, str], folder: Path) -> None:
    (folder / "empty").mkdir()
    with watching(environment, str(folder / "empty"), str(folder)) as process:
        failed, completed = next_job(process), next_job(process)
        assert (failed["status"], failed["errorKind"]) == ("failed", "nothing_to_index")
        assert completed["dataset"] == "shop"
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT) == 0


def test_killed_and_begun_again(environment: dict[str, str], here: Run, folder: Path) -> None:
    """At any moment: the dataset is the old one or the new one, and the next job makes it whole."""
    here("folder", "add", str(folder))
    for number, moment in enumerate(("embed", "commit")):
        for name in ("a", "b", "c"):
            text = f"def {name}_{number}():\n    return {number}\n" * 50
            (folder / f"{name}.py").write_text(text)
        process = subprocess.Popen(
            [sys.executable, "-m", "ccingest", "folder", "add", str(folder)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(f"shop: {moment}"):
                break
        process.kill()
        process.communicate()
        assert here("query", "add two numbers", "-k", "1", "--format", "paths").code == 0
    done = here("folder", "add", str(folder), "--json")
    assert done.document["status"] == "completed"
    whole = here("folder", "add", str(folder), "-d", "fresh", "--json").document
    assert whole["sha"] == done.document["sha"]
    assert whole["totalChunks"] == done.document["totalChunks"]
    assert here("doctor", "--deep", "--json").document["ok"]
