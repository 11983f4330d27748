"""Starting a process of this program, and a connection to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection

# The process gets this sys.path, so that it imports the same modules, and none of the current folder.
_START = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from importlib import import_module; import_module(sys.argv[1]).main()"
)


def start_child(
    module: str, *, environment: Mapping[str, str] | None = None, is_silent: bool = False
) -> tuple[subprocess.Popen[bytes], Connection]:
    """A process that runs `main` of this module, and a connection to it.

    It is not forked, because a fork copies locks that other threads hold, but not those threads. The
    process shares only a socket with this one, as its standard input, and ends when that is closed.
    With `is_silent`, what its native code prints is discarded. Raises OSError when the system has no
    room for another process.
    """
    connection, their_end = Pipe()
    with their_end:
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, module, *sys.path],
                stdin=their_end.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if is_silent else None,
                env=environment,
                start_new_session=True,  # Ctrl-C goes to the parent only
            )
        except OSError:
            connection.close()
            raise
    return process, connection
