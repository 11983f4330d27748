"""The events of all jobs, from one follower of the database to any number of clients.

Each client has a bounded queue. One that is full belongs to a client that does not keep up: it is
dropped and may come back, instead of being waited for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ccingest import documents
from ccingest.client import Client
from ccingest.errors import StoreError
from ccingest.models import Event

_log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds until a database that can't be read is tried again
# Messages that the follower is ahead of the event loop: few beside the queue of a client, so that a
# burst, such as the jobs of an organisation, fills no queue of a client that keeps up.
_MOST_AHEAD = 50


@dataclass(frozen=True, slots=True)
class Message:
    """An event as clients get it. Its text is made once for all of them."""

    id: int
    type: str
    project: str
    text: str


def message_of(event: Event) -> Message:
    document = {**documents.of(event), "project": event.project}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Message(event.id, document["type"], event.project, text)


class Subscriber:
    """A client that gets messages. What it wants to get may change while it is subscribed."""

    def __init__(self, most_queued: int, only: str | None = None) -> None:
        self._only = only  # the project that the server has alone
        self.project: str | None = None  # None: every project
        self.topics: frozenset[str] = frozenset()  # types of messages; empty: every type
        self.gone = asyncio.Event()  # it is dropped, or the server ends
        self.is_slow = False
        self.queue: asyncio.Queue[Message] = asyncio.Queue(most_queued)

    def wants(self, message: Message) -> bool:
        projects = {None, message.project}
        is_of_one = self._only in projects and self.project in projects
        return is_of_one and (not self.topics or message.type in self.topics)

    def offer(self, message: Message) -> None:
        if self.gone.is_set() or not self.wants(message):
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.is_slow = True
            self.gone.set()


class Hub:
    """Follows the events of one home in one thread, and hands them to its subscribers."""

    def __init__(self, client: Client, most_queued: int, only: str | None = None) -> None:
        self._client = client
        self._most_queued = most_queued
        self._only = only
        self._subscribers: set[Subscriber] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ahead = 0
        self.dropped = 0

    @property
    def count(self) -> int:
        """How many subscribers there are."""
        return len(self._subscribers)

    def start(self) -> None:
        """Begin to follow, for the event loop that runs now."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, args=(loop,), name="events")
        self._thread.daemon = True
        self._thread.start()

    def close(self) -> None:
        """End all subscriptions, and the follower soon. May be called twice."""
        self._stop.set()
        for subscriber in self._subscribers:
            subscriber.gone.set()

    def join(self) -> None:
        """Wait for the follower's end, so that the client can be closed."""
        if self._thread:
            self._thread.join()

    @contextmanager
    def subscribed(self) -> Iterator[Subscriber]:
        subscriber = Subscriber(self._most_queued, self._only)
        if self._stop.is_set():
            subscriber.gone.set()
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        since: int | None = None
        while not self._stop.is_set():
            try:
                since = self._client.newest_event() if since is None else since
                for event in self._client.events(since, follow=True, stop=self._stop):
                    since = event.id
                    self._hand_over(loop, message_of(event))
            except StoreError as error:  # followed again from the last event on
                _log.warning("Events can't be followed now: %s", error.message)
                self._stop.wait(_PAUSE)
            except RuntimeError:  # the loop has ended
                return

    def _hand_over(self, loop: asyncio.AbstractEventLoop, message: Message) -> None:
        loop.call_soon_threadsafe(self._publish, message)
        self._ahead += 1
        if self._ahead < _MOST_AHEAD:
            return
        self._ahead = 0
        caught_up = threading.Event()
        loop.call_soon_threadsafe(caught_up.set)
        while not (caught_up.wait(_PAUSE) or self._stop.is_set()):
            continue

    def _publish(self, message: Message) -> None:
        for subscriber in tuple(self._subscribers):
            was_slow = subscriber.is_slow
            subscriber.offer(message)
            self.dropped += subscriber.is_slow and not was_slow
