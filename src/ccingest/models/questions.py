"""A question, and what may be said beside it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ccingest.values import dataclass

Mode: TypeAlias = Literal["hybrid", "vector", "text"]
MODES: tuple[Mode, ...] = ("hybrid", "vector", "text")

Content: TypeAlias = Literal["code", "docs", "config", "tests"]
CONTENTS: tuple[Content, ...] = ("code", "docs", "config", "tests")

SNIPPET_LINES = 6  # five hits with a line above and one between fill 39 lines


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how hits are chosen and shown."""

    text: str
    k: int = 5  # most hits
    mode: Mode = "hybrid"
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # gitignore globs; a leading "!" excludes
    context: int = 0  # lines around each hit
    snippet_lines: int = SNIPPET_LINES  # shown of a hit on the mean, more of the first ones
    content: Content | None = None  # None: all of them
    explain: bool = False  # whether hits say why they stand where they stand
