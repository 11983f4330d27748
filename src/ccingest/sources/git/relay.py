"""A way out for libgit2 that leads to public addresses only.

libgit2 looks a host up itself, so a check before it connects would say nothing of where it connects:
the name may lead elsewhere a moment later. It does take a proxy. This one is on loopback, knows one
host, looks it up, checks the addresses and connects to them. TLS goes through it unread, so libgit2
still checks the certificate of the host that was asked for.
"""

from __future__ import annotations

import logging
import re
import selectors
import socket
import threading
from contextlib import ExitStack, suppress

from ccingest.addresses import connect_public
from ccingest.errors import CcingestError

_log = logging.getLogger(__name__)

_CONNECT = re.compile(rb"CONNECT (\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5}) HTTP/1\.[01]\r\n")
_LONGEST_HEAD = 8192  # bytes
_HEAD_SECONDS = 10.0
_PART = 256 * 1024
_CHECK_INTERVAL = 0.5  # seconds until an end is noticed


class PublicRelay:
    """A proxy for `https://HOST:PORT/`, as long as its context lasts."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host.strip("[]").lower(), port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._has_ended = threading.Event()
        self.refused: CcingestError | None = None  # why it did not connect

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> PublicRelay:
        threading.Thread(target=self._accept, name="relay", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        with suppress(OSError):  # wakes the thread that accepts
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while not self._has_ended.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:  # the end
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with ExitStack() as stack:
            stack.enter_context(client)
            try:
                client.settimeout(_HEAD_SECONDS)
                head = _head_of(client)
                found = _CONNECT.match(head)
                asked = (found[1].decode().strip("[]").lower(), int(found[2])) if found else None
                if asked != self._target:
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    return
                server = stack.enter_context(connect_public(*self._target))
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pump(client, server)
            except CcingestError as error:
                self.refused = error
                with suppress(OSError):
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            except OSError as error:  # libgit2 sees the end of its connection, and says so
                _log.info("The connection to %s ended: %s", self._target[0], error)

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what comes from either side, until one side ends or the context does."""
        other = {client: server, server: client}
        client.settimeout(None)
        server.settimeout(None)
        with selectors.DefaultSelector() as selector:
            for one in other:
                selector.register(one, selectors.EVENT_READ)
            while not self._has_ended.is_set():
                for key, _ in selector.select(_CHECK_INTERVAL):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    part = source.recv(_PART)
                    if not part:
                        return
                    other[source].sendall(part)


def _head_of(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD:
        part = client.recv(_LONGEST_HEAD)
        if not part:
            break
        head += part
    return head
