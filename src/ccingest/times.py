"""Times as text: ISO 8601 in UTC with milliseconds, as SQLite's strftime writes it."""

from __future__ import annotations

from datetime import datetime, timezone


def to_text(moment: datetime) -> str:
    """Format as `2026-11-26T02:11:25.171Z`. The order of such texts is that of their times."""
    utc = moment.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def from_text(text: str) -> datetime:
    """Parse what `to_text` writes; returns an aware datetime."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def to_local(moment: datetime) -> datetime:
    """In local time; in UTC where TZ is a zone that `datetime` can't have, such as UTC-99."""
    try:
        return moment.astimezone()
    except ValueError:
        return moment.astimezone(timezone.utc)


def from_local(naive: datetime) -> datetime:
    """A time without a zone, which is local, in UTC. Reads TZ as `to_local` does."""
    try:
        return naive.astimezone(timezone.utc)
    except ValueError:
        return naive.replace(tzinfo=timezone.utc)
