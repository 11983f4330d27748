"""When a failed delivery is attempted again: as it was in Harbor 1, for old depots."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

PERMANENT = frozenset({"address does not exist", "receiver unknown"})


@dataclass(frozen=True)
class RetryPolicy:
    base_delay: timedelta = timedelta(minutes=5)
    max_delay: timedelta = timedelta(days=2)
    max_attempts: int = 3

    def delay(self, attempts: int, reason: str) -> timedelta | None:
        """How long to wait; None when it can't succeed or was tried often enough."""
        if reason in PERMANENT or attempts >= self.max_attempts:
            return None
        grown = min(self.base_delay * attempts, self.max_delay)
        return grown * (1 + random.random() / 2)
