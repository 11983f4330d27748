"""kill -9 at every moment of a job leaves one complete version, and no other files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ccingest.app.home import Home
from ccingest.app.maintenance import remove_leftovers
from ccingest.app.worker import Worker
from ccingest.db.catalog import find_dataset
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest
from ccingest.models import Dataset, Job, JobRequest, PreparedVersion, Question, Reference
from ccingest.pipeline.request import IngestRequest
from ccingest.queue import enqueue
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.history import get_job, history
from ccingest.search import Searcher
from ccingest.settings import Settings
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore
from crash.process import IN_THE_PARSER, MOMENTS
from git_server import commit, git, make_repository
from queue_kit import module_path
from values import ingest_from

Rows = dict[str, tuple[Any, ...]]


def tree(version: str) -> dict[str, str]:
    """20 files that differ in each version, 10 that don't, and one that is only in this version."""
    changing = {f"src/{n:02}.py": f"def f_{n}():\n    return '{version} {n}'\n" for n in range(20)}
    same = {
        f"lib/{n:02}.go": f"package lib\n\nfunc F{n}() int {{ return {n} }}\n" for n in range(10)
    }
    return changing | same | {f"{version}.md": f"# {version}\n\nOf this version alone.\n"}


@dataclass(frozen=True)
class Versions:
    """A repository with two commits, and the rows of each; all tests share it."""

    repository: Path
    one: str
    two: str
    homes: Path
    _rows: dict[str, Rows] = field(default_factory=dict)

    @property
    def ref(self) -> Reference:
        return parse_reference(str(self.repository))

    def check_out(self, sha: str) -> None:
        git(self.repository, "update-ref", "refs/heads/main", sha)

    def fresh(self, sha: str) -> Rows:
        """The rows of an ingest of that commit from scratch, in a new home."""
        if sha not in self._rows:
            clean = Settings(home=self.homes / sha)
            clean.create_home()
            result = ingest_from(self.ref, IngestRequest("t", revision=sha), clean)
            assert isinstance(result, PreparedVersion)
            self._rows[sha] = rows(clean, result.table_name, result.table_version)
        return self._rows[sha]


@dataclass
class Killed:
    """A home with a dataset `d` of one repository, whose workers are killed."""

    home: Home
    versions: Versions

    @property
    def ref(self) -> Reference:
        return self.versions.ref

    @property
    def settings(self) -> Settings:
        return self.home.settings

    @property
    def connection(self) -> Connection:
        return self.home.connection

    def enqueue(self) -> Job:
        return enqueue.enqueue(self.connection, JobRequest(self.ref, "default", "d")).job

    def version(self) -> Dataset | None:
        return find_dataset(self.connection, "default", "d")

    def run_killed(self, moment: str) -> None:
        assert self.start(moment) == -signal.SIGKILL

    def start(self, moment: str) -> int:
        """Run a worker that kills itself at that moment; returns its exit code."""
        return subprocess.run(
            [sys.executable, "-m", "crash.process", str(self.settings.home), moment],
            env=os.environ | {"PYTHONPATH": module_path()},
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        ).returncode

    def run(self) -> None:
        Worker(self.home).run(drain=True)
        remove_leftovers(self.home)


def rows(settings: Settings, table: str, version: int) -> Rows:
    """The rows of a table version by chunk id, with their vectors."""
    import lancedb

    opened = lancedb.connect(str(settings.tables)).open_table(table)
    opened.checkout(version)
    found = opened.to_arrow().to_pylist()
    made = {row["id"]: (row["text"], row["symbol"], *row["vector"]) for row in found}
    assert len(made) == len(found)
    return made


def hits(home: Killed) -> set[tuple[str, str]]:
    """(commit, text) of all hits of a query."""
    visible = home.version()
    assert visible
    from ccingest.embedding import load_embedder

    def load(name: str) -> Any:
        return load_embedder(name, cache=home.settings.model_cache)

    searcher = Searcher(TableStore(home.settings.tables), lambda: [visible], load)
    return {(hit.revision, hit.text) for hit in searcher.search(Question("return version", k=99))}


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    folder = tmp_path_factory.mktemp("versions")
    one = make_repository(folder / "repository", tree("one"))
    two = commit(folder / "repository", tree("two"))
    return Versions(folder / "repository", one, two, folder / "homes")


@pytest.fixture
def home(versions: Versions, settings: Settings) -> Iterator[Killed]:
    """An empty home; the repository is at its first commit."""
    versions.check_out(versions.one)
    with Home(settings) as opened:
        yield Killed(opened, versions)


