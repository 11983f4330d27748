"""The middleware, without a server around it."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import MagicMock

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from ccingest.server.http.guard import Guard
from ccingest.server.http.options import Limits, ServerOptions


def scope(path: str = "/webhooks/github") -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")],
    }


async def post(guard: Guard, body: bytes) -> int:
    """The status of the answer."""
    statuses: list[int] = []
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await guard(scope(), receive, send)
    (status,) = statuses
    return status


def test_the_bodies_that_are_held_at_once_are_bounded() -> None:
    """Anybody's push is read, up to 25 MiB: that of a stranger is found out by its signature."""

    async def run() -> None:
        may_end = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await Request(scope, receive).body()
            await may_end.wait()
            await PlainTextResponse("done")(scope, receive, send)

        guard = Guard(app, ServerOptions(limits=Limits(bodies=100)), MagicMock())
        first = asyncio.create_task(post(guard, b"x" * 80))
        await asyncio.sleep(0)
        while not first.done() and guard._held.left == 100:
            await asyncio.sleep(0.01)
        assert await post(guard, b"x" * 80) == 503
        may_end.set()
        assert await first == 200
        assert await post(guard, b"x" * 80) == 200
        assert guard._held.left == 100

    asyncio.run(asyncio.wait_for(run(), 20))
