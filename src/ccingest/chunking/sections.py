"""The sections of prose: a heading, and all up to the next one that is not below it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ccingest.chunking.outline import Definition

PROSE = frozenset({"markdown", "rst"})

_CLOSING_SIGNS = re.compile(r"\s+#+$")


def sections(
    headings: Iterable[tuple[int, str, str]], data: bytes, language: str
) -> tuple[Definition, ...]:
    """Nest headings, in order, each given by its start, its title and the signs that mark it.

    A symbol is the path of titles, joined by " > ".
    """
    rows = [(start, title, signs) for start, title, signs in headings]
    levels = _markdown_levels(rows) if language == "markdown" else _rst_levels(rows, data)
    found: list[Definition] = []
    open_: list[tuple[int, int]] = []  # level and index of the sections around the current one
    for index, (start, title, _) in enumerate(rows):
        level = levels[index]
        while open_ and open_[-1][0] >= level:
            open_.pop()
        parent = open_[-1][1] if open_ else -1
        name = _CLOSING_SIGNS.sub("", title)
        symbol = f"{found[parent].symbol} > {name}" if open_ else name
        ends = (rows[i][0] for i in range(index + 1, len(rows)) if levels[i] <= level)
        found.append(Definition(start, next(ends, len(data)), symbol, "section", parent))
        open_.append((level, index))
    return tuple(found)


def _markdown_levels(rows: list[tuple[int, str, str]]) -> list[int]:
    """`##` is level 2; a title underlined by `===` is level 1, by `---` level 2."""
    return [len(signs) if signs[0] == "#" else "=-".index(signs[0]) + 1 for _, _, signs in rows]


def _rst_levels(rows: list[tuple[int, str, str]], data: bytes) -> list[int]:
    """Each new sign is one level deeper; a title with a line above it too is another sign."""
    known: dict[tuple[str, bool], int] = {}
    levels = []
    for start, _, signs in rows:
        adornment = (signs[0], data.startswith(signs.encode(), start))
        levels.append(known.setdefault(adornment, len(known) + 1))
    return levels
