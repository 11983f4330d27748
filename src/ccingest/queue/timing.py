"""Parsing the times of a schedule, as the user writes them."""

from __future__ import annotations

import re
from datetime import datetime

from ccingest.errors import UsageError
from ccingest.models import Cron, Every
from ccingest.models.schedules import UNIT_SECONDS

_SPAN = re.compile(r"([0-9]{1,9})([smhdw])")
SHORTEST, LONGEST = 60, 366 * 86_400  # seconds


def parse_every(text: str) -> Every:
    """Parse `6h`, `1h30m`, `2d`. Raises UsageError."""
    spans = _SPAN.findall(text)
    if not spans or "".join(count + unit for count, unit in spans) != text:
        raise UsageError(
            f"every is {text!r}, but must be a time such as 30m, 6h or 1d12h.", parameter="every"
        )
    seconds = sum(int(count) * UNIT_SECONDS[unit] for count, unit in spans)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(
            f"every is {text!r}, but must be from one minute to 366 days.", parameter="every"
        )
    return Every(seconds)


def parse_cron(text: str) -> Cron:
    """Parse five fields, as in crontab(5). Raises UsageError."""
    from cronsim import CronSim, CronSimError

    expression = " ".join(text.split())
    try:
        if len(expression.split(" ")) != len(("minute", "hour", "day", "month", "weekday")):
            raise CronSimError("Wrong number of fields")
        CronSim(expression, datetime(2026, 1, 1))
    except CronSimError as error:
        raise UsageError(
            f"cron is {text!r}, which is no schedule ({str(error).lower()}); it takes five "
            "fields: minute, hour, day, month, weekday, as in '0 3 * * *'.",
            parameter="cron",
        ) from error
    return Cron(expression)
