"""A full disk, a read-only home, a locked database, and deletes by other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccingest.db.connection import connect
from git_server import commit, make_repository

SMALL = {f"src/{n}.py": f"def f_{n}():\n    return {n}\n" for n in range(5)}
LARGE = {
    f"src/{n}.py": "".join(f"def f_{n}_{m}():\n    return '{'x y ' * 240}'\n" for m in range(40))
    for n in range(40)
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A separate disk of 40 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_repository(tmp_path / "repository", SMALL)
    return tmp_path / "repository"


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ccingest", *arguments, "--json"],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, Any, str]:
    """(exit code, document, stderr) of a process that has ended."""
    out, err = process.communicate(timeout=250)
    assert "Traceback" not in err, err
    (line,) = out.splitlines()
    return process.returncode, json.loads(line), err


def ccingest(home: Path, *arguments: str) -> tuple[int, Any, str]:
    return ended(start(home, *arguments))


def texts(home: Path) -> dict[str, str]:
    code, answer, _ = ccingest(home, "query", "return", "-k", "99", "--mode", "vector")
    assert code == 0
    return {hit["path"]: hit["text"] for hit in answer["hits"]}


@dataclass(frozen=True)
class LockedOut:
    """What became of an ingest while the database was locked, and of a question meanwhile."""

    home: Path
    repository: Path
    found: int  # by the question
    code: int
    error: str
    took: float


@pytest.fixture(scope="module", autouse=True)
def locked_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[LockedOut]]:
    """It waits for ten seconds, beside the other tests."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(lock_out, tmp_path_factory.mktemp("locked"))


