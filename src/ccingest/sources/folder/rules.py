"""The ignore files of a folder: .ccingestignore, .ignore and .gitignore, as ripgrep reads them.

Of one kind, the file that is nearest counts, and in a file the last pattern that matches. A
.ccingestignore anywhere counts more than an .ignore, and that more than a .gitignore. Files above the
folder don't count. So what a dataset holds depends on the folder alone.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ccingest.globs import is_costly, pattern_of, with_single_stars

_log = logging.getLogger(__name__)

# The first counts most.
RULE_FILES = (".ccingestignore", ".ignore", ".gitignore")
MOST_RULE_BYTES = 256 * 1024  # of one file
_MOST_LINE = 2048  # characters
_MOST_PATTERNS = 1000  # of one file
# How pathspec ends the expressions of its patterns, to match what is below a folder as well. Here a
# folder that is left out is not entered, so that each path is matched as a whole.
_END, _FOLDER_END, _ANYWHERE = "(?:(?P<ps_d>/)|$)", "(?P<ps_d>/)", "^(?:.+/)?"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a path, and the line that says so."""

    is_ignored: bool
    rule: str


@dataclass(frozen=True, slots=True)
class _Pattern:
    matches: Callable[[str], object]
    is_ignored: bool
    only_folders: bool
    by_name: bool  # matched with the last name of a path, else with the whole path
    rule: str


class PatternList:
    """The patterns of one file, or of one option. Paths are those within its folder."""

    def __init__(self, lines: Iterable[str], origin: str) -> None:
        """`origin` is named in verdicts: the path of the file."""
        self._patterns: list[_Pattern] = []
        names: list[str] = []
        paths: list[str] = []
        for line in lines:
            if len(self._patterns) == _MOST_PATTERNS:
                _log.warning(
                    "%s has over %d rules; the others don't count.", origin, _MOST_PATTERNS
                )
                break
            if (found := _compiled(line, origin)) is None:
                continue
            pattern, expression = found
            self._patterns.append(pattern)
            (names if pattern.by_name else paths).append(expression)
        # One look for all patterns: most paths match none.
        self._any_name = _union(names)
        self._any_path = _union(paths)

    def verdict(self, path: str, *, is_folder: bool) -> Verdict | None:
        name = path[path.rfind("/") + 1 :]
        if not (self._any_name and self._any_name(name)) and not (
            self._any_path and self._any_path(path)
        ):
            return None
        for pattern in reversed(self._patterns):
            if pattern.only_folders and not is_folder:
                continue
            if pattern.matches(name if pattern.by_name else path):
                return Verdict(pattern.is_ignored, pattern.rule)
        return None


@dataclass(frozen=True, slots=True)
class FolderRules:
    """What counts in one folder. `lists` has, for each of RULE_FILES, the nearest file's list first.

    `always` are the patterns of the caller, which count more than any file.
    """

    always: PatternList
    lists: tuple[tuple[tuple[int, PatternList], ...], ...] = ((),) * len(RULE_FILES)

    def verdict(self, path: str, *, is_folder: bool) -> Verdict | None:
        """`path` is that within the source. None when no rule says anything of it."""
        for of_kind in self.lists:
            for start, patterns in of_kind:
                if found := patterns.verdict(path[start:], is_folder=is_folder):
                    return found
        return None

    def excludes(self, path: str, *, is_folder: bool) -> Verdict | None:
        return self.always.verdict(path, is_folder=is_folder)

    def within(self, folder: str, texts: Sequence[bytes | None]) -> FolderRules:
        """What counts in a folder below, whose path ends in a slash. `texts` are of RULE_FILES."""
        if not any(texts):
            return self
        lists = []
        for name, text, of_kind in zip(RULE_FILES, texts, self.lists, strict=True):
            if text:
                own = PatternList(_lines(text), folder + name)
                of_kind = ((len(folder), own), *of_kind)  # noqa: PLW2901
            lists.append(of_kind)
        return FolderRules(self.always, tuple(lists))


def _lines(text: bytes) -> Iterable[str]:
    lines = os.fsdecode(text.removeprefix(b"\xef\xbb\xbf")).split("\n")
    return (line.removesuffix("\r") for line in lines if len(line) <= _MOST_LINE)


def _compiled(line: str, origin: str) -> tuple[_Pattern, str] | None:
    """The pattern of a line, and its expression; None for a line that is none, or too slow."""
    line = with_single_stars(line)
    if is_costly(line):
        _log.info("A rule of %a has too many stars and does not count.", origin)
        return None
    pattern = pattern_of(line)
    if pattern is None or pattern.regex is None:
        return None
    expression = str(pattern.regex.pattern)
    only_folders = expression.endswith(_FOLDER_END)
    expression = expression.removesuffix(_FOLDER_END if only_folders else _END)
    is_whole = expression != pattern.regex.pattern  # `a/**` and `**` match what is below, too
    body = expression.removeprefix(_ANYWHERE)
    by_name = body != expression and "/" not in body.replace("[^/]", "")
    expression = (body if by_name else expression) + (r"\Z" if is_whole else "")
    try:
        compiled = re.compile(expression, re.DOTALL)
    except re.error:
        return None
    rule = f"{origin}: {line.strip()}" if origin else line.strip()
    return _Pattern(compiled.match, bool(pattern.include), only_folders, by_name, rule), expression


def _union(expressions: Sequence[str]) -> Callable[[str], object] | None:
    if not expressions:
        return None
    joined = "|".join(f"(?:{one})" for one in expressions)
    return re.compile(joined, re.DOTALL).match
