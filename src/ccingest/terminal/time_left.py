"""How long a running ingest will still take, as a number that does not jump."""

from __future__ import annotations

import math

# The rate is a mean over about so many seconds: files differ, and are embedded in batches.
_RATE_SECONDS = 30.0
# What is shown moves to a new estimate within about so many seconds, instead of jumping to it, or
# within this part of it: near the end it must be quick.
_SHOWN_SECONDS = 4.0
_SHOWN_PART = 0.3
_QUICKEST = 0.2
_LONGEST_STEP = 0.5  # a long silence makes no longer step
# Nothing is shown before so many seconds and so large a part of the work.
_LEAST_SECONDS = 1.0
_LEAST_PART = 0.02


class TimeLeft:
    """Estimates the seconds left from how many bytes were done when.

    Both the rate per byte and what is shown are smoothed exponentially.
    """

    def __init__(self, total: int) -> None:
        self._started: float | None = (
            None  # when the first bytes were done: before that it warms up
        )
        self._updated = 0.0
        self._total = total
        self._done = 0
        self._weighted_bytes = self._weighted_seconds = 0.0
        self._shown: float | None = None

    def update(self, now: float, done: int) -> None:
        """So many bytes were done at this time, of a clock that only goes forward."""
        if self._started is None:
            if done:
                self._started, self._updated, self._done = now, now, done
            return
        passed = now - self._updated
        if passed <= 0 or done < self._done:
            return
        kept = math.exp(-passed / _RATE_SECONDS)
        self._weighted_bytes = self._weighted_bytes * kept + (done - self._done)
        self._weighted_seconds = self._weighted_seconds * kept + passed
        self._updated, self._done = now, done
        if (
            self._weighted_bytes <= 0
            or now - self._started < _LEAST_SECONDS
            or done < _LEAST_PART * self._total
        ):
            return
        estimate = (self._total - done) * self._weighted_seconds / self._weighted_bytes
        if self._shown is None:
            self._shown = estimate
            return
        expected = max(self._shown - passed, 0.0)
        slowness = max(min(_SHOWN_SECONDS, estimate * _SHOWN_PART), _QUICKEST)
        share = 1 - math.exp(-min(passed, _LONGEST_STEP) / slowness)
        self._shown = expected + (estimate - expected) * share

    def seconds(self, now: float) -> float | None:
        """The seconds left at this time; None while too little is known."""
        if self._shown is None:
            return None
        return max(self._shown - (now - self._updated), 0.0)


def left(seconds: float) -> str:
    """`12 s left`, `2:05 left`, `1:02:03 left`: rounded up, since the last second is never over."""
    whole = max(1, math.ceil(seconds))
    if whole < 60:
        return f"{whole} s left"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left" if hours else f"{minutes}:{rest:02} left"
