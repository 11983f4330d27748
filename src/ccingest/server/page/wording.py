"""Times, sizes and counts as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from ccingest.times import to_local

_UNITS = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
)


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`: "3 hours ago", or "in 3 hours" when it comes after."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    for unit, length in _UNITS:
        # What was is counted in whole units; of what comes, 5 h 59 min are 6 hours.
        count = int(size // length) if seconds > 0 else round(size / length) * (size >= length)
        if count:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds >= 0 else "in a moment"


def exact(moment: datetime) -> str:
    return f"{to_local(moment):%Y-%m-%d %H:%M:%S %Z}"


def size(count: float) -> str:
    """Bytes in decimal units: "3.1 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def span(seconds: float) -> str:
    """A duration: "0.4 s", "12 s", "3 min 5 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def number(count: float) -> str:
    """With separators, and one decimal only where the number is small."""
    return f"{count:,.1f}" if count < 10 and count != int(count) else f"{count:,.0f}"
