"""The bounds of a crawl. A site decides what it sends, so all that it sends is bounded."""

from __future__ import annotations

from ccingest.values import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a crawl takes at most. Times are in seconds, sizes in bytes."""

    page_bytes: int = 8 * MEGABYTE  # of one answer, decompressed
    total_bytes: int = 2048 * MEGABYTE  # of all answers, as they were sent
    text_bytes: int = 1024 * MEGABYTE  # of all pages as Markdown
    connect_seconds: float = 10.0
    silence_seconds: float = 20.0  # between two pieces of an answer
    request_seconds: float = 60.0  # from the connection to the last byte
    crawl_seconds: float = 2 * 60 * 60.0
    redirects: int = 8
    connections: int = 4  # to the host at once
    tries: int = 4
    backoff_seconds: float = 1.0  # before the second try; doubled before each further one
    longest_wait: float = 120.0  # that Retry-After may ask for
    longest_delay: float = 60.0  # that robots.txt may ask for between two requests
    links_a_page: int = 5000
    failures_in_a_row: int = 20  # then the host is taken to be down


DEFAULTS = Limits()
