"""Connections whose reads and writes end with the request that they are for.

httpx bounds the time of a single read, and a server that sends a byte now and then never reaches
that, neither in its headers nor in its body. So each thread has a deadline for its request here, which
every read and write keeps. Reads wait in short slices, so that what is stopped ends at once.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

_SLICE = 0.25  # seconds


class Deadline:
    """When the request of this thread has to end, and whether all of them have been stopped."""

    def __init__(self) -> None:
        self._of_thread = threading.local()
        self.stopped = threading.Event()

    def start(self, seconds: float) -> None:
        self._of_thread.end = time.monotonic() + seconds

    @property
    def has_passed(self) -> bool:
        return self._left() <= 0

    def left(self, timeout: float | None) -> float:
        """Seconds for the next step. Raises httpcore.ReadTimeout when there are none."""
        left = self._left()
        if left <= 0 or self.stopped.is_set():
            raise httpcore.ReadTimeout("The request took too long.")
        return left if timeout is None else min(left, timeout)

    def _left(self) -> float:
        end: float = getattr(self._of_thread, "end", 0.0)
        return end - time.monotonic()


class BoundedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the deadline of their thread."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        end = time.monotonic() + self._deadline.left(timeout)
        while True:
            left = min(self._deadline.left(None), end - time.monotonic())
            if left <= 0:
                raise httpcore.ReadTimeout("No answer came in time.")
            try:
                return self._inner.read(max_bytes, min(left, _SLICE))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return BoundedStream(
            self._inner.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class BoundedBackend(httpcore.NetworkBackend):
    """Makes such connections."""

    def __init__(self, deadline: Deadline) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return BoundedStream(stream, self._deadline)
