"""uvicorn's protocols, with a time limit for headers and a way to cut a connection off.

uvicorn itself waits for ever for the headers of a request that has begun, and answers each ping of a
WebSocket, however many answers a client has not read.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ccingest.server.http.options import Limits


class BoundedProtocol(H11Protocol):
    header_seconds = Limits().header_seconds

    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        # For code that waits for this client without end. A WebSocket has it from here as well.
        self.app_state = {**self.app_state, "abort": self.transport.abort}
        self._begin_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_reading_headers = self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]
        if not is_reading_headers:
            self._end_timer()
        elif self._header_timer is None:
            self._begin_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_timer()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._end_timer()
        super().handle_websocket_upgrade(event)

    def _begin_timer(self) -> None:
        self._header_timer = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _end_timer(self) -> None:
        if self._header_timer:
            self._header_timer.cancel()
            self._header_timer = None


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Reads nothing more from a client that does not read itself."""

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
