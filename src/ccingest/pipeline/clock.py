"""Measuring the phases of an ingest."""

from __future__ import annotations

import time

from ccingest.models import Phase
from ccingest.progress import Emit, PhaseStarted


class PhaseClock:
    """Reports the start of phases and measures them, in seconds.

    Time counts for what this process does, or waits for. While worker processes chunk and it embeds,
    that is `embed`. While it waits for their chunks, that is `chunk`. So the phases sum to the whole
    time.
    """

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self._phase: Phase | None = None
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def enter(self, phase: Phase) -> None:
        if phase == self._phase:
            return
        self._stop()
        self._phase, self._since = phase, time.monotonic()
        self.emit(PhaseStarted(phase))

    def seconds(self) -> dict[str, float]:
        self._stop()
        return {phase: round(spent, 3) for phase, spent in self._seconds.items()}

    def _stop(self) -> None:
        now = time.monotonic()
        if self._phase:
            self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._since
        self._since = now
