"""Plots as SVG shapes: what the templates draw, in the coordinates of the picture.

Each plot has a table with the same values beside it, for those who can't see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ccingest.values import dataclass

WIDTH, HEIGHT = 640, 180
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 12, 26
_ALL_LABELS, _SOME_LABELS = 7, 5  # that fit on a narrow screen
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label and where its line is, from the left or from the top."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars over a scale. Empty when there is nothing to show."""

    name: str
    unit: str
    bars: tuple[Rect, ...]
    scale: tuple[Tick, ...]
    labels: tuple[Tick, ...]

    width = WIDTH
    height = HEIGHT
    left = LEFT
    right = WIDTH - RIGHT
    bottom = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one or several parts: css class and value of each, from the bottom."""

    label: str
    title: str
    parts: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        return sum(value for _, value in self.parts)


def bar_plot(name: str, unit: str, bars: Sequence[Bar], *, whole: bool = False) -> Plot:
    """The bars from left to right, over a scale from 0. `whole`: of numbers without decimals."""
    top = nice_top(max((bar.total for bar in bars), default=0) / 4) * 4
    top = math.ceil(top / 4) * 4.0 if whole else top
    inner = HEIGHT - TOP - BOTTOM
    slot = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    width = min(slot * 0.8, 36)
    rects = []
    for place, bar in enumerate(bars):
        x = LEFT + slot * place + (slot - width) / 2
        y = float(HEIGHT - BOTTOM)
        for css, value in bar.parts:
            height = inner * value / top
            y -= height
            rects.append(Rect(_r(x), _r(y), _r(width), _r(height), css, bar.title))
    scale = [
        Tick(_r(HEIGHT - BOTTOM - inner * step / 4), _label(top * step / 4)) for step in range(5)
    ]
    every = 1 if len(bars) <= _ALL_LABELS else math.ceil(len(bars) / _SOME_LABELS)
    labels = [
        Tick(_r(LEFT + slot * (place + 0.5)), bar.label)
        for place, bar in enumerate(bars)
        if place % every == 0
    ]
    return Plot(name, unit, tuple(rects), tuple(scale), tuple(labels))


def nice_top(highest: float) -> float:
    """The end of a scale: a round number that is not below the highest value."""
    if highest <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(highest))
    return next(step * power for step in _STEPS if step * power >= highest * (1 - 1e-9))


def _label(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:,.0f}k"
    return f"{value:g}" if value < 10 else f"{value:,.0f}"


def _r(value: float) -> float:
    return round(value, 2)
