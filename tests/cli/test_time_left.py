"""The time left and the bar, over the recorded progress of a real ingest.

runs/git.tsv: the ingest of a clone of git itself on a busy machine, which was silent for up to seven
seconds; first the bytes to do, then at which second how many were done.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len

from ccingest.terminal.bar import JobBar
from ccingest.terminal.time_left import TimeLeft, left

RUN = Path(__file__).parent / "runs" / "git.tsv"
STEP = 0.5  # seconds between two looks at the bar


def estimates(rows: list[tuple[float, int]], total: int) -> Iterator[tuple[float, float]]:
    """At which second how many were said to be left."""
    time_left, coming, now = TimeLeft(total), iter(rows), 0.0
    following = next(coming)
    while now < rows[-1][0]:
        while following and following[0] <= now:
            time_left.update(*following)
            following = next(coming, (rows[-1][0] + 1, total))
        seconds = time_left.seconds(now)
        if seconds is not None:
            yield now, seconds
        now += STEP


def recorded() -> tuple[int, list[tuple[float, int]]]:
    first, *rows = (line.split("\t") for line in RUN.read_text(encoding="utf8").splitlines())
    return int(first[1]), [(float(second), int(done)) for second, done in rows]


def test_the_time_left_does_not_jump() -> None:
    total, rows = recorded()
    shown = list(estimates(rows, total))
    assert len(shown) > 60
    ended = rows[-1][0]
    for (_, before), (now, after) in pairwise(shown):
        expected = max(before - STEP, 1.0)
        if expected > 3:
            assert 1 / 1.3 < max(after, 1.0) / expected < 1.3, now
    # And it is true: within a factor of two, from the first one to the last seconds.
    for now, seconds in shown:
        if ended - now > 3:
            assert 0.5 < seconds / (ended - now) < 2, now


def test_a_steady_run_is_told_exactly() -> None:
    rows = [(second / 10, second * 100) for second in range(1, 301)]
    for now, seconds in estimates(rows, 30_000):
        assert seconds == pytest.approx(30 - now, abs=0.6)


def test_nothing_is_told_of_what_is_not_known() -> None:
    time_left = TimeLeft(1000)
    assert time_left.seconds(0.0) is None
    time_left.update(1.0, 0)
    time_left.update(2.0, 5)
    time_left.update(2.1, 900)
    assert time_left.seconds(2.1) is None
    time_left.update(4.0, 900)
    time_left.update(4.0, 950)  # no time has passed
    time_left.update(5.0, 800)  # what is done can't become less
    assert time_left.seconds(4.0) == pytest.approx(2.0 / 895 * 100, rel=0.1)
    assert time_left.seconds(400.0) == 0.0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 s left"), (0.2, "1 s left"), (11.1, "12 s left"), (60, "1:00 left"),
     (125, "2:05 left"), (3723, "1:02:03 left")],
)  # fmt: skip
def test_the_words(seconds: float, said: str) -> None:
    assert left(seconds) == said


def bar(title: str) -> JobBar:
    time_left = TimeLeft(1000)
    for second in range(1, 5):
        time_left.update(float(second), second * 100)
    return JobBar(
        title, "embed", 400, 1000, ["12/30 files", "1,234 chunks", "1.5 MB/s"],
        "src/a/very/long/path/to/a/file.py", time_left,
    )  # fmt: skip


@pytest.mark.parametrize("width", [20, 30, 37, 50, 77, 97, 140, 250])
def test_the_bar_fits_and_says_what_matters_most(width: int) -> None:
    shown = bar("org-shop").drawn(width, 4.0)
    assert all(cell_len(line) <= width for line in shown.plain.split("\n"))
    assert "org-shop" in shown.plain
    assert "embed" in shown.plain
    if width >= 37:
        assert "40%" in shown.plain
        assert "6 s left" in shown.plain
    if width >= 77:
        assert "12/30 files  1,234 chunks" in shown.plain
        assert "\n" not in shown.plain
    if width >= 140:
        assert shown.plain.endswith("1.5 MB/s  src/a/very/long/path/to/a/file.py")


def test_a_long_name_has_a_line_of_its_own() -> None:
    title = "organisation-with-a-long-name-repository"
    first, second = bar(title).drawn(44, 4.0).plain.split("\n")
    assert first.endswith(title)
    assert "40%  6 s left" in second
