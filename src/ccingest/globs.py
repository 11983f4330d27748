"""Lines of files such as .gitignore, as patterns that can be matched in bounded time."""

from __future__ import annotations

import re
import warnings

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

# Each star in a pattern multiplies the time: with 5 in one name, one path takes 16 s.
MOST_STARS_IN_NAME = 3
MOST_STARS = 4
MOST_DOUBLE_STARS = 2  # each tries every folder of the path
_STARS = re.compile(r"\\.|\*+", re.DOTALL)
_ONLY_STARS = re.compile(r"(!?)\*{2,}(\s*)")


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
