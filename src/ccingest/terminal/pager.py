"""Showing what is longer than the screen in a pager."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from ccingest.process.streams import writing_output

if TYPE_CHECKING:
    from rich.console import Console

_PAGER = "less -FRX"


def show_paged(console: Console, show: Callable[[Console], None]) -> None:
    """Show it on a terminal: in the pager when it has more lines than the screen.

    The pager is that of CCINGEST_PAGER, of `pager` in config.toml, or of PAGER; an empty one, or
    `cat`, is none. Without one that can be started, all of it is printed.
    """
    text = _rendered(console, show)
    command = _command() if _rows(text, console.width) >= console.height else []
    if not (command and _page(command, text)):
        with writing_output():
            console.file.write(text)
            console.file.flush()


def _rendered(console: Console, show: Callable[[Console], None]) -> str:
    from ccingest.terminal.console import recording

    copy = recording(console)
    show(copy)
    assert isinstance(copy.file, StringIO)
    return copy.file.getvalue()


def _rows(text: str, width: int) -> int:
    """How many lines of the screen it takes; a long one wraps."""
    from rich.text import Text

    return sum(
        max(1, -(-Text.from_ansi(line).cell_len // max(width, 1))) for line in text.splitlines()
    )


def _command() -> list[str]:
    from ccingest.settings import load_settings

    given = os.environ.get("CCINGEST_PAGER")
    if given is None:
        given = load_settings().pager or os.environ.get("PAGER", _PAGER)
    try:
        command = shlex.split(given)
    except ValueError:
        return []
    return [] if command == ["cat"] else command


def _page(command: list[str], text: str) -> bool:
    """Whether the pager could be started. The user may leave it at any time."""
    # Flags for a `less` that is named without them, as git gives them.
    environment = {"LESS": "FRX", "LV": "-c", **os.environ}
    sys.stdout.flush()
    with TemporaryFile() as whole:  # no pipe: it would be full while the user reads
        whole.write(text.encode(sys.stdout.encoding, "backslashreplace"))
        whole.seek(0)
        try:
            pager = subprocess.Popen(command, stdin=whole, env=environment)
        except (OSError, ValueError):
            return False
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager
        try:
            pager.wait()
        finally:
            signal.signal(signal.SIGINT, before)
    return True
