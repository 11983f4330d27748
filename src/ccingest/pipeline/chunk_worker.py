"""A process that reads and chunks files for a chunk pool, and ends with it.

Grammars are native code. One that crashes or never returns ends this process, but not the job.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import NoReturn

from ccingest.chunking import run_on_parser_thread
from ccingest.pipeline.chunked import FileCutter
from ccingest.pipeline.messages import (
    READY,
    ChunkerConfig,
    decode_files,
    encode_error,
    encode_result,
)
from ccingest.process import configure_process

# The most processor time for one file. A file of 1 MiB whose parser gives up takes far less.
MAX_SECONDS = 20.0


def main() -> None:
    """Serve the pool, which is at the other end of the socket that is standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    configure_process()
    pool = Connection(0)
    sys.excepthook = partial(_send_error, pool)
    received: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(pool, received), daemon=True).start()
    config: ChunkerConfig = pickle.loads(received.get())
    cutter = FileCutter(config.snapshot, config.target, config.overlap)
    pool.send_bytes(READY)
    # All on the thread that parses: to change threads for each file takes as long as a small file.
    run_on_parser_thread(_serve, pool, received, cutter)


def _serve(pool: Connection, received: SimpleQueue[bytes], cutter: FileCutter) -> NoReturn:
    while True:
        for file in decode_files(received.get()):
            # Nothing handles the signal of this timer, so it ends the process, even in native code.
            signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
            # Send each result at once: the pool blames a crash on the first file without a result.
            pool.send_bytes(encode_result(cutter.cut(file)))


def _receive(pool: Connection, received: SimpleQueue[bytes]) -> None:
    """Receive files until the pool closes its end or is killed; then end this process.

    This is a thread, so that the pool can always send, and its end is noticed at once. It passes on
    bytes only, so that errors of unpickling are raised in the main thread.
    """
    try:
        while True:
            received.put(pool.recv_bytes())
    except (EOFError, OSError):  # the pool has ended: this is how every worker ends
        os._exit(0)


def _send_error(
    pool: Connection,
    _: type[BaseException],
    error: BaseException,
    __: TracebackType | None,
) -> None:
    pool.send_bytes(encode_error(error, "".join(traceback.format_exception(error))))