def lock_out(folder: Path) -> LockedOut:
    home, repository = folder / "home", folder / "repository"
    make_repository(repository, SMALL)
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    commit(repository, SMALL | {"new.py": "x = 1\n"})
    with closing(connect(home / "ccingest.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        add = start(home, "github", "add", str(repository))
        found = len(texts(home))  # reading does not wait for the lock
        code, document, _ = ended(add)
        took = time.monotonic() - began
        connection.execute("ROLLBACK")
    return LockedOut(home, repository, found, code, document["error"]["kind"], took)


@pytest.mark.parametrize("free", [0, 400_000])
def test_a_full_disk(disk: Path, repository: Path, free: int) -> None:
    home = disk / "home"
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    sha = commit(repository, LARGE)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        left = os.statvfs(disk)
        file.write(b"\0" * max(0, left.f_bavail * left.f_frsize - free))
    code, document, said = ccingest(home, "github", "add", str(repository))
    assert code == 1
    kind = document["errorKind"] if "jobId" in document else document["error"]["kind"]
    assert kind == "storage_full"
    assert "disk is full" in said
    assert texts(home) == SMALL

    ballast.unlink()
    code, document, _ = ccingest(home, "github", "add", str(repository))
    assert (code, document["status"], document["sha"]) == (0, "completed", sha)
    assert document["indexedFiles"] == len(LARGE)
    assert len(list((home / "lance").iterdir())) == 1
    assert list((home / "clones").iterdir()) == list((home / "workers").iterdir()) == []
    _, listed, _ = ccingest(home, "history")
    assert "in_progress" not in {job["status"] for job in listed["jobs"]}


@pytest.mark.parametrize("left", [0, 1])
def test_a_disk_that_takes_no_more_files(disk: Path, repository: Path, left: int) -> None:
    home = disk / "home"
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    used = os.statvfs(disk)
    most = used.f_files - used.f_ffree + left
    subprocess.run(["mount", "-o", f"remount,nr_inodes={most}", str(disk)], check=True)
    assert texts(home) == SMALL
    code, document, said = ccingest(home, "github", "add", str(repository))
    assert (code, document["error"]["kind"]) == (1, "storage_full")
    assert "takes no more files" in said
    subprocess.run(["mount", "-o", f"remount,nr_inodes={most + 900}", str(disk)], check=True)
    assert ccingest(home, "github", "add", str(repository))[0] == 0


def test_a_home_that_can_only_be_read(disk: Path, repository: Path) -> None:
    home = disk / "home"
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    code, document, said = ccingest(home, "github", "add", str(repository))
    assert (code, document["error"]["kind"]) == (1, "store")
    assert said.count("\n") == 1
    assert texts(home) == SMALL
    assert len(ccingest(home, "history")[1]["jobs"]) == 1


def test_two_deletes_at_once(home: Path, repository: Path) -> None:
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    deletes = [start(home, "delete", "--dataset", "repository") for _ in range(3)]
    codes = sorted(ended(delete)[0] for delete in deletes)
    assert codes == [0, 3, 3]
    assert list((home / "lance").iterdir()) == []


def test_deleted_while_its_job_runs_and_while_queries_run(home: Path, repository: Path) -> None:
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    # The job takes some seconds, so that the delete comes in the middle of it.
    commit(repository, {f"{n}/{path}": text for n in range(8) for path, text in LARGE.items()})
    asking = subprocess.Popen(
        [sys.executable, "-m", "ccingest", "query", "-", "--json"],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asking.stdin
    assert asking.stdout

    def ask() -> Any:
        print("return", file=asking.stdin, flush=True)
        assert asking.stdout
        return json.loads(asking.stdout.readline())

    assert len(ask()["hits"]) == 5
    add = start(home, "github", "add", str(repository))
    assert add.stderr
    for line in add.stderr:
        if "embed" in line:
            break
    assert ccingest(home, "delete", "--dataset", "repository")[0] == 0
    assert ask()["error"]["kind"] == "dataset_not_found"
    code, document, _ = ended(add)
    assert (code, document["status"]) == (130, "cancelled")
    assert ccingest(home, "datasets")[1] == {"datasets": []}
    assert list((home / "lance").iterdir()) == []
    assert ccingest(home, "github", "add", str(repository))[0] == 0
    (dataset,) = ccingest(home, "datasets")[1]["datasets"]
    assert dataset["files"] == 8 * len(LARGE)
    assert asking.wait(timeout=60) == 3


def test_a_database_locked_for_longer_than_anyone_waits(locked_out: Future[LockedOut]) -> None:
    was = locked_out.result()
    assert (was.found, was.code, was.error) == (len(SMALL), 1, "store_busy")
    assert was.took >= 10
    assert ccingest(was.home, "github", "add", str(was.repository))[0] == 0
    assert len(texts(was.home)) == len(SMALL) + 1


@pytest.fixture
def small_blocks(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB whose blocks have 1 KB, as small disks have by default."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(8 * 2**20)
    folder.mkdir()
    for command in (
        ["mkfs.ext4", "-q", "-b", "1024", "-m", "0", str(image)],
        ["mount", str(image), str(folder)],
    ):
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip("needs mkfs.ext4")
        if done.returncode:
            pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_with_small_blocks_that_is_nearly_full(small_blocks: Path) -> None:
    """SQLite maps a file: a process that writes to a page of it without a block ends with SIGBUS."""
    path, ballast = small_blocks / "ccingest.db", small_blocks / "ballast"
    connect(path).close()
    script = (
        "import sys; from pathlib import Path; from ccingest.db.connection import connect\n"
        "from ccingest.errors import StorageFullError\n"
        "try:\n"
        "    with connect(Path(sys.argv[1])) as c:\n"
        "        c.execute('SELECT count(*) FROM jobs').fetchone()\n"
        "        for n in range(20): c.execute('INSERT INTO projects(name) VALUES (?)', (f'{sys.argv[2]} {n} {999 * \"x\"}',))\n"
        "except StorageFullError as error: sys.exit(str(error))\n"
    )
    for free in range(0, 200_000, 9_000):
        ballast.unlink(missing_ok=True)
        os.sync()
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(b"\0" * 1024):
                pass
        os.truncate(ballast, max(0, ballast.stat().st_size - free))
        os.sync()
        done = subprocess.run(
            [sys.executable, "-c", script, str(path), str(free)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or "The disk is full" in done.stderr, (free, done)
        with closing(connect(path)) as connection:  # which can be read at least
            connection.execute("SELECT count(*) FROM projects").fetchone()
