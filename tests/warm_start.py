"""Tests start processes of ccingest by a fork of one that has imported it: `warm_process.py`.

They are processes of their own in all else: children of the process of the tests, with streams, an
environment, a folder and signals of their own. What asks for more is started as usual, and on any
other system than Linux, everything is.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from ccingest.process import children
from warm_process import CLONE, HEAD, SIGNALS

# Runs ccingest at the terminal that is its standard input, so that Ctrl-C there is a signal to it.
AT_ITS_TERMINAL = """\
import fcntl, runpy, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.argv[0] = "ccingest"
runpy.run_module("ccingest", run_name="__main__")
"""
# Programs that are forked, beside all that are started as `python -m`.
_PROGRAMS = frozenset([children._START, AT_ITS_TERMINAL])
# Python and libraries read them only once, so the fork must have the same.
_READ_ONCE = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "OPENBLAS_", "OMP_", "ARROW_", "LANCE_")
_NOT_ONCE = ("PYTHONPATH", "PYTHONWARNINGS")
_LONGEST = 100_000  # characters of an argument; the system refuses longer ones
_PLAIN: Mapping[str, Any] = {
    "executable": None, "preexec_fn": None, "close_fds": True, "pass_fds": (), "shell": False,
    "restore_signals": True, "gid": None, "gids": None, "uid": None, "umask": -1,
    "process_group": -1,
}  # fmt: skip


class WarmStart:
    """The process that forks. It starts with the first command, or before, and ends with `end`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gate: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._has_failed = False

    def can_start(self, given: Mapping[str, Any]) -> bool:
        arguments = given["args"]
        if self._has_failed or isinstance(arguments, (str, bytes)) or len(arguments) < 3:
            return False
        if any(given.get(name, plain) != plain for name, plain in _PLAIN.items()):
            return False
        program, option, name, *_ = words = [os.fsdecode(word) for word in arguments]
        return (
            program == sys.executable
            and (option == "-m" or (option == "-c" and name in _PROGRAMS))
            and not any("\0" in word or len(word) > _LONGEST for word in words)
            and Path(os.fsdecode(given["cwd"] or ".")).is_dir()
            and _read_once(given["env"]) == _read_once(None)
        )

    def start(self, given: Mapping[str, Any]) -> int | None:
        """The number of a new process that is a child of this one; None where forking fails."""
        _, option, name, *arguments = [os.fsdecode(word) for word in given["args"]]
        environment = os.environ if given["env"] is None else given["env"]
        body = json.dumps(
            {
                "option": option,
                "name": name,
                "arguments": arguments,
                "folder": str(Path(os.fsdecode(given["cwd"] or ".")).absolute()),
                "environment": {os.fsdecode(n): os.fsdecode(v) for n, v in environment.items()},
                "own_session": given["start_new_session"],
                "ignored": [n for n in SIGNALS if signal.getsignal(n) is signal.SIG_IGN],
            }
        ).encode()
        pipes = (given["p2cread"], given["c2pwrite"], given["errwrite"])
        streams = [own if pipe == -1 else pipe for own, pipe in enumerate(pipes)]
        with self._lock:
            gate = self._gate or self.open()
            try:
                socket.send_fds(gate, [HEAD.pack(len(body))], streams)
                gate.sendall(body)
                (number,) = HEAD.unpack(gate.recv(HEAD.size))
            except (OSError, struct.error):  # it has ended, and said why on standard error
                number = -1
            self._has_failed = number < 0
        return None if self._has_failed else number

    def end(self) -> None:
        if self._gate and self._process:
            self._gate.close()
            self._process.kill()
            self._process.wait()

    def open(self) -> socket.socket:
        """Start the process; to import all takes it a few seconds."""
        self._gate, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("warm_process.py"))],
                stdin=theirs.fileno(),
                # Else pyarrow's allocator has a thread, see `warm_process.py`.
                env={**os.environ, "JE_ARROW_MALLOC_CONF": "background_thread:false"},
            )
        return self._gate


def _read_once(environment: Mapping[Any, Any] | None) -> dict[str, str]:
    given = os.environ if environment is None else environment
    named = {os.fsdecode(name): os.fsdecode(value) for name, value in given.items()}
    return {
        name: value
        for name, value in named.items()
        if name.startswith(_READ_ONCE) and name not in _NOT_ONCE
    }


@contextmanager
def warm_start() -> Iterator[None]:
    """From now on, `subprocess` forks where it can."""
    if sys.platform != "linux" or CLONE is None:
        yield
        return
    warm, begin = WarmStart(), subprocess.Popen._execute_child  # type: ignore[attr-defined]
    names = inspect.signature(begin)

    @functools.wraps(begin)
    def begin_warm(popen: Any, *arguments: Any) -> None:
        given = names.bind(popen, *arguments).arguments
        number = warm.start(given) if warm.can_start(given) else None
        if number is None:
            begin(popen, *arguments)
            return
        popen.pid, popen._child_created = number, True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        popen._close_pipe_fds(*(given[pipe] for pipe in pipes))

    subprocess.Popen._execute_child = begin_warm  # type: ignore[attr-defined]
    if "PYTEST_XDIST_WORKER" in os.environ:  # there are many tests, so that it will be needed
        warm.open()
    try:
        yield
    finally:
        subprocess.Popen._execute_child = begin  # type: ignore[attr-defined]
        warm.end()