def is_tidy(home: Killed) -> bool:
    tables = {path.stem for path in home.settings.tables.iterdir()}
    locks = list((home.settings.home / "workers").iterdir())
    return (tables, list(home.settings.clones.iterdir()), locks) == (
        tables_in_use(home.connection), [], [],
    )  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_a_new_commit_is_ingested(home: Killed, moment: str) -> None:
    home.enqueue()
    home.run()
    old = home.version()
    assert old
    new_sha = home.versions.two
    home.versions.check_out(new_sha)
    job = home.enqueue()
    home.run_killed(moment)

    visible = home.version()
    assert visible
    done = moment == "after the commit"
    assert visible.revision == (new_sha if done else old.revision)
    whole = home.versions.fresh(visible.revision)
    assert rows(home.settings, visible.table_name, visible.table_version) == whole
    assert sum(file.chunks for file in manifest(home.connection, visible.dataset_id).values()) == (
        visible.chunks
    ) == len(whole)  # fmt: skip
    found = hits(home)
    assert {sha for sha, _ in found} == {visible.revision}
    assert {text for _, text in found} <= {row[0] for row in whole.values()}

    home.run()
    after = get_job(home.connection, job.id)
    assert (after.status, after.crash_count) == ("completed", 0 if done else 1)
    visible = home.version()
    assert visible
    assert visible.revision == new_sha
    fresh = home.versions.fresh(new_sha)
    assert rows(home.settings, visible.table_name, visible.table_version) == fresh
    assert is_tidy(home)


@pytest.mark.parametrize("moment", ["clone", "third write", "index", "before the commit"])
def test_killed_in_the_first_ingest(home: Killed, moment: str) -> None:
    job = home.enqueue()
    home.run_killed(moment)
    assert home.version() is None
    assert get_job(home.connection, job.id).status == "in_progress"
    home.run()
    assert get_job(home.connection, job.id).status == "completed"
    visible = home.version()
    assert visible
    fresh = home.versions.fresh(visible.revision)
    assert rows(home.settings, visible.table_name, visible.table_version) == fresh
    assert is_tidy(home)


def test_a_job_that_kills_its_workers_ends_failed(home: Killed) -> None:
    request = JobRequest(home.ref, "default", "d", max_retries=2)
    job = enqueue.enqueue(home.connection, request).job
    for _ in range(3):
        home.run_killed("embed")
    home.run()
    ended = get_job(home.connection, job.id)
    assert (ended.status, ended.crash_count, ended.error_kind) == ("failed", 3, "worker_died")
    assert "3 times" in (ended.error or "")
    assert home.version() is None
    assert is_tidy(home)


def test_a_parser_that_crashes_ends_only_one_worker(home: Killed) -> None:
    bad = "def works():\n    return 1\n# crash here\n"
    commit(home.versions.repository, tree("one") | {"src/bad.py": bad})
    job = home.enqueue()
    assert home.start(IN_THE_PARSER) == -signal.SIGSEGV
    assert home.start(IN_THE_PARSER) == 0
    ended = get_job(home.connection, job.id)
    assert (ended.status, ended.crash_count, ended.counts and ended.counts.indexed_files) == (
        "completed",
        1,
        32,
    )
    assert ended.counts
    assert ended.counts.fallback_files == {"parser_died": 1}
    assert any("crash here" in text for _, text in hits(home))


def half_written(table: Path) -> None:
    """Make the newest files of the table empty, as a power failure may do."""
    newest = sorted(table.rglob("*"), key=lambda path: path.stat().st_mtime_ns)
    for path in [path for path in newest if path.is_file()][-3:]:
        path.write_bytes(b"")


def without_data(table: Path) -> None:
    for path in (table / "data").iterdir():
        path.unlink()


def without_versions(table: Path) -> None:
    for path in (table / "_versions").iterdir():
        path.unlink()


@pytest.mark.parametrize("damage", [half_written, without_data, without_versions])
def test_a_damaged_table_is_written_again(home: Killed, damage: Callable[[Path], None]) -> None:
    home.enqueue()
    home.run()
    before = home.version()
    assert before
    damage(home.settings.tables / f"{before.table_name}.lance")
    new_sha = home.versions.two
    home.versions.check_out(new_sha)
    job = home.enqueue()
    home.run()
    ended = get_job(home.connection, job.id)
    assert ended.status == "completed", ended.error
    visible = home.version()
    assert visible
    fresh = home.versions.fresh(new_sha)
    assert rows(home.settings, visible.table_name, visible.table_version) == fresh
    assert is_tidy(home)
    assert len(history(home.connection)) == 2
