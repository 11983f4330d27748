"""Lines on logarithmic axes as SVG, for benchmarks/README.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
# Legible on white and on black.
COLOURS = ("#3b82f6", "#ea7317", "#16a34a", "#a855f7")
_INK = "#7a7f87"


def line_plot(
    path: Path,
    title: str,
    x_label: str,
    y_label: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
) -> None:
    """Write a plot of some lines of (x, y), all above 0, to `path`."""
    points = [point for line in series.values() for point in line]
    xs, ys = _decades(x for x, _ in points), _decades(y for _, y in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">',
        _text(LEFT, 22, title, size=15, anchor="start"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_label),
        f'<g transform="rotate(-90)">{_text(-(TOP + HEIGHT - BOTTOM) / 2, 16, y_label)}</g>',
    ]
    for power in range(xs[0], xs[1] + 1):
        x = _place(10.0**power, xs, LEFT, WIDTH - RIGHT)
        parts += [_rule(x, TOP, x, HEIGHT - BOTTOM), _text(x, HEIGHT - BOTTOM + 18, _said(power))]
    for power in range(ys[0], ys[1] + 1):
        y = _place(10.0**power, ys, HEIGHT - BOTTOM, TOP)
        parts += [
            _rule(LEFT, y, WIDTH - RIGHT, y),
            _text(LEFT - 8, y + 4, _said(power), anchor="end"),
        ]
    for colour, (name, line) in zip(COLOURS, series.items(), strict=False):
        places = [
            (_place(x, xs, LEFT, WIDTH - RIGHT), _place(y, ys, HEIGHT - BOTTOM, TOP))
            for x, y in line
        ]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(
            f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        x, y = places[-1]
        parts.append(_text(x + 10, y + 4, name, anchor="start", colour=colour))
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf8")


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """The powers of ten below and above all of them."""
    logs = [math.log10(value) for value in values]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return low, max(high, low + 1)


def _place(value: float, decades: tuple[int, int], start: float, end: float) -> float:
    share = (math.log10(value) - decades[0]) / (decades[1] - decades[0])
    return start + share * (end - start)


def _said(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{_INK}" '
        'stroke-opacity="0.3"/>'
    )


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "middle", colour: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(text)}</text>'
    )
