"""The settings of a whole process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest.process import configure_process

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
    program = "import sys; del sys.path[0]; from ccingest.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "worker", "--drain", "--concurrency", "2", "--json"],
        cwd=folder,
        env={**os.environ, "CCINGEST_HOME": str(tmp_path / "home")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()
