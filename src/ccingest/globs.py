"""Lines of files such as .gitignore, as patterns that can be matched in bounded time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

# Each star in a pattern multiplies the time: with 5 in one name, one path takes 16 s.
MOST_STARS_IN_NAME = 3
MOST_STARS = 4
MOST_DOUBLE_STARS = 2  # each tries every folder of the path
_STARS = re.compile(r"\\.|\*+", re.DOTALL)
_ONLY_STARS = re.compile(r"(!?)\*{2,}(\s*)")

_WILD = re.compile(r"[*?\[\\]")
# Needs no compiling to know that it is a glob.
_PLAIN = re.compile(r"/?[\w.@+=,-]+(?:/[\w.@+=,-]+)*/?")
_FILE, _FOLDER = 2, 1  # what a pattern matched; a file counts for more


def pattern_of(line: str) -> GitIgnoreSpecPattern | None:
    """The pattern of a line. None for a blank line, a comment or a broken [range]."""
    try:
        with warnings.catch_warnings():
            # Python's re warns of "[[", which means nothing special in a glob.
            warnings.simplefilter("ignore", FutureWarning)
            pattern = GitIgnoreSpecPattern(line)
    except (ValueError, re.error):
        return None
    return None if pattern.include is None else pattern


def expression_of(line: str) -> tuple[str, bool] | None:
    """The regular expression of a line, and whether it ignores or takes back; None as above.

    It is not compiled, which takes most of the time. It may be one that Python refuses.
    """
    try:
        expression, include = GitIgnoreSpecPattern.pattern_to_regex(line)
    except ValueError:
        return None
    return None if expression is None or include is None else (str(expression), include)


def compiled(expression: str) -> re.Pattern[str] | None:
    """Matches newlines too, as names may hold them. None when it is no expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "[[" means nothing special in a glob
            return re.compile(expression, re.DOTALL)
    except (re.error, OverflowError, RecursionError):
        return None


def with_single_stars(line: str) -> str:
    """A pattern that means the same to git. Each star of `a***b` would multiply the time."""
    if "**" not in line:
        return line
    return "/".join(
        _ONLY_STARS.sub(r"\1**\2", name)
        if _ONLY_STARS.fullmatch(name)
        else _STARS.sub(_one_star, name)
        for name in line.split("/")
    )


def rooted(glob: str) -> str:
    """A glob such as `./src`, written as in a .gitignore file: `/src`."""
    return with_single_stars(glob[1:] if glob.startswith("./") else glob)


def is_costly(line: str) -> bool:
    names = line.split("/")
    stars = [len(re.findall(r"\*+", name)) for name in names]
    return (
        max(stars) > MOST_STARS_IN_NAME
        or sum(stars) > MOST_STARS
        or names.count("**") > MOST_DOUBLE_STARS
    )


def _one_star(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("\\") else "*"


class GlobSet:
    """Lines as of a .gitignore file, of which the last that matches counts, as with GitIgnoreSpec.

    A path is matched with those alone whose own first names it has. The files of a large pull request
    are thousands of globs, and a repository has as many files: to try each glob with each path takes
    minutes.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """The lines are globs: see `is_glob`."""
        self.lines: Sequence[str] = tuple(lines)
        self._patterns: dict[int, GitIgnoreSpecPattern | None] = {}
        self._at: dict[str, list[int]] = {}  # those that begin at the root, by their first names
        self._named: dict[str, list[int]] = {}  # those of one name at any depth
        self._others: list[int] = []
        for index, line in enumerate(self.lines):
            place = _place_of(line)
            if place is None:
                self._others.append(index)
            else:
                key, is_rooted = place
                (self._at if is_rooted else self._named).setdefault(key, []).append(index)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def match_file(self, path: str) -> bool:
        """Whether the last glob that matches the path chooses it."""
        return self._found(path)[0]

    def index_of(self, path: str) -> int | None:
        """The number of the glob that decides about the path."""
        return self._found(path)[1]

    def _found(self, path: str) -> tuple[bool, int | None]:
        chosen, number, rank = False, None, 0
        for index in self._candidates(path):
            pattern = self._pattern(index)
            found = pattern.match_file(path) if pattern else None
            if pattern is None or found is None:
                continue
            of_this = _FOLDER if found.match.groupdict().get("ps_d") else _FILE
            if of_this > rank:
                chosen, number, rank = bool(pattern.include), index, of_this
            if rank == _FILE:
                break
        return chosen, number

    def _candidates(self, path: str) -> list[int]:
        """The globs that may match it, the last first."""
        found = list(self._others)
        names = path.split("/")
        if self._named:
            for name in dict.fromkeys(names):
                found += self._named.get(name, ())
        if self._at:
            end = 0
            for name in names:
                end += len(name)
                found += self._at.get(path[:end], ())
                end += 1
        return sorted(found, reverse=True) if len(found) > 1 else found

    def _pattern(self, index: int) -> GitIgnoreSpecPattern | None:
        if index not in self._patterns:
            self._patterns[index] = pattern_of(self.lines[index])
        return self._patterns[index]


def is_glob(line: str) -> bool:
    """Whether it is no blank line, no comment and no broken [range]."""
    return _PLAIN.fullmatch(line) is not None or pattern_of(line) is not None


class Names:
    """Paths and last parts of paths, of which a path may be one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def has(self, path: str) -> bool:
        """Whether it, or what follows one of its slashes, is among them."""
        if not self._names:
            return False
        parts = path.split("/")
        return any("/".join(parts[start:]) in self._names for start in range(len(parts)))


def _place_of(line: str) -> tuple[str, bool] | None:
    """What any path that it matches has: first names, or one name wherever it stands. None: neither."""
    glob = line[1:] if line.startswith("!") else line
    names = glob.rstrip().rstrip("/").split("/")
    is_rooted = len(names) > 1
    if names[0] == "**":
        is_rooted = False
        names = names[1:2]
    elif not names[0]:
        del names[0]
    plain: list[str] = []
    for name in names:
        if not name or _WILD.search(name):
            break
        plain.append(name)
    return ("/".join(plain), is_rooted) if plain else None
