"""Locks between real processes, some of which are killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from ccingest.locks import file_lock, folder_lock

Lock = Callable[..., AbstractContextManager[None]]
HOLD = """
import sys
from pathlib import Path
from ccingest.locks import file_lock, folder_lock
path = Path(sys.argv[1])
with folder_lock(path) if path.is_dir() else file_lock(path):
    print("locked", flush=True)
    if sys.stdin.readline() == "remove\\n":
        path.rmdir() if path.is_dir() else path.unlink()
"""


@pytest.fixture(params=["file", "folder"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Lock, Path]:
    """A file or a folder, and the function that locks it."""
    path = tmp_path / "target"
    if request.param == "file":
        path.touch()
        return file_lock, path
    path.mkdir()
    return folder_lock, path


@pytest.fixture
def holder(target: tuple[Lock, Path]) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_that_is_held_is_not_waited_for(
    target: tuple[Lock, Path], holder: subprocess.Popen[str]
) -> None:
    lock, path = target
    with pytest.raises(BlockingIOError), lock(path, wait=False):
        pass


def test_kill_9_releases_it(target: tuple[Lock, Path], holder: subprocess.Popen[str]) -> None:
    lock, path = target
    holder.kill()
    holder.wait()
    with lock(path, wait=False):
        assert path.exists()


def test_a_process_waits_for_the_lock(
    target: tuple[Lock, Path], holder: subprocess.Popen[str]
) -> None:
    lock, path = target
    killed = threading.Event()

    def kill() -> None:
        killed.set()
        holder.kill()

    threading.Timer(0.3, kill).start()
    with lock(path):
        assert killed.is_set()


def test_a_file_that_its_holder_removed_is_not_locked(tmp_path: Path) -> None:
    """The lock of a removed file protects nothing, because another process locks the new file."""
    removed_and_made_again(file_lock, tmp_path / "file", Path.touch, Path.unlink)
    removed_and_made_again(folder_lock, tmp_path / "folder", Path.mkdir, Path.rmdir)


def removed_and_made_again(
    lock: Lock, path: Path, make: Callable[[Path], None], remove: Callable[[Path], None]
) -> None:
    make(path)
    waiting = threading.Event()

    def wait_for_it() -> None:
        waiting.set()
        with lock(path), pytest.raises(BlockingIOError), lock(path, wait=False):
            pass
        ended.set()

    ended = threading.Event()
    with lock(path):
        threading.Thread(target=wait_for_it, daemon=True).start()
        waiting.wait()
        time.sleep(0.2)  # now the thread waits in flock
        remove(path)
        make(path)
    assert ended.wait(60)


def test_a_folder_that_its_holder_removed(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "locked\n"
    remove = threading.Timer(0.3, process.communicate, ["remove\n"])
    remove.start()
    with pytest.raises(FileNotFoundError), folder_lock(target):
        pass
    remove.join()


def test_a_probe_creates_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), file_lock(tmp_path / "a", wait=False, create=False):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    with pytest.raises(OSError, match=r"link"), folder_lock(tmp_path / "link"):
        pass
    (tmp_path / "dangling").symlink_to("elsewhere")
    with pytest.raises(OSError, match=r"dangling"), file_lock(tmp_path / "dangling"):
        pass
    assert not (tmp_path / "elsewhere").exists()
