"""The progress of a worker process, on a pipe to the process that has started it."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from ccingest.progress import FileProgress, Progress, TransferProgress

_INTERVAL = 0.1  # seconds between two of the events that only count on
_MOST_WAITING = 1000  # events that the reader has not taken yet
_LAST_WORDS = 1.0  # seconds for the last events, when the process ends


class ProgressSender:
    """An Emit that sends to a reader which may be slow, stopped or gone: it never waits for it."""

    def __init__(self, descriptor: int) -> None:
        self._pipe = Connection(descriptor, readable=False)
        self._waiting: queue.Queue[Progress | None] = queue.Queue(_MOST_WAITING)
        self._next = 0.0
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()

    def __call__(self, progress: Progress) -> None:
        if isinstance(progress, FileProgress | TransferProgress):
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + _INTERVAL
        with suppress(queue.Full):
            self._waiting.put_nowait(progress)

    def close(self) -> None:
        """Send what waits, if the reader takes it soon."""
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(_LAST_WORDS)

    def _send_all(self) -> None:
        with suppress(OSError):  # nobody reads any more
            while (progress := self._waiting.get()) is not None:
                self._pipe.send(progress)


class ProgressReceiver:
    """What several processes send, each under the number of its process."""

    def __init__(self) -> None:
        self._pipes: dict[Connection, int] = {}

    def open(self, number: int) -> Connection:
        """A pipe for a process to write to. Close it here when the process has it."""
        from multiprocessing import Pipe

        ours, theirs = Pipe(duplex=False)
        self._pipes[ours] = number
        return theirs

    def received(self, seconds: float) -> list[tuple[int, Progress | None]]:
        """What has come, after at most so many seconds. None comes last from a process."""
        from multiprocessing.connection import wait

        found: list[tuple[int, Progress | None]] = []
        for pipe in wait(list(self._pipes), seconds):
            assert isinstance(pipe, Connection)
            try:
                while pipe.poll():
                    found.append((self._pipes[pipe], pipe.recv()))
            except (EOFError, OSError):
                found.append((self._pipes.pop(pipe), None))
                pipe.close()
        return found

    @property
    def is_open(self) -> bool:
        return bool(self._pipes)
