"""Streams of events that end while messages come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ccingest.client import Client
from ccingest.server.http.app import build_app
from ccingest.server.http.context import Server
from ccingest.server.http.hub import Message
from ccingest.server.http.live import EventStream
from ccingest.server.http.options import ServerOptions

LAST = {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Client(tmp_path_factory.mktemp("streams")) as client:
        built: Server = build_app(client, ServerOptions()).state.server
        yield built
        built.threads.close()


@pytest.mark.parametrize("turns", range(10))
def test_a_stream_ends_whenever_messages_come(server: Server, turns: int) -> None:
    """`turns` of the event loop are between the messages and the end."""
    assert asyncio.run(_sent(server, turns))[-1] == LAST


async def _sent(server: Server, turns: int) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.Event().wait()

    stream = asyncio.create_task(EventStream(server, None, frozenset(), None)({}, receive, send))
    while len(sent) < 2:  # the headers, and when to come back
        await asyncio.sleep(0)
    (subscriber,) = server.hub._subscribers
    for _ in range(5):  # until it waits for a message
        await asyncio.sleep(0)
    for number in range(1, 4):
        subscriber.offer(Message(number, "github:progress", "default", "{}"))
    for _ in range(turns):
        await asyncio.sleep(0)
    subscriber.gone.set()
    await asyncio.wait_for(stream, 5)
    return sent
