"""The parcels that wait for a van."""

from __future__ import annotations

import heapq
from datetime import datetime


class DeliveryQueue:
    """A priority queue in memory. Entries may have a time before which they are not taken."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, datetime, str]] = []
        self._removed: set[str] = set()

    def put(self, number: str, priority: int, not_before: datetime | None = None) -> None:
        heapq.heappush(self._heap, (priority, not_before or datetime.min, number))

    def take(self) -> str | None:
        """The most urgent entry that is due now; None when there is none."""
        waiting = []
        found = None
        while self._heap and found is None:
            entry = heapq.heappop(self._heap)
            if entry[2] in self._removed:
                self._removed.discard(entry[2])
            elif entry[1] > datetime.now():
                waiting.append(entry)
            else:
                found = entry[2]
        for entry in waiting:
            heapq.heappush(self._heap, entry)
        return found

    def remove(self, number: str) -> None:
        self._removed.add(number)
