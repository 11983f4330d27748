"""When a parcel will be there."""

from __future__ import annotations

from datetime import datetime, timedelta

_DAYS = {1: 1, 2: 2, 3: 4, 4: 9}


def estimate_arrival(events, zone: int) -> datetime | None:
    """Working days by zone from the day it was accepted, a day more for each failed attempt."""
    if not events:
        return None
    days = _DAYS[zone] + sum(event.text == "retry" for event in events)
    return skip_weekend(events[0].at, days)


def skip_weekend(start: datetime, days: int) -> datetime:
    """So many working days later: Saturday and Sunday don't count."""
    day = start
    while days:
        day += timedelta(days=1)
        if day.weekday() < 5:
            days -= 1
    return day
