"""A process that reads and chunks files for a chunk pool, and dies with it.

A grammar is native code: one that crashes or never ends takes this process with it, not the job.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from ccingest.pipeline.chunked import FileCutter
from ccingest.pipeline.messages import READY, ChunkerConfig, encode_error, encode_result
from ccingest.process import configure_process

# Of processor time, for one file: many times what a file of 1 MiB takes with a parse that is
# given up.
MAX_SECONDS = 20.0


def main() -> None:
    """Serve the pool at the other end of the socket that is standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what an interrupt means, the parent decides
    configure_process()
    pool = Connection(0)
    sys.excepthook = partial(_send_error, pool)
    received: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_receive, args=(pool, received), daemon=True).start()
    config: ChunkerConfig = received.get()
    cutter = FileCutter(config.snapshot, config.target, config.overlap)
    pool.send_bytes(READY)
    while True:
        for file in received.get():
            # The signal of this timer, which nothing handles, ends the process, and native code
            # can't hold it up.
            signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
            # Sent at once: the pool blames a crash on the first file that has no result.
            pool.send_bytes(encode_result(cutter.cut(file)))


def _receive(pool: Connection, received: SimpleQueue[Any]) -> None:
    """Until the pool closes its end, or is killed: then there is nobody to work for.

    A thread of its own, so that the pool can always send, and its end is noticed at once.
    """
    try:
        while True:
            received.put(pool.recv())
    except (EOFError, OSError):
        os._exit(0)


def _send_error(
    pool: Connection,
    _: type[BaseException],
    error: BaseException,
    __: TracebackType | None,
) -> None:
    pool.send_bytes(encode_error(error, "".join(traceback.format_exception(error))))
