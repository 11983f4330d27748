"""A proxy before a Postgres server that cuts a connection at the moment that a test chooses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit


class Proxy:
    """Forwards connections to a server. When `cut` is set, the next COMMIT ends its connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._server = ("127.0.0.1", urlsplit(url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        # Before the server gets the COMMIT, or after it has answered, and nobody gets the answer.
        self.cut: Literal["", "before", "after"] = ""
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
                if self.cut and b"COMMIT" in data:
                    how, self.cut = self.cut, ""
                    if how == "after":
                        self._swallows = client
                        server.sendall(data)
                        continue
                    break
                server.sendall(data)
        _end(client, server)

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
