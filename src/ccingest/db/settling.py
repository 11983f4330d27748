"""Noticing that leases may have run out though their workers live, so that these can renew them first.

A lease runs by the database's clock, and a worker that lives renews it in time. Nobody could do so in
the time that is skipped when the clock is set, when a laptop wakes up, or when the server's machine was
paused; and nobody could while the server was away, or another one wrote for long.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_TOLERANCE = 2.0  # seconds; a slow answer of a server is no change of its clock

_LONG_WAIT = 2.0  # seconds


class Settling:
    """What one connection has seen of the database's clock, beside one that nobody sets."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._disturbed_at = float("-inf")

    def disturb(self) -> None:
        """The database was away until now, or another one wrote it."""
        self._disturbed_at = time.monotonic()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While the body runs, one waits for the only writer there is, as others may."""
        began = time.monotonic()
        yield
        if time.monotonic() - began > _LONG_WAIT:
            self.disturb()

    def see(self, clock: float) -> None:
        """The seconds that the database's clock shows now."""
        offset = clock - time.monotonic()
        if self._offset is not None and abs(offset - self._offset) > _TOLERANCE:
            self.disturb()
        self._offset = offset

    def is_over(self, seconds: float) -> bool:
        """Whether nothing has happened for so long."""
        return time.monotonic() >= self._disturbed_at + seconds
