"""Chunks of worker processes are the same as without workers, even if workers crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ccingest.errors import CancelledError, RepositoryNotFoundError
from ccingest.models import PreparedVersion
from ccingest.pipeline import chunk_pool, worker_process
from ccingest.pipeline.chunked import FileChunks
from ccingest.pipeline.messages import ChunkWorkerError
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import FileProgress, Progress
from ccingest.settings import Settings
from ccingest.sources.references import parse_reference
from git_server import make_repository
from pipeline.kit import ODD, SAMPLES, files_of, outcomes, results_of
from store_rows import rows_in_order
from values import ingest_from

pytestmark = pytest.mark.usefixtures("workers_for_all")
WORKS = "def works():\n    return 1\n"
BROKEN, HANGING = "pipeline.broken_worker", "pipeline.hanging_worker"


@pytest.fixture
def workers_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_pool, "WORTH_A_WORKER", 0)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_repository(tmp_path / "repository", SAMPLES | ODD)
    return tmp_path / "repository"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a repository with good files and bad.py, which crashes or hangs every worker."""

    def make(word: str) -> Path:
        good = {f"{letter}.py": WORKS.replace("works", letter) for letter in "acde"}
        make_repository(tmp_path / word, good | {"bad.py": f"{WORKS}# {word} here\n"})
        return tmp_path / word

    monkeypatch.setattr(worker_process, "_MODULE", BROKEN)
    return make


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The worker processes that have been started."""
    found: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return found


@pytest.mark.parametrize("count", [1, 3])
def test_rows_are_the_same_as_without_workers(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(chunk_pool, "worker_count", lambda *_: count)
    monkeypatch.setattr(chunk_pool, "_MAX_FILES", 6)

    def run(name: str) -> tuple[PreparedVersion, list[tuple[object, ...]]]:
        settings = Settings(home=tmp_path / name)
        settings.create_home()
        result = ingest_from(parse_reference(str(repository)), IngestRequest("t"), settings)
        assert isinstance(result, PreparedVersion)
        return result, rows_in_order(settings, result)

    with_workers, rows = run("with")
    monkeypatch.setattr(chunk_pool, "WORTH_A_WORKER", 10**9)
    alone, rows_alone = run("alone")
    assert rows == rows_alone != []
    assert with_workers.manifest == alone.manifest
    assert with_workers.counts.skipped_files == alone.counts.skipped_files
    assert (
        with_workers.counts.fallback_files
        == alone.counts.fallback_files
        == {"no_grammar": 4, "too_deep": 1}
    )


def test_a_small_job_starts_no_process(
    repository: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    started: list[subprocess.Popen[bytes]],
) -> None:
    many = outcomes(repository, settings)
    assert len(started) == 1
    monkeypatch.undo()
    del started[:]
    assert outcomes(repository, settings) == many
    assert started == []


def test_a_second_worker_needs_much_work_and_a_second_processor() -> None:
    assert chunk_pool.worker_count(1, 10**9) == 1
    assert chunk_pool.worker_count(2, chunk_pool.WORTH_TWO - 1) == 1
    assert chunk_pool.worker_count(2, chunk_pool.WORTH_TWO) == 2
    assert chunk_pool.worker_count(64, 10**9) == 2


def test_progress_is_reported_file_by_file(repository: Path, settings: Settings) -> None:
    events: list[Progress] = []
    ingest_from(parse_reference(str(repository)), IngestRequest("t"), settings, events.append)
    progress = [event for event in events if isinstance(event, FileProgress)]
    _, files = files_of(repository)
    done = {event.files_done: event.current_file for event in progress if event.files_done}
    assert done == dict(enumerate((file.path for file in files), start=1))
    assert progress == sorted(progress, key=lambda event: event.files_done)


@pytest.mark.parametrize("word", ["crash", "hang"])
def test_a_file_that_kills_its_parser_is_cut_by_lines(
    broken: Callable[[str], Path], settings: Settings, word: str
) -> None:
    found = {file.path: outcome for file, outcome in outcomes(broken(word), settings)}
    assert list(found) == ["a.py", "bad.py", "c.py", "d.py", "e.py"]
    assert [type(outcome) for outcome in found.values()] == [FileChunks] * 5
    fallbacks = {
        path: outcome.fallback for path, outcome in found.items() if not isinstance(outcome, str)
    }
    assert fallbacks.pop("bad.py") == "parser_died"
    assert set(fallbacks.values()) == {None}
    bad = found["bad.py"]
    assert isinstance(bad, FileChunks)
    assert [chunk.text for chunk in bad.chunks] == [f"{WORKS}# {word} here\n"]


def test_a_bug_in_a_worker_is_reported_with_its_traceback(
    broken: Callable[[str], Path], settings: Settings
) -> None:
    with pytest.raises(ChunkWorkerError, match=r"in parse\n(?s:.*)ArithmeticError: a bug"):
        outcomes(broken("fail"), settings)


def test_the_files_of_a_killed_worker_are_chunked_again(
    repository: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    started: list[subprocess.Popen[bytes]],
) -> None:
    whole = outcomes(repository, settings)
    del started[:]
    monkeypatch.setattr(chunk_pool, "_MAX_FILES", 4)
    with results_of(repository, settings) as results:
        found = [next(one for one in results if one)]
        started[0].kill()
        found += [one for one in results if one]
    assert found == whole
    assert len(started) > 1


def test_without_worker_processes_this_process_chunks(
    repository: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = outcomes(repository, settings)
    monkeypatch.setattr(worker_process, "_MODULE", "no_such_module")
    assert outcomes(repository, settings) == whole
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert outcomes(repository, settings) == whole


def test_a_repository_that_is_removed_while_it_is_read(
    repository: Path, settings: Settings
) -> None:
    snapshot, files = files_of(repository)
    shutil.rmtree(repository)
    with (
        chunk_pool.ChunkPool(snapshot, settings, files) as pool,
        pytest.raises(RepositoryNotFoundError),
    ):
        list(pool.results())


def test_a_cancel_while_a_parser_hangs(
    broken: Callable[[str], Path],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    started: list[subprocess.Popen[bytes]],
) -> None:
    ref = parse_reference(str(broken("hang")))
    del started[:]
    monkeypatch.setattr(worker_process, "_MODULE", HANGING)
    began: list[float] = []

    def stop(event: Progress) -> None:
        if isinstance(event, FileProgress) and event.files_done == 1:
            began.append(time.monotonic())
            if len(began) > 3:
                raise CancelledError("stop")

    with pytest.raises(CancelledError):
        ingest_from(ref, IngestRequest("t"), settings, stop)
    assert time.monotonic() - began[0] < 20  # a hanging parser has a minute
    workers = [process for process in started if HANGING in str(process.args)]
    assert [process.returncode for process in workers] == [-signal.SIGKILL]


@pytest.mark.usefixtures("cold_start")
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_a_worker_has_no_open_file_of_its_parent(
    repository: Path, tmp_path: Path, settings: Settings, started: list[subprocess.Popen[bytes]]
) -> None:
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        with results_of(repository, settings) as results:
            next(one for one in results if one)
            process = started[0]
            os.kill(process.pid, signal.SIGINT)
            folder = Path(f"/proc/{process.pid}/fd")
            open_ = {}
            for path in folder.iterdir():
                with suppress(FileNotFoundError):  # it has closed that one meanwhile
                    open_[path.name] = str(path.readlink())
            assert os.getsid(process.pid) != os.getsid(0)
            assert len([one for one in results if one]) > 20
            assert process.poll() is None
    ours = {str(Path(f"/proc/self/fd/{number}").readlink()) for number in (1, 2)}
    assert str(tmp_path / "lock") not in open_.values()
    assert ours - {os.devnull} & set(open_.values()) == set()
    assert (open_["1"], open_["2"]) == (os.devnull, os.devnull)


@pytest.mark.usefixtures("cold_start")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_worker_has_no_secret_in_its_environment(
    repository: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    started: list[subprocess.Popen[bytes]],
) -> None:
    names = """GITHUB_TOKEN GH_TOKEN CCINGEST_TOKEN OPENAI_API_KEY my_apikey AWS_SECRET_ACCESS_KEY
        DB_PASSWORD github_token PGPASSWORD""".split()
    for name in names:
        monkeypatch.setenv(name, "hush-hush")
    monkeypatch.setenv("HARMLESS", "visible")
    with results_of(repository, settings) as results:
        assert next(one for one in results if one)
        environment = Path(f"/proc/{started[0].pid}/environ").read_text()
    assert "hush-hush" not in environment
    assert "HARMLESS=visible" in environment
    assert "PATH=" in environment
