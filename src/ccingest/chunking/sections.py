"""The sections of prose: a heading and all up to the next one of its level or above."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ccingest.chunking.definition_map import Definition

PROSE = frozenset({"markdown", "rst", "asciidoc", "org"})

# Signs that close a heading, and its anchor: `## Title ## {#anchor}`.
_CLOSING_SIGNS = re.compile(r"(?:(?<!\s)\s+#+)?(?:(?<!\s)\s+\{#[^\s{}]+\})?$")


def sections(
    headings: Iterable[tuple[int, str, str]], data: bytes, language: str
) -> tuple[Definition, ...]:
    """The sections that the headings of a file begin, in order, each nested in the one around it.

    A heading is given by its start in bytes, its title and the signs that mark it, such as `##`.
    The symbol of a section is the path of titles to it, joined by " > ".
    """
    rows = [(start, title, signs) for start, title, signs in headings]
    levels = _rst_levels(rows, data) if language == "rst" else _levels(rows)
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


def _levels(rows: list[tuple[int, str, str]]) -> list[int]:
    """`##` is level 2; a title of Markdown underlined by `===` is level 1, by `---` level 2."""
    return [len(signs) if signs[0] == "#" else "=-".index(signs[0]) + 1 for _, _, signs in rows]


def _rst_levels(rows: list[tuple[int, str, str]], data: bytes) -> list[int]:
    """Each new sign is one level deeper. A title with a line above it, too, has another sign."""
    known: dict[tuple[str, bool], int] = {}
    levels = []
    for start, _, signs in rows:
        adornment = (signs[0], data.startswith(signs.encode(), start))
        levels.append(known.setdefault(adornment, len(known) + 1))
    return levels
