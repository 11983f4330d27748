"""Names of files and arguments are UTF-8, whatever the locale."""

from __future__ import annotations

import os
import sys


def use_utf8() -> None:
    """Begin again in Python's UTF-8 mode where the locale has another encoding, such as Latin-1.

    There Python would read each path of a repository as another text than git and the datasets have,
    and some it could not open. The streams keep the encoding of the locale. Call it first.
    """
    if sys.getfilesystemencoding() == "utf-8" or "utf8" in sys._xoptions or not sys.executable:
        return
    environment = {**os.environ, "PYTHONUTF8": "1"}  # also for the processes that it starts
    if sys.stdout is not None:
        environment.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    command: list[str | bytes] = [sys.executable, "-X", "utf8"]
    command += map(_in_utf8, sys.orig_argv[1:])
    os.execve(sys.executable, command, environment)


def _in_utf8(argument: str) -> bytes:
    """An argument as UTF-8. The name of a file keeps its bytes, and so does what is UTF-8 already."""
    given = os.fsencode(argument)
    try:
        given.decode()
    except UnicodeDecodeError:
        if os.path.lexists(argument):
            return given
    else:
        return given
    try:
        return argument.encode()
    except UnicodeEncodeError:  # it is no text of the locale either
        return given
