"""The one middleware before everything: REST, WebSocket, events, page and MCP.

It refuses, in this order: a body of two lengths, a Host that is not ours, an Origin that is not ours,
a missing or wrong token, what the server is not for, headers and bodies that are too large or too slow.
It adds the headers that keep a browser from doing more with an answer than it should.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccingest.server.http.bounds import out_of_bounds
from ccingest.server.http.errors import STREAMS, refusal
from ccingest.server.http.hosts import Names
from ccingest.server.http.metrics import Metrics
from ccingest.server.http.options import Limits, ServerOptions
from ccingest.server.page.entry import Entry, is_page

# Without a token: whether the server lives and is ready, and what proves itself by its signature.
FREE = frozenset({"/health", "/ready"})
SIGNED = frozenset({"/webhooks/github"})
_BROWSER_HEADERS = {
    # The page sets its own policy; nothing else is meant for a browser to run.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# A browser would ask its user for a password because of a request that a script of the page made.
_CHALLENGE_OF_SCRIPTS = 'Bearer realm="ccingest"'
_CHALLENGE = f'{_CHALLENGE_OF_SCRIPTS}, Basic realm="ccingest"'


class BodyRefusedError(Exception):
    """The body is too large or too slow. What the application makes of it is not sent."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused."""

    code: int
    reason: str
    message: str

    def answer(self, challenge: str = _CHALLENGE) -> Response:
        headers = {"WWW-Authenticate": challenge} if self.code == 401 else {}
        if self.code in (400, 408, 413, 431, 503):  # the rest of the request is not read
            headers["Connection"] = "close"
        if self.code == 503:
            headers["Retry-After"] = "1"
        return refusal(self.code, self.reason, self.message, headers)


