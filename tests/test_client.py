"""The library as a program uses it: the client, its values and errors, and threads."""

from __future__ import annotations

import doctest
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path

import pytest

import ccingest
from ccingest import Client, client
from ccingest.app.requests import AddKeywords, AddOptions
from ccingest.errors import (
    DatasetNotFoundError,
    InvalidReferenceError,
    NothingToIndexError,
    StoreError,
    UsageError,
)
from ccingest.progress import JobEnded, JobStarted, PhaseStarted, Progress
from cli.conftest import FILES
from git_server import commit, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> str:
    make_repository(tmp_path / "shop", FILES)
    return str(tmp_path / "shop")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path / "home") as found:
        yield found


def test_the_examples_in_the_docstrings(tmp_path: Path, repository: str) -> None:
    examples = [
        one
        for part in client.Client.__mro__
        for one in doctest.DocTestFinder().find(part, part.__name__)
        if one.examples
    ]
    assert len(examples) >= 20
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Notes\n")
    for number, example in enumerate(examples):
        home = tmp_path / f"home{number}"
        example.globs |= {"home": home, "repository": repository, "folder": folder}
        example.globs |= {"Client": Client, "threading": threading}
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        out: list[str] = []
        runner.run(example, out=out.append)
        assert runner.failures == 0, "".join(out)


def test_the_main_job(opened: Client, repository: str) -> None:
    seen: list[Progress] = []
    job = opened.ingest(repository, on_event=seen.append)
    assert isinstance(job.completed_at, datetime)
    assert job.completed_at.tzinfo is timezone.utc
    first, last = seen[0], seen[-1]
    assert isinstance(first, JobStarted)
    assert isinstance(last, JobEnded)
    assert (first.job.status, last.job) == ("pending", job)
    assert {one.phase for one in seen if isinstance(one, PhaseStarted)} >= {"embed", "commit"}
    (hit,) = opened.search("what does a basket cost with tax", k=1, datasets=["shop"])
    assert (hit.path, hit.symbol, hit.url) == ("shop/checkout.go", "Checkout", None)
    lines = FILES["shop/checkout.go"].splitlines(keepends=True)
    assert hit.text == "".join(lines[hit.start_line - 1 : hit.end_line])
    assert [symbol.name for symbol in opened.outline("sums.py").symbols] == ["add_numbers"]
    (dataset,) = opened.datasets()
    assert (dataset.name, dataset.revision, dataset.branch) == ("shop", job.revision, "main")
    assert opened.jobs() == [opened.job(job.id[:8])] == [job]
    assert [event.status for event in opened.events()][-1] == "completed"
    assert opened.delete(repository="shop").chunks == dataset.chunks
    assert opened.datasets() == []


def test_a_new_commit_is_found_by_sync_and_by_the_open_searcher(
    opened: Client, repository: str
) -> None:
    opened.ingest(repository)
    assert opened.search("frobnicate the widget", k=1)[0].path != "new.py"
    commit(Path(repository), {**FILES, "new.py": "def frobnicate_widget():\n    return 1\n"})
    (result,) = opened.sync()
    assert (result.outcome, result.job and result.job.counts and result.job.counts.files_added) == (
        "updated",
        1,
    )
    assert opened.search("frobnicate the widget", k=1)[0].path == "new.py"


def test_errors_are_typed(opened: Client, repository: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError) as caught:
        opened.search("anything")
    assert (caught.value.hint, "ccingest" in caught.value.message) == ("add_repository", False)
    with pytest.raises(InvalidReferenceError):
        opened.ingest("no reference")
    with pytest.raises(UsageError) as refused:
        opened.ingest(repository, scope="everyone")
    assert refused.value.parameter == "scope"
    make_repository(tmp_path / "empty", {"a.png": b"\x89PNG"})
    with pytest.raises(NothingToIndexError):
        opened.ingest(str(tmp_path / "empty"))
    opened.ingest(repository)
    with pytest.raises(UsageError, match="empty"):
        opened.search(" ")
    assert ccingest.DatasetNotFoundError is DatasetNotFoundError


def test_an_ingest_is_stopped_from_another_thread(opened: Client, repository: str) -> None:
    stop = threading.Event()

    def stop_at_once(progress: Progress) -> None:
        if isinstance(progress, PhaseStarted):
            stop.set()

    with pytest.raises(KeyboardInterrupt):
        opened.ingest(repository, on_event=stop_at_once, stop=stop)
    (job,) = opened.jobs()
    assert job.status == "cancelled"
    assert opened.datasets() == []


