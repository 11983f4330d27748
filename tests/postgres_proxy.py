"""A proxy before a Postgres server that cuts a connection at the moment that a test chooses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import psycopg

# Before the server gets a message; after it has answered, and nobody gets the answer; or the server
# ends the connection, and says so.
How: TypeAlias = Literal["before", "after", "ended"]
HOWS: tuple[How, ...] = ("before", "after", "ended")


@dataclass
class Sweep:
    """Cuts each connection one message later than the one before it, until one gets through.

    So a step that is done again after each loss is cut at all of its messages, and at those that open
    a connection.
    """

    how: How
    spares: tuple[bytes, ...]  # what messages hold that do not count
    cuts: list[str] = field(default_factory=list)  # the messages that were cut


class Proxy:
    """Forwards connections to a server. When `cut` is set, the next COMMIT ends its connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._server = ("127.0.0.1", urlsplit(url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        # "left": as "before", but the server does not learn that its client is gone.
        self.cut: Literal["", "before", "after", "left"] = ""
        self.sweep: Sweep | None = None
        self._sent: dict[socket.socket, int] = {}  # by each client, since the sweep began
        self._lock = threading.Lock()
        self._raw: psycopg.Connection | None = None  # to end others
        self._swallows: socket.socket | None = None  # gets no answer any more

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        return self._url.replace(f":{self._server[1]}/", f":{port}/")

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._listener.close()
            with self._lock:
                if self._raw:
                    self._raw.close()

    @contextmanager
    def sweeping(self, how: How, spares: tuple[bytes, ...] = ()) -> Iterator[Sweep]:
        """While the body runs, connections are cut."""
        self._sent.clear()
        self.sweep = sweep = Sweep(how, spares)
        try:
            yield sweep
        finally:
            self.sweep = None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed: the test is over
                return
            server = socket.create_connection(self._server)
            for forward in (self._up, self._down):
                threading.Thread(target=forward, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                how = self._how(client, data)
                if how == "before":
                    break
                if how == "left":
                    _end(client)
                    return
                if how == "ended":
                    self._end_at_server(server)
                    return  # the other thread passes on what the server says
                if how == "after":
                    self._swallows = client
                server.sendall(data)
        _end(client, server)

    def _how(self, client: socket.socket, data: bytes) -> How | Literal["left"] | None:
        """How the connection is cut at this message; None when it isn't."""
        if self.cut and b"COMMIT" in data:
            found, self.cut = self.cut, ""
            return found
        if not self.sweep or not data.startswith(b"Q"):  # a statement
            return None
        if any(text in data for text in self.sweep.spares):
            return None
        self._sent[client] = self._sent.get(client, 0) + 1
        if self._sent[client] <= len(self.sweep.cuts):
            return None
        self.sweep.cuts.append(data[5:-1].decode())
        return self.sweep.how

    def _end_at_server(self, server: socket.socket) -> None:
        with self._lock:
            self._raw = self._raw or psycopg.connect(self._url, autocommit=True)
            self._raw.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = %s",
                (server.getsockname()[1],),
            )

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self._swallows is client:
                    break
                client.sendall(data)
        _end(client, server)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
