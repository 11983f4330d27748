"""The fan-out of events: bounded for each client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccingest.client import Client
from ccingest.errors import StoreError
from ccingest.models import Event
from ccingest.server.http import hub as hub_module
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


def test_events_of_a_while_in_which_they_can_not_be_read_come_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Client.events

    def failing(client: Client, since: int | None, **options: Any) -> Iterator[Event]:
        tries.append(since)
        if len(tries) > 1:
            return real(client, since, **options)
        client.enqueue(str(folder), source="folder")
        raise StoreError("It can't be read now.")

    async def run(hub: Hub) -> int:
        with hub.subscribed() as subscriber:
            hub.start()
            found = await asyncio.wait_for(subscriber.queue.get(), 30)
            hub.close()
            return found.id

    tries: list[int | None] = []
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr(hub_module, "_PAUSE", 0.01)
    monkeypatch.setattr(Client, "events", failing)
    with Client(tmp_path / "home") as client:
        hub = Hub(client, 10)
        assert asyncio.run(run(hub)) == 1
        hub.join()
    assert tries[:2] == [0, 0]