def test_several_threads_use_one_client(opened: Client, tmp_path: Path, repository: str) -> None:
    names = ["one", "two", "three"]
    for name in names:
        make_repository(tmp_path / name, {f"{name}.py": f"def say_{name}():\n    return 1\n"})
    opened.ingest(repository)

    def add_and_ask(name: str) -> list[str]:
        opened.ingest(str(tmp_path / name))
        return [opened.search(f"say {name}", k=1)[0].path for _ in range(20)]

    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(add_and_ask, name) for name in names]
        listed = [threads.submit(opened.jobs) for _ in range(50)]
        for name, future in zip(names, asked, strict=True):
            assert future.result() == [f"{name}.py"] * 20
        assert all(future.result() for future in listed)
    assert {dataset.name for dataset in opened.datasets()} == {"shop", *names}


def test_a_worker_in_a_thread(opened: Client, repository: str) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(opened.run_worker, stop)
        job = opened.enqueue(repository)
        events = list(opened.events(follow=True, job_id=job.id))
        stop.set()
        summary = working.result(timeout=30)
    assert events[-1].status == "completed"
    assert (summary.jobs, summary.was_stopped) == ({"completed": 1}, True)


def test_a_schedule(opened: Client, repository: str) -> None:
    made = opened.add_schedule(repository, every="6h", dataset="mine")
    assert opened.schedules() == [made]
    assert made.next_at <= datetime.now(timezone.utc)
    assert opened.remove_schedule("mine") == made


def test_a_closed_client_raises_an_error(tmp_path: Path) -> None:
    with Client(tmp_path / "home") as found:
        found.jobs()
    with pytest.raises(StoreError, match="closed"):
        found.jobs()


def test_arguments_override_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCINGEST_HOME", str(tmp_path / "environment"))
    with Client(tmp_path / "given") as found:
        assert found.jobs() == []
    assert (tmp_path / "given" / "ccingest.db").exists()
    assert not (tmp_path / "environment").exists()
    assert found.check()[0].name == "python"


def test_the_keywords_are_those_of_the_options() -> None:
    assert list(AddKeywords.__annotations__) == [field.name for field in fields(AddOptions)]


def test_a_secret_is_in_no_repr(tmp_path: Path) -> None:
    with Client(tmp_path / "home", token="ghp_secret") as found:
        assert "ghp_secret" not in repr(found) + repr(vars(found)) + repr(found._home.settings)


def test_events_of_a_job_that_runs(opened: Client, repository: str) -> None:
    began = time.monotonic()
    job = opened.ingest(repository)
    phases = [event.phase for event in opened.events(job_id=job.id) if event.phase]
    assert phases[0] == "resolve"
    assert time.monotonic() - began < 60


def test_what_is_no_text_is_refused(opened: Client) -> None:
    for ask in (
        lambda: opened.datasets(project="caf\udce9"),
        lambda: opened.search("basket", project="caf\udce9"),
        lambda: opened.delete("caf\ud800"),
        lambda: opened.job("caf\udce9"),
    ):
        with pytest.raises(UsageError, match=r"no text in UTF-8"):
            ask()


def test_a_text_is_no_list(opened: Client) -> None:
    for ask in (
        lambda: opened.search("basket", datasets="shop"),
        lambda: opened.search("basket", languages="python"),
        lambda: opened.search("basket", paths="*.py"),
        lambda: opened.enqueue("org/repo", include="*.py"),
        lambda: opened.sync("shop"),
        lambda: opened.find_datasets("shop"),
        lambda: opened.follow("shop"),
    ):
        with pytest.raises(UsageError, match="must be a list, such as "):
            ask()


def test_a_path_is_a_reference(
    opened: Client, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(repository)
    monkeypatch.chdir(path.parent)
    job = opened.enqueue(Path(path.name))  # as a text, it would name a repository of a host
    assert job.source == opened.enqueue(repository).source


def test_a_folder_and_a_repository(opened: Client, repository: str, tmp_path: Path) -> None:
    """A reference says by itself what it is, unless it could be both."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Refunds\n\nMoney is given back within a week.\n")
    job = opened.ingest(str(folder))
    assert (job.source.kind, job.dataset, job.branch) == ("folder", "notes", None)
    (hit,) = opened.search("refunds", k=1)
    assert (hit.source, hit.url) == ("folder", f"{folder.as_uri()}/a.md#L1-L3")
    assert opened.enqueue(repository).source.kind == "github"
    assert opened.enqueue(repository, source="folder").source.kind == "folder"
    inside = Path(repository) / "objects"
    with pytest.raises(InvalidReferenceError, match="is a part of the repository"):
        opened.ingest(str(inside))
    with pytest.raises(UsageError, match="branch is for git repositories"):
        opened.ingest(str(folder), branch="main")
    with pytest.raises(UsageError, match="source is 'ftp'"):
        opened.ingest(str(folder), source="ftp")
    schedule = opened.add_schedule(str(folder), every="1h")
    assert schedule.request.source == job.source
    assert [(one.dataset.name, one.outcome) for one in opened.sync(["notes"])] == [
        ("notes", "up_to_date")
    ]
    assert [gone.name for gone in opened.delete(repository=str(folder)).datasets] == ["notes"]
