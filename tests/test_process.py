"""The settings of a whole process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ccingest.process import configure_process
from ccingest.process.progress_pipe import ProgressReceiver, ProgressSender
from ccingest.progress import FileProgress, Notice, PhaseStarted

# After the large block, glibc takes blocks of a megabyte from its heap. The small blocks between them
# stay in use, so the heap can't shrink.
_BLOCKS = """
import sys
from pathlib import Path
from ccingest.process import configure_process

if sys.argv[1] == "bounded":
    configure_process()
large = bytearray(20_000_000)
del large
blocks, kept = [], []
for _ in range(200):
    blocks.append(bytearray(b"x" * 1_000_000))
    kept.append(bytearray(200_000))
del blocks
print(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_memory_goes_back_to_the_system() -> None:
    def resident_kb(how: str) -> int:
        env = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
        command = [sys.executable, "-c", _BLOCKS, how]
        return int(subprocess.run(command, env=env, check=True, capture_output=True).stdout)

    assert resident_kb("bounded") + 100_000 < resident_kb("as it is")


def test_variables_of_the_environment_are_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANCE_DEFAULT_BATCH_SIZE", "77")
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    configure_process()
    assert os.environ["LANCE_DEFAULT_BATCH_SIZE"] == "77"
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "system"


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1e3", "9" * 30])
def test_numbers_that_lance_can_not_read_are_taken_out(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TOKIO_WORKER_THREADS", value)
    monkeypatch.setenv("LANCE_IO_THREADS", value)
    monkeypatch.setenv("LANCE_CPU_THREADS", "2")
    configure_process()
    assert not {"TOKIO_WORKER_THREADS", "LANCE_IO_THREADS"} & {*os.environ}
    assert os.environ["LANCE_CPU_THREADS"] == "2"


def test_a_system_without_mallopt(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(_: None) -> None:
        raise OSError("no such library")

    monkeypatch.setattr("ctypes.CDLL", no_library)
    configure_process()


def test_a_worker_process_imports_nothing_of_the_current_folder(tmp_path: Path) -> None:
    """Which may be the checkout of a repository that somebody else wrote."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in ("json", "typer", "ccingest", "rich"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    program = "import sys; del sys.path[0]; from ccingest.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "worker", "--drain", "--concurrency", "2", "--json"],
        cwd=folder,
        env={**os.environ, "CCINGEST_HOME": str(tmp_path / "home")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_progress_reaches_the_parent_and_is_never_waited_for() -> None:
    receiver = ProgressReceiver()
    pipe = receiver.open(7)
    sender = ProgressSender(os.dup(pipe.fileno()))
    pipe.close()
    sender(PhaseStarted("embed"))
    assert receiver.received(10) == [(7, PhaseStarted("embed"))]
    for number in range(50_000):  # nobody reads: far more than pipe and queue hold
        sender(Notice("info", f"{number} {'x' * 200}"))
    sender(PhaseStarted("index"))
    started = time.monotonic()
    sender.close()
    assert time.monotonic() - started < 30
    assert len(receiver.received(10)) > 100


def test_of_progress_that_counts_on_the_newest_is_enough() -> None:
    receiver = ProgressReceiver()
    pipe = receiver.open(1)
    sender = ProgressSender(os.dup(pipe.fileno()))
    pipe.close()
    for number in range(10_000):
        sender(FileProgress(number, 10_000, 0, 0, 0, "a.py"))
    sender(PhaseStarted("commit"))
    sender.close()
    sender._pipe.close()
    found = []
    while receiver.is_open:
        found += receiver.received(10)
    assert found[-2:] == [(1, PhaseStarted("commit")), (1, None)]
    assert len(found) < 1000
