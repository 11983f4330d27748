"""Host names: GitHub's, which are valid, which mean this machine; and when a host asks for a pause."""

from __future__ import annotations

import re
import time
from typing import Protocol

PUBLIC_HOST = "github.com"

_NEXT_TRY = 60.0  # seconds; what GitHub's documentation asks for if an answer does not say
LONGEST_PAUSE = 86_400.0  # seconds

_HOST = re.compile(
    r"(?=.{1,255}$)(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?"
)


def is_host(text: str) -> bool:
    """Whether the text is a host in lower case, with or without a port."""
    return _HOST.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether a host, a name or an address, is this machine."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name and no address
        return host == "localhost"


class Headers(Protocol):
    """Those of an answer. The case of names does not matter."""

    def get(self, name: str, /) -> str | None: ...


def pause_asked_for(status: int, headers: Headers, *, says_so: bool = False) -> float | None:
    """Seconds until a host takes requests again, at most a day; None when it asks for no pause.

    `says_so` is whether the answer itself tells of a limit. Uses the host's clock, if the answer has
    its time.
    """
    if status not in (403, 429):
        return None
    after = (headers.get("Retry-After") or "").strip()
    reset = (headers.get("X-RateLimit-Reset") or "").strip()
    if _is_number(after):
        return min(float(after), LONGEST_PAUSE)
    if (headers.get("X-RateLimit-Remaining") or "").strip() == "0" and _is_number(reset):
        return min(max(float(reset) - _time_of(headers), 0.0) + 1.0, LONGEST_PAUSE)
    return _NEXT_TRY if status == 429 or says_so else None


def _time_of(headers: Headers) -> float:
    """Seconds since 1970 by the host's clock, or by ours if the answer has no time."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(headers.get("Date") or "").timestamp()
    except (TypeError, ValueError, OverflowError):  # a missing or bad header; our clock will do
        return time.time()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
