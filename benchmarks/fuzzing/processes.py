"""What a process that answers takes of the machine, and what it says on stderr."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import Popen

_MOST_MEMORY = 700 * 1024  # KiB
_TICKS = os.sysconf("SC_CLK_TCK")


class Watched:
    """A process whose stderr goes to a file. Linux only: it reads /proc."""

    process: Popen[bytes]
    errors: Path

    def said(self) -> str:
        return self.errors.read_text(encoding="utf8", errors="replace")[-1500:]

    def cpu(self) -> float:
        """Seconds of processor time until now."""
        text = self._about("stat").read_text(encoding="utf8")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak(self) -> int:
        """KiB of memory, at most."""
        status = self._about("status").read_text(encoding="utf8")
        return int(status.partition("VmHWM:")[2].split()[0])

    def is_small(self) -> bool:
        return self.peak() < _MOST_MEMORY

    def waits_for_the_processor(self) -> bool:
        """Whether a thread of it would go on, if the machine had nothing else to do."""
        states = (path.read_text().rpartition(")")[2].split()[0] for path in self._threads())
        return "R" in states

    def _threads(self) -> list[Path]:
        return [path / "stat" for path in self._about("task").iterdir()]

    def open_files(self) -> int:
        return sum(1 for _ in self._about("fd").iterdir())

    def _about(self, what: str) -> Path:
        return Path(f"/proc/{self.process.pid}/{what}")
