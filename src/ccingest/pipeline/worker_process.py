"""A worker process, as the chunk pool sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue

from ccingest.models import SelectedFile
from ccingest.pipeline.messages import READY, ChunkerConfig

# What it imports must be what is imported here: not what lies in the current folder, say.
_START = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from ccingest.pipeline.chunk_worker import main; main()"
)
# What a worker parses may be hostile: native code that it takes over finds no credentials.
_SECRET = re.compile("TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PROXY", re.IGNORECASE)


class WorkerCrashedError(Exception):
    """It crashed, or was killed. `was_ready` is False when it had not even begun."""

    def __init__(self, *, was_ready: bool) -> None:
        super().__init__()
        self.was_ready = was_ready


class WorkerProcess:
    """A process that chunks files, in the order in which they are sent to it.

    Not forked: a fork would copy the locks of threads that it does not copy. Its standard input is
    one end of a socket pair, the only thing that it shares with this process. It ends at once when
    the other end is closed, and what its native code prints goes nowhere.
    """

    def __init__(self, config: ChunkerConfig) -> None:
        """Raises OSError when the system has no room for another process."""
        self.load = 0  # kept by the pool: the work sent and not received yet
        self._config = config
        self._start()

    def send(self, files: list[SelectedFile]) -> None:
        self._send(files)

    def receive(self, seconds: float) -> bytes | None:
        """The next result; None when there is none in that time. Raises WorkerCrashedError."""
        try:
            message = self._received.get(timeout=seconds)
            if message == READY:
                self._is_ready = True
                message = self._received.get(timeout=seconds)
        except Empty:
            return None
        if message is None or not self._is_ready:  # an error may not occur in this process
            raise WorkerCrashedError(was_ready=self._is_ready)
        return message

    def restart(self, files: list[SelectedFile]) -> None:
        """Send these files to a new process in its place. Raises OSError."""
        self.end()
        self._start()
        self._send(files)

    def end(self) -> None:
        """At once: it has nothing that must be saved."""
        self._process.kill()
        self._process.wait()
        self._receiver.join()
        self._connection.close()

    def _start(self) -> None:
        self._process, self._connection = _start_process()
        self._is_ready = False
        self._received: SimpleQueue[bytes | None] = SimpleQueue()
        self._receiver = threading.Thread(
            target=_receive, args=(self._connection, self._received), daemon=True
        )
        self._receiver.start()
        self._send(self._config)

    def _send(self, message: object) -> None:
        with suppress(OSError):  # it crashed: that shows when a result is waited for
            self._connection.send(message)


def _receive(connection: Connection, received: SimpleQueue[bytes | None]) -> None:
    """All the time: while this process embeds, the socket would be full, and the worker wait."""
    try:
        while True:
            received.put(connection.recv_bytes())
    except (EOFError, OSError):
        received.put(None)


def _start_process() -> tuple[subprocess.Popen[bytes], Connection]:
    """The process and a connection to it."""
    connection, their_end = Pipe()
    with their_end:
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, *sys.path],
                stdin=their_end.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the parent alone
            )
        except OSError:
            connection.close()
            raise
    return process, connection


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
