"""The standard streams as a process may find them: closed, full, broken off, of any encoding."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO

from ccingest.errors import CcingestError


class OutputError(CcingestError):
    """Standard output can't be written any more, for example because its disk is full."""

    kind = "output"


def open_streams() -> None:
    """Make all three usable. Call it before any other file is opened.

    A closed stream becomes the null device. Else the next file that is opened, the database say,
    would get its number, and what is printed would be written into it. So does an input that is
    open for writing alone.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest free number: this one
        if number == 0 and not _is_readable(number):
            os.dup2(os.open(os.devnull, os.O_RDONLY), number)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115
    _set_errors(sys.stdin, "replace")
    _set_errors(sys.stdout, "backslashreplace")
    _set_errors(sys.stderr, "backslashreplace")
    sys.stderr = _Tolerant(sys.stderr)


def _is_readable(number: int) -> bool:
    try:
        import fcntl
    except ImportError:  # not on Windows
        return True
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY


def close_streams(exit_code: int) -> int:
    """Write out what is still held back; returns the exit code, 1 when that fails."""
    try:
        with writing_output():
            sys.stdout.flush()
    except BrokenPipeError:
        return exit_code
    except OutputError as error:
        sys.stderr.write(f"ccingest: {error.message}\n")
        return exit_code or 1
    sys.stderr.flush()
    return exit_code


@contextmanager
def writing_output() -> Iterator[None]:
    """Raises OutputError for what standard output does not take; BrokenPipeError stays."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        raise OutputError(f"The output can't be written: {error.strerror}.") from error


def write_text(text: str) -> None:
    """Print it on standard output, unless its reader has gone. Raises OutputError."""
    try:
        with writing_output():
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """What is still to be printed goes nowhere: Python would complain when it writes the rest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _set_errors(stream: TextIO, errors: str) -> None:
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors=errors)


class _Tolerant:
    """Standard error that loses what can't be written: a job must not fail for its progress."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
