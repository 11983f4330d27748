"""When a failed delivery is attempted again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

PERMANENT = frozenset({"address does not exist", "receiver unknown", "parcel destroyed"})


@dataclass(frozen=True)
class RetryPolicy:
    base_delay: timedelta = timedelta(minutes=1)
    max_delay: timedelta = timedelta(days=1)
    max_attempts: int = 5

    def delay(self, attempts: int, reason: str) -> timedelta | None:
        """How long to wait; None when it can't succeed or was tried often enough."""
        if reason in PERMANENT or attempts >= self.max_attempts:
            return None
        grown = min(self.base_delay * 2 ** (attempts - 1), self.max_delay)
        return grown * (1 + random.random() / 2)
