"""A process that answers questions for a server, and ends with it."""

from __future__ import annotations

import gc
import signal
from multiprocessing.connection import Connection

from ccingest.client import Client
from ccingest.errors import CcingestError
from ccingest.process import configure_environment, log_to_stderr

# Chunks and words that are held in memory are many objects, none of which is garbage: by itself Python
# looks at all of them again and again, 0.1 s each time. Cycles are few here.
_COLLECT_AFTER = (20_000, 20, 50)


def main() -> None:
    """Answer the server, which is at the other end of the socket that is standard input."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the server handles them, and ends this process
        signal.signal(number, signal.SIG_IGN)
    configure_environment()
    log_to_stderr()
    server = Connection(0)
    try:
        with Client(server.recv()) as client:
            client.warm_up()
            _tame_garbage_collection()
            while True:
                arguments, options = server.recv()
                try:
                    server.send(client.answer(*arguments, **options))
                except CcingestError as error:
                    server.send(error)
    except (EOFError, OSError):  # the server has ended
        return


def _tame_garbage_collection() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
