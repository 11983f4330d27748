"""A process that has imported what ccingest imports, and forks for each command of a test.

To import takes 0.1 to 1.5 seconds, which is most of what most commands take. `warm_start.py` starts
this process and talks to it.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import pkgutil
import platform
import runpy
import signal
import socket
import struct
import sys
import time
import warnings
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from threading import Lock, Thread
from typing import Any, TextIO
from unittest.mock import patch

HEAD = struct.Struct("!q")  # before a request, its length; as the answer, the number of the process
CLONE = {"x86_64": 56, "aarch64": 220}.get(platform.machine())  # the number of the system call
_CLONE_PARENT = 0x8000
# A process begins with those of them ignored that its parent ignores.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# What ccingest imports only where it needs it. None may start a thread: a fork has none of them, but
# their locks as they were.
_FOREIGN = (
    *("numpy", "pyarrow.dataset", "pyarrow.fs", "pyarrow.compute", "pygit2", "tokenizers", "httpx"),
    *("sqlite_utils", "pathspec", "charset_normalizer", "cronsim", "tree_sitter_language_pack"),
    *("mcp.server", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto"),
    *("uvicorn.lifespan.on", "uvicorn.loops.auto", "fastapi", "jinja2", "prometheus_client"),
    *("psycopg", "lxml.html", "html_to_markdown", "protego", "watchfiles", "jq", "tomlkit"),
    *("rich.table", "rich.progress", "multiprocessing.connection", "concurrent.futures.thread"),
    *("encodings.idna", "encodings.cp437"),
)


@dataclass(frozen=True)
class Command:
    """What to become: `python OPTION NAME ARGUMENTS`, where OPTION is -m or -c."""

    option: str
    name: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    own_session: bool
    ignored: list[int]  # signals


def main() -> None:
    gate = socket.socket(fileno=os.dup(0))
    base = sys.path[1 + len(_paths(os.environ)) :]  # without the folder of this script
    _import_all()
    threads = list(Path("/proc/self/task").iterdir())
    assert len(threads) == 1, "a module has started a thread"
    gc.freeze()
    command = _next_command(gate)
    _become(command, base)
    _run(command)


def _import_all() -> None:
    import ccingest

    for found in pkgutil.walk_packages(ccingest.__path__, "ccingest."):
        if not found.name.endswith("__main__"):
            import_module(found.name)
    for name in _FOREIGN:
        import_module(name)
    _import_lancedb()
    from ccingest.embedding.bundled import load_bundled
    from ccingest.selection.rules import PathRules

    load_bundled()
    PathRules.build({}, (), ())  # re keeps what it has compiled


def _import_lancedb() -> None:
    """lancedb starts a thread when it is imported. Here it does when the thread is first needed."""
    with patch.object(Thread, "start"):
        from lancedb.background_loop import LOOP
    LOOP.loop.close()
    starting = Lock()

    def run_first(future: Any) -> Any:
        with starting:
            if vars(LOOP).pop("run", None):
                LOOP.__init__()
        return LOOP.run(future)

    LOOP.run = run_first


def _next_command(gate: socket.socket) -> Command:
    """Fork for each command that comes; returns in the new process. Ends when there are no more."""
    while True:
        head, streams, _, _ = socket.recv_fds(gate, HEAD.size, 3)
        if not head:
            os._exit(0)
        body = _read(gate, *HEAD.unpack(head))
        number = _fork_beside()
        if number == 0:
            gate.close()
            for own, stream in enumerate(streams):
                os.dup2(stream, own)
        for stream in streams:
            os.close(stream)
        if number == 0:
            return Command(**json.loads(body))
        gate.sendall(HEAD.pack(number))


def _read(gate: socket.socket, length: int) -> bytes:
    body = b""
    while len(body) < length:
        body += gate.recv(length - len(body))
    return body


def _fork_beside() -> int:
    """As os.fork, but the new process is a child of this one's parent, which can wait for it."""
    library = ctypes.PyDLL(None)
    library.syscall.restype = ctypes.c_long
    with warnings.catch_warnings():
        # "lance is not fork-safe": it is, as long as it has no thread.
        warnings.simplefilter("ignore")
        ctypes.pythonapi.PyOS_BeforeFork()
    number = int(library.syscall(CLONE, _CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0))
    if number == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return number


def _become(command: Command, base: list[str]) -> None:
    """Make of this process what a new Python would be. What `ps` shows of it is its module's name."""
    module = command.name if command.option == "-m" else "".join(command.arguments[:1])
    Path("/proc/self/comm").write_text(module.rpartition(".")[2])
    if command.own_session:
        os.setsid()
    for number in SIGNALS:
        own = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in command.ignored else own)
    os.chdir(command.folder)
    os.environ.clear()
    os.environ.update(command.environment)
    time.tzset()
    first = command.folder if command.option == "-m" else ""
    sys.path[:] = [first, *_paths(os.environ), *base]
    sys.argv[:] = [command.option, *command.arguments]
    sys.orig_argv[:] = [sys.executable, command.option, command.name, *command.arguments]
    for stream_number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(stream_number, getattr(sys, name))
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.warnoptions[:] = list(filter(None, os.environ.get("PYTHONWARNINGS", "").split(",")))
    warnings._processoptions(sys.warnoptions)  # type: ignore[attr-defined]


def _paths(environment: os._Environ[str]) -> list[str]:
    given = environment.get("PYTHONPATH")
    return given.split(os.pathsep) if given else []


def _stream(number: int, like: TextIO) -> TextIO:
    """A standard stream, as Python makes it at its start."""
    mode = "r" if number == 0 else "w"
    is_direct = bool(os.environ.get("PYTHONUNBUFFERED"))
    buffering = 0 if is_direct and mode == "w" else -1
    buffer = open(number, f"{mode}b", buffering=buffering, closefd=False)  # noqa: SIM115
    return TextIOWrapper(
        buffer,
        encoding=like.encoding,
        errors=like.errors,
        newline="\n" if mode == "w" else None,
        line_buffering=not is_direct and (number == 2 or buffer.isatty()),
        write_through=is_direct,
    )


def _run(command: Command) -> None:
    if command.option == "-m":
        runpy.run_module(command.name, run_name="__main__", alter_sys=True)
    else:
        exec(compile(command.name, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
