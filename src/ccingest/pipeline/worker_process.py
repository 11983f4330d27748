"""Starting a worker process of the chunk pool, and talking to it."""

from __future__ import annotations

import os
import pickle
import re
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue

from ccingest.models import SelectedFile
from ccingest.pipeline.messages import READY, ChunkerConfig, encode_files
from ccingest.process.children import start_child

_MODULE = "ccingest.pipeline.chunk_worker"
# A hostile file may take over a parser, so its process must not have credentials.
_SECRET = re.compile(
    "TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PROXY|BASE_URL", re.IGNORECASE
)


class WorkerCrashedError(Exception):
    """A worker crashed or was killed. `was_ready` is False when it had not started to chunk."""

    def __init__(self, *, was_ready: bool) -> None:
        super().__init__()
        self.was_ready = was_ready


class WorkerProcess:
    """A process that chunks files, in the order in which they are sent to it.

    It ends when this process does. What its native code prints is discarded.
    """

    def __init__(self, config: ChunkerConfig) -> None:
        """Raises OSError when the system has no room for another process."""
        self.load = 0  # set by the pool: work that was sent and has no result yet
        self._config = config
        self._start()

    def send(self, files: list[SelectedFile]) -> None:
        self._send(encode_files(files))

    def receive(self, seconds: float) -> bytes | None:
        """The next result; None when none comes within `seconds`. Raises WorkerCrashedError."""
        try:
            message = self._received.get(timeout=seconds)
            if message == READY:
                self._is_ready = True
                message = self._received.get(timeout=seconds)
        except Empty:
            return None
        if (
            message is None or not self._is_ready
        ):  # if it fails before READY, this process may still succeed
            raise WorkerCrashedError(was_ready=self._is_ready)
        return message

    def restart(self, files: list[SelectedFile]) -> None:
        """Send these files to a new process in its place. Raises OSError."""
        self.end()
        self._start()
        self._send(encode_files(files))

    def end(self) -> None:
        """Kill the process. It has nothing to save."""
        self._process.kill()
        self._process.wait()
        self._receiver.join()
        self._connection.close()

    def _start(self) -> None:
        self._process, self._connection = start_child(
            _MODULE, environment=_environment(), is_silent=True
        )
        self._is_ready = False
        self._received: SimpleQueue[bytes | None] = SimpleQueue()
        self._receiver = threading.Thread(
            target=_receive, args=(self._connection, self._received), daemon=True
        )
        self._receiver.start()
        self._send(pickle.dumps(self._config))

    def _send(self, message: bytes) -> None:
        with suppress(OSError):  # it has crashed, which `receive` reports
            self._connection.send_bytes(message)


def _receive(connection: Connection, received: SimpleQueue[bytes | None]) -> None:
    """Receive results all the time. A full socket would stop the worker while this process embeds."""
    try:
        while True:
            received.put(connection.recv_bytes())
    except (EOFError, OSError):  # the process has ended, which `receive` reports
        received.put(None)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
