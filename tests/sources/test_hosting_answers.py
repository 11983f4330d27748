"""Reading what GitHub answers: its headers, its pages, and which repositories are skipped."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from ccingest.errors import (
    UsageError,
)
from ccingest.models import HostedRepository
from ccingest.sources.hosting import (
    Answer,
    api_url,
    next_page,
    parse_repositories,
    pause_of,
    skip_reason,
)


def test_a_pause_is_counted_by_the_clock_of_the_host() -> None:
    headers = {
        "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1767225630",  # 2026-01-01T00:00:30Z
    }
    assert pause_of(Answer(403, headers, b"")) == 31.0
    assert pause_of(Answer(200, headers, b"")) is None
    assert pause_of(Answer(403, headers | {"X-RateLimit-Remaining": "9"}, b"")) is None
    assert pause_of(Answer(429, headers | {"Retry-After": "9" * 15}, b"")) == 86_400.0
    assert pause_of(Answer(429, {"Retry-After": "soon", "Date": "soon"}, b"")) == 60.0


def test_the_url_of_the_api() -> None:
    assert api_url("https", "github.com") == "https://api.github.com"
    assert api_url("https", "firm.ghe.com") == "https://api.firm.ghe.com"
    assert api_url("https", "git.firm.example:8443") == "https://git.firm.example:8443/api/v3"
    assert api_url("http", "localhost:3000") == "http://localhost:3000/api/v3"
    assert api_url("http", "[::1]:3000") == "http://[::1]:3000/api/v3"
    for host in ("github.com", "git.firm.example", "127.0.0.1.example"):
        with pytest.raises(UsageError, match="not encrypted"):
            api_url("http", host)


def test_the_link_header() -> None:
    one = '<https://api.github.com/x?a=1,2;b&page=2>; rel="next", <https://y>; rel="last"'
    assert next_page(one) == "https://api.github.com/x?a=1,2;b&page=2"
    assert next_page('<https://y>; rel="prev next"; title="x"') == "https://y"
    assert next_page("<https://y>; rel=next") == "https://y"
    assert next_page('<https://y>; rel="last"') is None
    assert next_page("") is None


@given(st.text(max_size=200), st.binary(max_size=200))
@bounded(max_examples=100, deadline=None)
def test_any_answer_can_be_parsed(text: str, body: bytes) -> None:
    assert (next_page(text) or "") in text
    pause = pause_of(Answer(429, {"Retry-After": text, "X-RateLimit-Reset": text}, body))
    assert pause is not None
    assert 0 <= pause <= 86_400
    with suppress(ValueError):
        assert parse_repositories(body) == []


def test_which_repositories_are_skipped() -> None:
    def why(match: str | None = None, **changes: bool) -> str | None:
        flags = {"is_archived": False, "is_fork": False, "is_disabled": False, **changes}
        one = HostedRepository("org/The-Shop", "main", 1, is_private=False, **flags)
        return skip_reason(one, archived=False, forks=False, match=match)

    assert why() is None
    assert why(is_archived=True) == "archived"
    assert why(is_fork=True) == "fork"
    assert why(is_disabled=True) == "disabled"
    assert why("the-*") is None
    assert why("org/*") == why("*cart*", is_fork=True) == "unmatched"
    both = HostedRepository("org/a", None, 1, True, True, False, True)
    assert skip_reason(both, archived=True, forks=True, match=None) is None
