"""Where an ingest is, and how long each phase took."""

from __future__ import annotations

import time

from ccingest.models import Phase
from ccingest.progress import Emit, PhaseStarted


class PhaseClock:
    """Tells the phases and measures them, in seconds.

    A second counts for what this process did in it, or waited for: while workers chunk and it
    embeds, that is `embed`; `chunk` is what it waits for them, and together they are the time.
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
