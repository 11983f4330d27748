"""Events for clients that stay: `/ws` as WebSocket messages, `/events` as server-sent events.

A client that has subscribed to nothing gets everything. One that does not keep up is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, WebSocket, WebSocketDisconnect
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from ccingest.models import Event
from ccingest.server.http.context import Server, Serving, project_or_none
from ccingest.server.http.hub import Message, Subscriber, message_of
from ccingest.times import to_text

router = APIRouter(tags=["live"])

_HEARTBEAT = 15.0  # seconds; proxies end a stream that says nothing for a minute
_FAREWELL = 2.0  # seconds
_RECONNECT = 2000  # ms until a browser comes back
_MOST_TOPICS = 100
_LONGEST_NAME = 255
_TOO_SLOW = 1013  # "try again later"
_GOING_AWAY = 1001


@router.websocket("/ws")
async def live(socket: WebSocket) -> None:
    """Messages of the replaced service: `{type, project, timestamp, data}`."""
    server: Server = socket.app.state.server
    await socket.accept()
    with server.hub.subscribed() as subscriber:
        await socket.send_text(_greeting({"message": "Connected to real-time monitoring"}))
        tasks = {
            asyncio.create_task(_listen(socket, subscriber)),
            asyncio.create_task(_send_all(socket.send_text, subscriber)),
            asyncio.create_task(_gone(subscriber)),
        }
        await _until_first(tasks)
        if subscriber.is_slow:
            _cut_off(socket.scope)
        elif subscriber.gone.is_set():
            with suppress(WebSocketDisconnect, RuntimeError):  # the client was quicker
                await _say(socket.close(_GOING_AWAY), socket.scope)


async def _listen(socket: WebSocket, subscriber: Subscriber) -> None:
    """Do what the client says, until it goes."""
    with suppress(WebSocketDisconnect):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            answer = obey(subscriber, message.get("text") or message.get("bytes") or "")
            if answer:
                await socket.send_text(answer)


def obey(subscriber: Subscriber, text: str | bytes) -> str | None:
    """Subscribe, unsubscribe or answer a ping; returns the answer, if there is one."""
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return _error('A message is one JSON object, such as {"action": "subscribe"}.')
    action = asked.get("action") if isinstance(asked, dict) else None
    if action == "ping":
        return _greeting({"pong": True})
    if action not in ("subscribe", "unsubscribe"):
        return _error("`action` must be one of subscribe, unsubscribe, ping.")
    project, topics = asked.get("project"), asked.get("topics") or []
    if not _are_names(topics) or not (project is None or _are_names([project])):
        return _error("`project` must be a name, and `topics` a list of them.")
    if action == "subscribe":
        subscriber.project = project_or_none(project) if project else subscriber.project
        subscriber.topics |= frozenset(topics)
        if len(subscriber.topics) > _MOST_TOPICS:
            subscriber.topics = frozenset(topics)
    else:
        subscriber.topics -= frozenset(topics)
        if project and subscriber.project == project:
            subscriber.project = None
    return None


def _are_names(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MOST_TOPICS
        and all(isinstance(one, str) and len(one) <= _LONGEST_NAME for one in value)
    )


async def _send_all(send: Callable[[str], Any], subscriber: Subscriber) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: it is closed already
        while True:
            message = await subscriber.queue.get()
            await send(message.text)


async def _gone(subscriber: Subscriber) -> None:
    await subscriber.gone.wait()


async def _until_first(tasks: set[asyncio.Task[None]]) -> None:
    """Wait for the first to end, and end the others. Raises what one raised."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _say(farewell: Awaitable[None], scope: Scope) -> None:
    """To a client that reads. The end of the server does not wait for one that doesn't."""
    try:
        await asyncio.wait_for(farewell, _FAREWELL)
    except asyncio.TimeoutError:
        _cut_off(scope)


def _cut_off(scope: Scope) -> None:
    """End the connection now: a client that reads nothing would not read a last message either."""
    abort = scope.get("state", {}).get("abort")
    if abort:
        abort()


def _greeting(data: Mapping[str, Any]) -> str:
    return _message("connected", data)


def _error(text: str) -> str:
    return _message("error", {"message": text})


def _message(kind: str, data: Mapping[str, Any]) -> str:
    now = to_text(datetime.now(timezone.utc))
    return json.dumps({"type": kind, "project": None, "timestamp": now, "data": data})


class EventStream(Response):
    """Server-sent events: first those after `since`, then each new one."""

    media_type = "text/event-stream"

    def __init__(
        self, server: Server, project: str | None, topics: frozenset[str], since: int | None
    ) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._server = server
        self._project = project
        self._topics = topics
        self._since = since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with self._server.hub.subscribed() as subscriber:
            subscriber.project, subscriber.topics = self._project, self._topics
            await _until_first(
                {
                    asyncio.create_task(self._write(send, subscriber)),
                    asyncio.create_task(_until_disconnected(receive)),
                    asyncio.create_task(_gone(subscriber)),
                }
            )
            if subscriber.is_slow:
                _cut_off(scope)
            elif subscriber.gone.is_set():
                end = {"type": "http.response.body", "body": b"", "more_body": False}
                await _say(send(end), scope)

    async def _write(self, send: Send, subscriber: Subscriber) -> None:
        async for text in self._texts(subscriber):
            body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
            await send(body)

    async def _texts(self, subscriber: Subscriber) -> AsyncIterator[str]:
        yield f"retry: {_RECONNECT}\n\n"
        last = 0
        if self._since is not None:
            # A client may come with an id of another database, such as one that was restored since.
            last = min(
                self._since, await self._server.threads.call(self._server.client.newest_event)
            )
            while missed := await self._missed(last):
                last = missed[-1].id
                for event in missed:
                    message = message_of(event)
                    if subscriber.wants(message):
                        yield _sse(message)
        while True:
            following = await _next(subscriber)
            if following is None:
                yield ": still here\n\n"
            elif following.id > last:  # else it was among the missed ones
                yield _sse(following)

    async def _missed(self, since: int) -> list[Event]:
        """At most 1,000 events: a client that was away for long gets them in parts."""
        client, threads = self._server.client, self._server.threads
        return await threads.call(client.events_after, since, project=self._project)


async def _next(subscriber: Subscriber) -> Message | None:
    """The next message; None when none comes for a while.

    Not by asyncio.wait_for: until Python 3.12 it loses a cancellation that comes at the moment of a
    message, and a stream that should end would go on until the server cuts it off.
    """
    getting = asyncio.ensure_future(subscriber.queue.get())
    try:
        done, _ = await asyncio.wait({getting}, timeout=_HEARTBEAT)
    finally:
        getting.cancel()
    return getting.result() if done else None


def _sse(message: Message) -> str:
    return f"id: {message.id}\nevent: {message.type}\ndata: {message.text}\n\n"


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


@router.get(
    "/events", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}}
)
async def events(
    server: Serving,
    project: Annotated[str, Query(max_length=255)] = "all",
    topics: Annotated[list[str] | None, Query(description="Types of events.")] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**62)] = None,
) -> Response:
    """The events of jobs, as server-sent events. `Last-Event-ID` goes on where a client was."""
    return EventStream(server, project_or_none(project), frozenset(topics or ()), last_event_id)
