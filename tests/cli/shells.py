"""A real shell at a pseudo-terminal, in which the tests type and press Tab."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import pyte

_LINES, _COLUMNS = 60, 160
_TIMEOUT = 60.0  # seconds
# Makes the terminal its own, as job control needs it, and becomes the shell.
_AT_ITS_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
_CLEAR = "\x15\x0c"  # Ctrl-U and Ctrl-L


class Shell:
    """An interactive shell, and the screen that it writes on."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._screen = pyte.Screen(_COLUMNS, _LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = os.openpty()
        size = struct.pack("HHHH", _LINES, _COLUMNS, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_ITS_TERMINAL, *command],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env={**environment, "TERM": "xterm"}, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def press(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def shows(self, *texts: str) -> bool:
        """Whether all these are on the screen, or come to be within some seconds."""
        ends = time.monotonic() + _TIMEOUT
        while not all(text in self.screen for text in texts):
            if time.monotonic() > ends or not self._read(0.2):
                return False
        return True

    def completed(self, typed: str, *expected: str) -> bool:
        """Whether Tab after this text brings all of that on the screen."""
        self.press(_CLEAR)
        self.settle()
        # bash lists what fits at the second Tab.
        self.press(typed + ("\t\t" if len(expected) > 1 else "\t"))
        return self.shows(*expected)

    def settle(self, seconds: float = 0.15) -> None:
        """Wait until nothing has been written for that long."""
        while select.select([self._ours], [], [], seconds)[0] and self._read(0):
            pass

    @property
    def screen(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).strip()

    def _read(self, seconds: float) -> bool:
        if select.select([self._ours], [], [], seconds)[0]:
            try:
                self._stream.feed(os.read(self._ours, 65_536))
            except OSError:  # the shell has gone
                return False
        return True

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