class Guard:
    """ASGI middleware. Whatever it refuses, the application does not see."""

    def __init__(self, app: ASGIApp, options: ServerOptions, metrics: Metrics) -> None:
        self._app = app
        self._options = options
        self._names = Names.of(options)
        self._metrics = metrics
        self._entry = Entry(options.token)
        self._held = _Held(options.limits.bodies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused:
            await self._refuse(refused, scope, receive, send)
            return
        if not is_page(scope["path"]):
            scope["headers"] = _without_cookies(scope["headers"])
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = self._options.limits
        most = limits.webhook_body if scope["path"] in SIGNED else limits.body
        body = _Body(receive, most, limits, self._held)
        answer = _Answer(send, body)
        seconds = None if scope["path"] in STREAMS else limits.answer_seconds
        refused: Refusal | None = None
        asked = _as_get(scope)
        try:
            await asyncio.wait_for(self._app(asked, body, answer), seconds)
        except BodyRefusedError:
            refused = body.refused
        except asyncio.TimeoutError:
            refused = Refusal(504, "too_slow", "The answer took too long.")
        finally:
            body.drop()
        if "route" in asked:
            scope["route"] = asked["route"]  # it is counted and logged
        refused = refused or body.refused
        if refused is None:
            return
        if not answer.has_begun:
            await self._refuse(refused, scope, receive, send)
        elif abort := scope.get("state", {}).get("abort"):
            abort()

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            # A proxy in front may take the other one, and so another part of the bytes for a request.
            return Refusal(400, "two_lengths", "A request has one length: not a chunked one, too.")
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._names.has(hosts[0]):
            return Refusal(421, "wrong_host", "The server has no such name; see its allowed hosts.")
        for origin in headers.getlist("origin"):
            if not self._names.takes(origin, hosts[0]):
                return Refusal(403, "wrong_origin", "Requests of pages elsewhere are not taken.")
        if not self._may_pass(scope["path"], headers):
            return Refusal(401, "no_token", "The server wants its token: Authorization: Bearer.")
        method, query = scope.get("method", "GET"), scope["query_string"]
        bound = out_of_bounds(self._options, method, scope["path"], query)
        if bound:
            return Refusal(*bound)
        return self._too_large(scope, headers)

    def _too_large(self, scope: Scope, headers: Headers) -> Refusal | None:
        limits = self._options.limits
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limits.headers:
            return Refusal(414, "too_large", f"The address is over {limits.headers:,} bytes.")
        size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        if size > limits.headers:
            return Refusal(431, "too_large", f"The headers are over {limits.headers:,} bytes.")
        most = limits.webhook_body if scope["path"] in SIGNED else limits.body
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:20]) > most:
            return Refusal(413, "too_large", f"The body is over {most:,} bytes.")
        return None

    def _may_pass(self, path: str, headers: Headers) -> bool:
        token = self._options.token
        if not token or path in FREE or path in SIGNED or self._entry.is_open(path):
            return True
        if self._entry.has_session(headers):
            return True
        given = _given_token(headers.get("authorization", ""))
        return hmac.compare_digest(given.encode("utf8", "replace"), token.encode())

    async def _refuse(self, refused: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        self._metrics.refused.labels(refused.reason).inc()
        if scope["type"] == "http":
            await self._answer_to(refused, scope)(scope, receive, _Answer(send, None))
        elif "websocket.http.response" in scope.get("extensions", {}):
            await refused.answer()(scope, receive, send)  # starlette adds the prefix
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _answer_to(self, refused: Refusal, scope: Scope) -> Response:
        """To a browser that shows a page, the form that asks for the token."""
        headers = Headers(scope=scope)
        if refused.code == 401:
            method, path, query = scope["method"], scope["path"], scope["query_string"]
            form = self._entry.ask(method, path, query, headers)
            if form:
                return form
        is_script = headers.get("sec-fetch-mode", "navigate") != "navigate"
        return refused.answer(_CHALLENGE_OF_SCRIPTS if is_script else _CHALLENGE)


def _without_cookies(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The guard alone looks at a session. The framework would read all cookies for each request, by
    http.cookies, which takes seconds for some, see `cookie_in`."""
    return [(name, value) for name, value in headers if name != b"cookie"]


def _as_get(scope: Scope) -> Scope:
    """HEAD is answered as GET is, and the server leaves out the body."""
    is_head = scope["method"] == "HEAD" and scope["path"] not in STREAMS
    return {**scope, "method": "GET"} if is_head else scope


def _given_token(authorization: str) -> str:
    """The token of `Bearer TOKEN`, or of `Basic`, which browsers send, as its password."""
    kind, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if kind.lower() == "bearer":
        return value
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class _Answer:
    """Adds the headers for browsers, and knows whether the answer has begun.

    Where the body was refused, it sends nothing: the application takes that for a body that is wrong.
    """

    def __init__(self, send: Send, body: _Body | None) -> None:
        self._send = send
        self._body = body
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if self._body and self._body.refused and not self.has_begun:
            return
        if message["type"] == "http.response.start":
            self.has_begun = True
            _add_headers(message)
        await self._send(message)


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _BROWSER_HEADERS.items():
        headers.setdefault(name, value)


@dataclass(slots=True)
class _Held:
    """How many bytes of bodies may come, until requests are answered whose bodies are there.

    Who sends a push proves who it is by the signature of its body, so that has to be read first.
    """

    left: int


class _Body:
    """The body of a request, as far as it is allowed."""

    def __init__(self, receive: Receive, most: int, limits: Limits, held: _Held) -> None:
        self._receive = receive
        self._held = held
        self._taken = 0  # of these
        self._most = self._left = most
        self.refused: Refusal | None = None
        self._end = asyncio.get_running_loop().time() + limits.body_seconds
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # all that can come now is that the client has gone
            return await self._receive()
        left = self._end - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except asyncio.TimeoutError:
            self.refused = Refusal(408, "too_slow", "The body did not come in time.")
            raise BodyRefusedError from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._take(len(message.get("body", b"")))
            self._is_whole = not message.get("more_body", False)
            if self._left < 0:
                self.refused = Refusal(413, "too_large", f"The body is over {self._most:,} bytes.")
                raise BodyRefusedError
        return message

    def _take(self, size: int) -> None:
        """Raises BodyRefusedError when the bodies of all requests are too large."""
        self._taken += size
        self._held.left -= size
        if self._held.left < 0:
            self.refused = Refusal(503, "overloaded", "The server reads too much; try again.")
            raise BodyRefusedError

    def drop(self) -> None:
        """The request is answered."""
        self._held.left += self._taken
        self._taken = 0
