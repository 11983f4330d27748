"""The outermost middleware: counts and logs each request, and answers when an unexpected error reaches it.

The log has one JSON object a line. It has the path of a request, but neither its query nor its
headers, which may hold secrets.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccingest.secrets import hide_secrets
from ccingest.server.http.errors import STREAMS, answer_to_bug
from ccingest.server.http.metrics import Metrics
from ccingest.times import to_text

access_log = logging.getLogger("ccingest.access")
_OTHER = "other"  # for methods and paths that the server does not have: there may be any number
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})
_LONGEST_PATH = 300  # characters


class Observing:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        seen = _Seen(send)
        try:
            await self._app(scope, receive, seen)
        except Exception as error:  # a bug must end the request, not the connection without a word
            if seen.status or scope["type"] == "websocket":
                raise
            await answer_to_bug(error)(scope, receive, seen)
        finally:
            self._note(scope, seen, time.perf_counter() - start)

    def _note(self, scope: Scope, seen: _Seen, seconds: float) -> None:
        method = scope.get("method", "WEBSOCKET")
        method = method if method in _METHODS else _OTHER
        path = route_of(scope)
        self._metrics.requests.labels(method, path, str(seen.status)).inc()
        if scope["type"] == "http" and path not in STREAMS:
            self._metrics.seconds.labels(method, path).observe(seconds)
        if access_log.isEnabledFor(logging.INFO):
            access_log.info("%s", json.dumps(_line(scope, seen, seconds)))


class _Seen:
    """What was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0  # nothing was sent
        self.bytes = 0

    async def __call__(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close" and not self.status:
            self.status = 403
        elif kind == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)


def route_of(scope: Scope) -> str:
    """The path of the route, such as `/jobs/{job_id}`, of which there are few."""
    return str(getattr(scope.get("route"), "path", _OTHER))


def _line(scope: Scope, seen: _Seen, seconds: float) -> Mapping[str, Any]:
    client = scope.get("client")
    return {
        "time": to_text(datetime.now(timezone.utc)),
        "client": client[0] if client else None,
        "method": scope.get("method", "WEBSOCKET"),
        "path": hide_secrets(scope["path"])[:_LONGEST_PATH],
        "status": seen.status,
        "bytes": seen.bytes,
        "milliseconds": round(seconds * 1000, 1),
    }
