"""The fan-out of events: bounded for each client."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ccingest.client import Client
from ccingest.server.http.hub import Hub, Message, Subscriber


def message(number: int, project: str = "default", kind: str = "github:progress") -> Message:
    return Message(number, kind, project, f'{{"id": {number}}}')


def test_a_client_that_does_not_keep_up_is_dropped() -> None:
    async def run() -> tuple[Subscriber, Subscriber]:
        slow, quick = Subscriber(3), Subscriber(3)
        for number in range(5):
            slow.offer(message(number))
            quick.offer(message(number))
            await quick.queue.get()
        return slow, quick

    slow, quick = asyncio.run(run())
    assert slow.is_slow
    assert slow.gone.is_set()
    assert slow.queue.qsize() == 3
    assert not quick.gone.is_set()


def test_the_end_of_the_hub_ends_its_subscribers(tmp_path: Path) -> None:
    async def run(hub: Hub) -> bool:
        hub.start()
        with hub.subscribed() as early:
            hub.close()
            with hub.subscribed() as late:
                return early.gone.is_set() and late.gone.is_set()

    with Client(tmp_path / "home") as client:
        hub = Hub(client, 10)
        assert asyncio.run(run(hub))
        hub.join()
        assert hub.count == 0
        assert hub.dropped == 0
