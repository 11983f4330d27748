"""A child process, as its parent sees it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from ccingest.pipeline.messages import (
    BLOCK,
    READY,
    Frames,
    Order,
    framed,
    write_order,
    write_request,
)
from ccingest.records import TreeFile

# What it imports must be what is imported here: not what lies in the current folder, say.
_START = "import sys; sys.path[:] = sys.argv[1:]; from ccingest.pipeline.child import main; main()"


class ChildDiedError(Exception):
    """It crashed, or was killed. `was_ready` is False when it had not even begun."""

    def __init__(self, *, was_ready: bool) -> None:
        super().__init__()
        self.was_ready = was_ready


class Child:
    """A process that chunks files, in the order in which it was asked to.

    Not forked: a fork would copy the locks of threads that it does not copy. It holds nothing of
    this process but its ends of two pipes, and ends at once when the other ends are closed.
    """

    def __init__(self, order: Order) -> None:
        """Raises OSError when the system has no room for another process."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent alone
        )
        self._blocks: SimpleQueue[bytes] = SimpleQueue()
        self._frames = Frames()
        self._is_ready = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._send(write_order(order))

    def ask(self, files: Sequence[TreeFile]) -> None:
        self._send(write_request(files))

    def answer(self, seconds: float) -> bytes | None:
        """The next answer; None when there is none in that time. Raises ChildDiedError."""
        while True:
            frame = self._frames.take()
            if frame == READY:
                self._is_ready = True
            elif frame is not None and self._is_ready:
                return frame
            elif frame is not None:  # an error; this process may do better, or tell it better
                raise ChildDiedError(was_ready=False)
            else:
                try:
                    block = self._blocks.get(timeout=seconds)
                except Empty:
                    return None
                if not block:
                    raise ChildDiedError(was_ready=self._is_ready)
                self._frames.add(block)

    def end(self) -> None:
        """There is nothing that it would have to put in order."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(OSError):  # what it was still to be asked
                pipe.close()

    def _send(self, frame: bytes) -> None:
        pipe = self._process.stdin
        assert pipe
        with suppress(OSError):  # it died: that shows when an answer is waited for
            pipe.write(framed(frame))
            pipe.flush()

    def _listen(self) -> None:
        """All the time, so that the child never waits for this process to read."""
        pipe = self._process.stdout
        assert pipe
        block = b"none yet"
        while block:
            block = pipe.read1(BLOCK)  # type: ignore[attr-defined]
            self._blocks.put(block)
