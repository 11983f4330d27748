"""Rich's console, as the commands need it. Imported when something is shown, because that takes 40 ms."""

from __future__ import annotations

import os
from io import StringIO
from typing import Any, TextIO

from rich.console import Console

_LEAST_COLUMNS = 20  # what rich can lay a table out in
_OF_THE_SCREEN = ("COLUMNS", "LINES")


class PlainConsole(Console):
    """A console that leaves a broken pipe to the command."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console_for(stream: TextIO) -> Console:
    """In a pipe, lines are not wrapped: `grep` and `awk` see them whole."""
    asked = _number("COLUMNS")
    width = max(asked, _LEAST_COLUMNS) if asked else None if stream.isatty() else 10_000
    # Rich itself would take a width of 0 as it is, and show nothing.
    without = {name: value for name, value in os.environ.items() if name not in _OF_THE_SCREEN}
    return PlainConsole(
        file=stream,
        width=width,
        height=_number("LINES") or None,
        highlight=False,
        emoji=False,
        markup=False,
        _environ=without,
    )


def _number(name: str) -> int:
    """That of a variable; 0 where it is none."""
    value = os.environ.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else 0


def recording(console: Console) -> Console:
    """A console that keeps in a StringIO what `console`, a terminal, would show."""
    return PlainConsole(
        file=StringIO(),
        width=console.width,
        height=console.height,
        force_terminal=True,
        color_system=_COLOURS.get(console.color_system or ""),
        highlight=False,
        emoji=False,
        markup=False,
    )


_COLOURS: dict[str, Any] = {name: name for name in ("standard", "256", "truecolor", "windows")}
