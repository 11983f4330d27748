"""Running the command at a pseudo-terminal, and what a person then sees on the screen."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyte

from warm_start import AT_ITS_TERMINAL

_LINES = 24
_TIMEOUT = 60.0  # seconds
_PIECE = 65_536  # bytes


@dataclass(frozen=True)
class Shown:
    """How a command at a terminal ended, what it wrote, and what the screen shows at the end."""

    code: int
    written: str
    screen: list[str]  # lines without trailing blanks, up to the last line with text
    cursor_hidden: bool


def at_terminal(
    *arguments: str,
    environment: Mapping[str, str],
    columns: int = 100,
    answer: tuple[str, str] | None = None,
) -> Shown:
    """Run `ccingest` at a terminal with so many columns.

    `answer`: once the first text was written, the second is typed.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", AT_ITS_TERMINAL, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    ends = time.monotonic() + _TIMEOUT
    while piece := _read(ours, ends - time.monotonic()):
        written += piece
        if answer and answer[0].encode() in written:
            os.write(ours, answer[1].encode())
            answer = None
    if time.monotonic() > ends:
        process.kill()
    os.close(ours)
    screen = pyte.Screen(columns, _LINES)
    pyte.ByteStream(screen).feed(written)
    rows = "\n".join(row.rstrip() for row in screen.display).rstrip().split("\n")
    return Shown(process.wait(), written.decode(), rows, screen.cursor.hidden)


def screens(written: str, columns: int = 100) -> Iterator[list[str]]:
    """What the screen showed, each time before the bars were drawn again."""
    screen = pyte.Screen(columns, _LINES)
    stream = pyte.Stream(screen)
    for piece in written.split("\r\x1b[2K"):
        stream.feed(piece)
        yield [row.rstrip() for row in screen.display if row.strip()]
        stream.feed("\r\x1b[2K")


def _read(terminal: int, seconds: float) -> bytes:
    """What was written; empty when the other end is closed, or after so many seconds."""
    ready, _, _ = select.select([terminal], [], [], max(seconds, 0))
    try:
        return os.read(terminal, _PIECE) if ready else b""
    except OSError:  # Linux raises it when the other end is closed
        return b""
