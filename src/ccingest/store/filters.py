"""Which rows: the conditions of a search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ccingest.errors import UsageError
from ccingest.values import dataclass

if TYPE_CHECKING:
    import pyarrow as pa

# Patterns are tried together. RE2 takes up to 8 MB for an expression.
_CHARACTERS_AT_ONCE = 10_000
_GROUP_NAME = re.compile(r"(?<!\\)\(\?P<\w+>")  # a name may be there once, patterns have the same


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

    def columns(self) -> list[str]:
        """The fields that decide; none when all rows may be found."""
        has_paths = self.wanted_paths or self.unwanted_paths or self.required_paths
        return ["language"] * bool(self.languages) + ["path"] * bool(has_paths)

    def allows(self, column: str, values: Sequence[str]) -> NDArray[np.bool_]:
        """Which of these values of one of the `columns` may be found, shape (values,).

        Raises UsageError for a pattern that is no regular expression.
        """
        if column == "language":
            return np.array([value in self.languages for value in values], np.bool_)
        import pyarrow as pa  # takes 50 ms, and few questions have a path

        paths = pa.array(values, pa.string())
        allowed = ~_matches_any(paths, self.unwanted_paths)
        if self.wanted_paths:
            allowed &= _matches_any(paths, self.wanted_paths)
        for pattern in self.required_paths:
            allowed &= _matches_any(paths, (pattern,))
        return allowed


EVERYTHING = RowFilter()


def in_paths(paths: Sequence[str]) -> str:
    """The condition that a row belongs to one of these files, as Lance's SQL."""
    return f"path IN ({', '.join(map(quote, paths))})"


def quote(text: str) -> str:
    """A string literal for a Lance filter."""
    return "'" + text.replace("'", "''") + "'"


def _matches_any(paths: pa.Array, patterns: Sequence[str]) -> NDArray[np.bool_]:
    """Which paths match one of the patterns, shape (paths,).

    Arrow matches with RE2, in a time that is linear in the length of the path.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    matches = np.zeros(len(paths), dtype=np.bool_)
    for pattern in _alternations(patterns):
        try:
            found = pc.match_substring_regex(paths, pattern)
        except (pa.ArrowInvalid, UnicodeEncodeError) as error:
            raise UsageError(
                f"path has a glob that is too complex or not valid: {str(error)[:200]!a}",
                parameter="path",
            ) from error
        matches |= found.to_numpy(zero_copy_only=False)
    return matches


def _alternations(patterns: Sequence[str]) -> Iterator[str]:
    """Expressions that match what one of the patterns does."""
    together: list[str] = []
    for pattern in patterns:
        if together and sum(map(len, together)) + len(pattern) > _CHARACTERS_AT_ONCE:
            yield "|".join(together)
            together = []
        together.append(f"(?:{_GROUP_NAME.sub('(?:', pattern)})")
    if together:
        yield "|".join(together)
