"""uvicorn's protocols, with bounds on time and number, and a way to cut a connection off.

uvicorn itself takes any number of connections and waits for ever for the headers of a request that
has begun, for a body that was answered before it was there, and for a WebSocket whose request it can't
read. It answers each ping of a WebSocket, however many answers a client has not read.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
import uvicorn
from h11._connection import DEFAULT_MAX_INCOMPLETE_EVENT_SIZE
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ccingest.server.http.options import Limits

# A chunk takes 15 µs, however small it is: a body of a million takes seconds, in which nobody else is
# answered. What sends such chunks on purpose sends few.
_MOST_SMALL_CHUNKS = 20_000
_SMALL = 64  # bytes, on the mean
_UNREADABLE = b"Invalid HTTP request received."


class _Connection(h11.Connection):
    """Reads no body that comes in too many pieces."""

    _pieces = _bytes = 0

    def next_event(self) -> Any:
        """Raises h11.RemoteProtocolError, too, for such a body."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._bytes += len(event.data)
            if self._pieces > _MOST_SMALL_CHUNKS and self._bytes < self._pieces * _SMALL:
                raise h11.RemoteProtocolError("too many chunks")
        return event


class BoundedProtocol(H11Protocol):
    header_seconds = Limits().header_seconds
    most_connections = Limits().connections  # those beyond are cut off as soon as they are there

    _timer: asyncio.TimerHandle | None = None

    def __init__(self, config: uvicorn.Config, *more: Any, **named: Any) -> None:
        super().__init__(config, *more, **named)
        size = config.h11_max_incomplete_event_size or DEFAULT_MAX_INCOMPLETE_EVENT_SIZE
        self.conn = _Connection(h11.SERVER, size)

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

    def send_400_response(self, msg: str) -> None:
        """Also for what is wrong after the answer has begun, which can't be answered twice.

        What the application says to it then goes nowhere.
        """
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.abort()

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
