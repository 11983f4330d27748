"""uvicorn's protocols, with bounds on time and number, and a way to cut a connection off.

uvicorn itself takes any number of connections and waits for ever for the headers of a request that
has begun, for a body that was answered before it was there, and for a WebSocket whose request it can't
read. It answers each ping of a WebSocket, however many answers a client has not read.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ccingest.server.http.options import Limits

_UNREADABLE = b"Invalid HTTP request received."


class BoundedProtocol(H11Protocol):
    header_seconds = Limits().header_seconds
    most_connections = Limits().connections  # those beyond are cut off as soon as they are there

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        # For code that waits for this client without end. A WebSocket has it from here as well.
        self.app_state = {**self.app_state, "abort": self.transport.abort}
        if len(self.connections) > self.most_connections:
            self.transport.abort()
            return
        self._begin_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._waits_for_client():
            self._end_timer()
        elif self._timer is None:
            self._begin_timer()

    def _waits_for_client(self) -> bool:
        """Whether there is nothing to do until more comes: of a request, or of a body that was answered
        already. uvicorn has ended its own timer when the last bytes came."""
        theirs = self.conn.their_state
        return theirs is h11.IDLE or (
            theirs is h11.SEND_BODY and self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_timer()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._end_timer()
        super().handle_websocket_upgrade(event)

    def _begin_timer(self) -> None:
        self._timer = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _end_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Reads nothing more from a client that does not read itself."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc and not self.handshake_initiated:
            self._refuse_handshake()

    def _refuse_handshake(self) -> None:
        """The request is none that the library reads: it has a body, or too many or too long lines."""
        self.handshake_complete = self.close_sent = True
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(_UNREADABLE), _UNREADABLE)
        )
        self.transport.close()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:  # else a refusal is logged as a handshake that was forgotten
            self.handshake_complete = True

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()
