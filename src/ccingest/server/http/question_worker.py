"""A process that answers questions for a server, and ends with it."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection

from ccingest.client import Client
from ccingest.errors import CcingestError
from ccingest.process import configure_environment, log_to_stderr


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
            while True:
                arguments, options = server.recv()
                try:
                    server.send(client.answer(*arguments, **options))
                except CcingestError as error:
                    server.send(error)
    except (EOFError, OSError):  # the server has ended
        return
