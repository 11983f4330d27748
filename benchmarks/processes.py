"""Runs a command and tells what it cost: seconds, CPU seconds and memory of all its processes."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAUSE = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Outcome:
    out: str
    seconds: float
    cpu_seconds: float
    peak_mb: float  # of the command and its children together, pages they share counted once


def run(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: str = ""
) -> Outcome:
    """Raises SystemExit, with what the command said, when it fails. Linux only: reads /proc."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watcher.start()
    out, err = process.communicate(stdin)
    seconds = time.perf_counter() - start
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{err}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(out, seconds, cpu, peak[0])


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(memory_of(one).all_mb for one in tree(process.pid)))
        time.sleep(_PAUSE)


def tree(pid: int) -> list[int]:
    """The process and all that come from it."""
    found = [pid]
    for parent in found:
        try:
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except OSError:  # it has ended meanwhile
            continue
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    all_mb: float = 0.0
    own_mb: float = 0.0  # without mapped files


def memory_of(pid: int) -> Memory:
    """A page that n processes share counts as 1/n of a page in each."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return Memory()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
    return Memory(kilobytes.get("Pss", 0) / 1024, kilobytes.get("Pss_Anon", 0) / 1024)


def open_files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0
