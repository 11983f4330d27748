"""What happened to a parcel, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TrackingEvent:
    number: str
    text: str
    at: datetime


class EventLog:
    """Append-only; subscribers are called for each event as it comes."""

    def __init__(self) -> None:
        self._events: dict[str, list[TrackingEvent]] = {}
        self._subscribers: list = []

    def append(self, number: str, text: str, at: datetime) -> None:
        event = TrackingEvent(number, text, at)
        self._events.setdefault(number, []).append(event)
        for subscriber in self._subscribers:
            subscriber(event)

    def subscribe(self, subscriber) -> None:
        self._subscribers.append(subscriber)

    def of(self, number: str) -> list[TrackingEvent]:
        return list(self._events.get(number, ()))

    def first(self, number: str) -> datetime:
        return self._events[number][0].at
