"""Which rows: the conditions of a search, as Lance's SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows a search may find: all, unless a field says otherwise.

    The language must be one of `languages`. The path must match one of `wanted_paths` and none of
    `unwanted_paths`, and each of `required_paths`: regular expressions.
    """

    languages: tuple[str, ...] = ()
    wanted_paths: tuple[str, ...] = ()
    unwanted_paths: tuple[str, ...] = ()
    required_paths: tuple[str, ...] = ()

    def sql(self) -> str | None:
        """The condition for Lance; None when all rows may be found."""
        parts = []
        if self.languages:
            parts.append(f"language IN ({', '.join(map(quote, self.languages))})")
        if self.wanted_paths:
            parts.append(f"({' OR '.join(map(_path_matches, self.wanted_paths))})")
        parts += map(_path_matches, self.required_paths)
        parts += [f"NOT {_path_matches(pattern)}" for pattern in self.unwanted_paths]
        return " AND ".join(parts) or None


EVERYTHING = RowFilter()


def in_paths(paths: Sequence[str]) -> str:
    """The condition that a row belongs to one of these files."""
    return f"path IN ({', '.join(map(quote, paths))})"


def _path_matches(pattern: str) -> str:
    return f"regexp_like(path, {quote(pattern)})"


def quote(text: str) -> str:
    """A string literal for a Lance filter."""
    return "'" + text.replace("'", "''") + "'"
