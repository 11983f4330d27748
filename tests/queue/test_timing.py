from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.errors import UsageError
from ccingest.models import Cron, Every
from ccingest.queue.timing import LONGEST, SHORTEST, parse_cron, parse_every
from ccingest.times import to_local

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(timezone.utc))


@pytest.fixture
def berlin() -> Iterator[None]:
    """Local time as in Berlin, whose clocks change on 29 March and 25 October 2026."""
    with zone("Europe/Berlin"):
        yield


@contextmanager
def zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("30m", 1800), ("6h", 21_600), ("1d12h", 129_600), ("2w", 1_209_600)],
)
def test_intervals(text: str, seconds: int) -> None:
    assert parse_every(text) == Every(seconds)


@pytest.mark.parametrize(
    "text", ["", "6", "h", "6 h", "-6h", "6h ", "1.5h", "59s", "0h", "367d", "6x", "6H", "٣h"]
)
def test_bad_intervals(text: str) -> None:
    with pytest.raises(UsageError, match="every is"):
        parse_every(text)


@given(st.integers(SHORTEST, LONGEST))
def test_an_interval_is_parsed_as_it_is_printed(seconds: int) -> None:
    assert parse_every(Every(seconds).span) == Every(seconds)


@pytest.mark.parametrize(
    "text", ["", "x", "* * * *", "* * * * * *", "60 * * * *", "0 0 30 2 *", "@daily", "*/0 * * * *"]
)
def test_bad_crons(text: str) -> None:
    with pytest.raises(UsageError, match="cron is"):
        parse_cron(text)


def test_a_cron_is_kept_with_single_blanks() -> None:
    assert str(parse_cron(" 0  3 * *\t1-5 ")) == "cron 0 3 * * 1-5"


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("cron", "now", "following"),
    [
        ("0 3 * * *", "2026-01-10T01:59:59", "2026-01-10T02:00:00"),  # 3 o'clock, winter
        ("0 3 * * *", "2026-01-10T02:00:00", "2026-01-11T02:00:00"),
        ("0 3 * * *", "2026-07-10T00:30:00", "2026-07-10T01:00:00"),  # summer
        (
            "30 2 * * *",
            "2026-03-28T22:00:00",
            "2026-03-29T01:30:00",
        ),  # 2:30 does not exist, so 3:30
        ("30 2 * * *", "2026-10-24T22:00:00", "2026-10-25T00:30:00"),  # the first 2:30
        ("30 2 * * *", "2026-10-25T01:10:00", "2026-10-26T01:30:00"),  # not the second one
        ("0 0 1 1 *", "2026-06-01T00:00:00", "2026-12-31T23:00:00"),
    ],
)
def test_cron_is_in_local_time(cron: str, now: str, following: str) -> None:
    assert parse_cron(cron).next_after(utc(now)) == utc(following)


@pytest.mark.parametrize("name", ["UTC-99", "UTC24", "Nonsense/Zone", ":/dev/null"])
def test_a_zone_that_no_clock_has_is_utc(name: str) -> None:
    now = utc("2026-01-10T01:59:59")
    with zone(name):
        assert parse_cron("0 3 * * *").next_after(now) == utc("2026-01-10T03:00:00")
        assert to_local(now).utcoffset() == timedelta(0)


@pytest.mark.usefixtures("berlin")
@given(MOMENTS, st.sampled_from(["* * * * *", "0 3 * * *", "*/7 1-4 * * *", "15 2 29 3 *"]))
def test_the_next_time_is_always_later(moment: datetime, cron: str) -> None:
    following = Cron(cron).next_after(moment)
    assert following > moment
    assert following.second == 0
    assert Every(90).next_after(moment) == moment + timedelta(seconds=90)
