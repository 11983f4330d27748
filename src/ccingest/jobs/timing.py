"""When a schedule is due: pure values, no clock of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from ccingest.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"([0-9]{1,9})([smhdw])")
SHORTEST, LONGEST = 60, 366 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Every:
    """Once in so many seconds."""

    seconds: int

    def next_after(self, moment: datetime) -> datetime:
        """`moment` is aware; so is the result, in UTC."""
        return moment.astimezone(timezone.utc) + timedelta(seconds=self.seconds)

    @property
    def span(self) -> str:
        """As `parse_every` reads it."""
        left, parts = self.seconds, []
        for unit in "wdhms":
            count, left = divmod(left, _SECONDS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts)

    def __str__(self) -> str:
        return f"every {self.span}"


@dataclass(frozen=True, slots=True)
class Cron:
    """The five fields of crontab(5), in the local time of the machine that looks at them."""

    expression: str

    def next_after(self, moment: datetime) -> datetime:
        """`moment` is aware; so is the result, in UTC. The hour that a clock change repeats counts
        once, and what falls into the hour that it skips happens after it."""
        from cronsim import CronSim

        for local in CronSim(self.expression, moment.astimezone().replace(tzinfo=None)):
            found = local.astimezone(timezone.utc)  # naive is local
            if found.astimezone().replace(tzinfo=None) != local:  # the clock skips that time
                found = local.replace(fold=1).astimezone(timezone.utc)
            if found > moment:
                return found
        raise UsageError(f"The schedule {self.expression!r} never comes.")

    def __str__(self) -> str:
        return f"cron {self.expression}"


Timing: TypeAlias = Every | Cron


def parse_every(text: str) -> Every:
    """`6h`, `1h30m`, `2d`. Raises UsageError."""
    spans = _SPAN.findall(text)
    if not spans or "".join(count + unit for count, unit in spans) != text:
        raise UsageError(f"--every is {text!r}, but must be a time such as 30m, 6h or 1d12h.")
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in spans)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"--every is {text!r}, but must be from one minute to 366 days.")
    return Every(seconds)


def parse_cron(text: str) -> Cron:
    """Five fields, as in crontab(5). Raises UsageError."""
    from cronsim import CronSim, CronSimError

    expression = " ".join(text.split())
    try:
        if len(expression.split(" ")) != len(("minute", "hour", "day", "month", "weekday")):
            raise CronSimError("Wrong number of fields")
        CronSim(expression, datetime(2026, 1, 1))
    except CronSimError as error:
        raise UsageError(
            f"--cron is {text!r}, which is no schedule ({str(error).lower()}); it takes five "
            "fields: minute, hour, day, month, weekday, as in '0 3 * * *'."
        ) from error
    return Cron(expression)
