"""The ignore files of a folder: .ccingestignore, .ignore and .gitignore, as ripgrep reads them.

Of one kind, the file that is nearest counts, and in a file the last pattern that matches. A
.ccingestignore anywhere counts more than an .ignore, and that more than a .gitignore. Files above the
folder don't count. So what a dataset holds depends on the folder alone.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

from ccingest.globs import compiled, expression_of, is_costly, with_single_stars
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

# The first counts most.
RULE_FILES = (".ccingestignore", ".ignore", ".gitignore")
MOST_RULE_BYTES = 256 * 1024  # of one file
_MOST_LINE = 2048  # characters
MOST_PATTERNS = 1000  # of one file
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
    expression: str
    is_ignored: bool
    only_folders: bool
    by_name: bool  # matched with the last name of a path, else with the whole path
    rule: str

    def matches(self, text: str) -> bool:
        found = _compiled(self.expression)
        return found is not None and found.search(text) is not None


class PatternList:
    """The patterns of one file, or of one option. Paths are those within its folder."""

    def __init__(self, lines: Iterable[str], origin: str) -> None:
        """`origin` is named in verdicts: the path of the file."""
        patterns = filter(None, (_pattern(line, origin) for line in lines))
        self._patterns = list(islice(patterns, MOST_PATTERNS + 1))
        if len(self._patterns) > MOST_PATTERNS:
            _log.warning("%s has over %d rules; the others don't count.", origin, MOST_PATTERNS)
            self._patterns.pop()
        # One look for all patterns: most paths match none.
        self._any_name = _union([one.expression for one in self._patterns if one.by_name])
        self._any_path = _union([one.expression for one in self._patterns if not one.by_name])

    def __len__(self) -> int:
        return len(self._patterns)

    def verdict(self, path: str, *, is_folder: bool) -> Verdict | None:
        name = path[path.rfind("/") + 1 :]
        if not (self._any_name and self._any_name.search(name)) and not (
            self._any_path and self._any_path.search(path)
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
            own = PatternList(_lines(text), folder + name) if text else ()
            lists.append(
                ((len(folder), own), *of_kind) if isinstance(own, PatternList) else of_kind
            )
        return FolderRules(self.always, tuple(lists))


def _lines(text: bytes) -> Iterable[str]:
    lines = os.fsdecode(text.removeprefix(b"\xef\xbb\xbf")).split("\n")
    return (line.removesuffix("\r") for line in lines if len(line) <= _MOST_LINE)


def _pattern(line: str, origin: str) -> _Pattern | None:
    """The pattern of a line; None for a line that is none, or too slow."""
    line = with_single_stars(line)
    if is_costly(line):
        _log.info("A rule of %a has too many stars and does not count.", origin)
        return None
    # To git `a/**/` means the folders below `a`; pathspec takes it for `a` itself.
    stripped = line.rstrip()
    found = expression_of(f"{stripped}*/" if stripped.endswith("/**/") else line)
    if found is None:
        return None
    whole, is_ignored = found
    only_folders = whole.endswith(_FOLDER_END)
    expression = whole.removesuffix(_FOLDER_END if only_folders else _END)
    # `a/**` and `**` match what is below as well, and `*/` is every folder.
    is_exact = expression not in ("", whole)
    body = expression.removeprefix(_ANYWHERE)
    by_name = body != expression and "/" not in body.replace("[^/]", "")
    expression = (f"^{body}" if by_name else expression) + (r"\Z" if is_exact else "")
    rule = f"{origin}: {line.strip()}" if origin else line.strip()
    return _Pattern(expression, is_ignored, only_folders, by_name, rule)


def _union(expressions: Sequence[str]) -> re.Pattern[str] | None:
    if not expressions:
        return None
    found = compiled("|".join(f"(?:{one})" for one in expressions))
    if found is None:  # at least one is no expression
        valid = [one for one in expressions if _compiled(one)]
        return compiled("|".join(f"(?:{one})" for one in valid)) if valid else None
    return found


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> re.Pattern[str] | None:
    return compiled(expression)
