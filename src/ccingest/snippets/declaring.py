"""Where in a chunk the names are that it defines: a chunk knows the names, but not their lines.

A name may stand above its definition, where it is used or where a longer name holds it. So each line
gets points for how much it looks like one that declares the name, and of all ways to give each name
a line, in the order of the names, the one with the most points is taken; of equals, the first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeAlias

_DECLARED, _TYPED, _MAYBE, _SAID, _IN_COMMENT, _IN_NAME = 40, 20, 15, 10, 5, 2
# What a line has before the name that it declares, whatever the language.
_KEYWORD = re.compile(
    r"\b(?:def|defp|defmacro|defmodule|defn|function|fn|func|fun|sub|proc|module|class|struct|union"
    r"|type|typedef|using|define|macro|macro_rules!|interface|enum|trait|object|protocol"
    r"|namespace|package|record|data|table|view|resource|variable|contract|event|procedure"
    r"|subroutine|alias|impl|mod|task|index|trigger|constructor|operator|sig|rule|target)"
    r"(?:\s+(?-i:[A-Z][A-Z0-9_]+)\b)?"  # as in `class API_EXPORT Name`
    r"(?:\s+(?:rec|inline|mut|async|case|if\s+not\s+exists|or\s+replace))*"
    r"(?:\s*\([^()]*\)|\s*<[^<>]*>|\s*\*)?\s+[$@*&\"'`\[]?(?:\w+(?:\.|::|\#))*$",
    re.IGNORECASE,
)
# What declares a variable as well, which is a definition only at the outer level.
_VARIABLE = re.compile(r"\b(?:let|const|var|val|static)(?:\s+(?:rec|mut))*\s+[$@*&]*$")
_MOST, _MOST_IN_LINE = 100, 8  # names of a chunk that are looked for: written code has some ten
_LONGEST_BEFORE = 200  # characters of a line before a name that is declared there
_TYPES = re.compile(r"[\w\s*&<>:,\[\]@~?.$]*(?<!\.)")
_NO_TYPE = re.compile(
    r"\b(?:return|await|new|in|of|else|throw|raise|yield|case|not|and|or|import|from|use|if|do)\b"
)
_PARAMETERS = re.compile(r"\s*(?:<[^<>]*>)?\s*[({]")
_BODY = ("{", "{}", "=>", "->", "=", "do", "then")
_VALUE = re.compile(r"[\"'\])]*\s*(?::[^=:]{0,100})?(?::?=(?!=)|<-|:(?!:)|::(?=\s)|\?=)")
_COMMENT = ("//", "#", "*", "/*", "--", ";;", "%", "'", '"""')
_AROUND_HEADING = " \t#=*."

# A line, the points up to it, and the way there.
_Way: TypeAlias = "tuple[int, int, _Way | None]"


def lines_of_names(names: Sequence[str], lines: Sequence[str], first: int) -> list[int]:
    """The number of the line, `first` at least, for each name in order."""
    ways: list[_Way] = [(first, 0, None)]
    known: dict[str, list[tuple[int, int]]] = {}
    for name in names[:_MOST]:
        if name not in known:
            known[name] = list(_points(name, lines, first))
        ways = _longer(ways, known[name])
    found: list[int] = []
    way: _Way | None = ways[-1]
    while way is not None:
        found.append(way[0])
        way = way[2]
    found = found[-2::-1]
    return found + [found[-1] if found else first] * (len(names) - len(found))


def _longer(ways: Sequence[_Way], points: Sequence[tuple[int, int]]) -> list[_Way]:
    """The ways with one name more. Of these is kept which has more points than all that end before."""
    ends = [way[0] for way in ways]
    longer: list[_Way] = [(way[0], way[1], way) for way in ways]  # no line has the name
    for line, more in points:
        before = ways[bisect_right(ends, line) - 1]
        longer.append((line, before[1] + more, before))
    longer.sort(key=lambda way: (way[0], -way[1]))
    kept = longer[:1]
    for way in longer[1:]:
        if way[1] > kept[-1][1]:
            kept.append(way)
    return kept


def _points(name: str, lines: Sequence[str], first: int) -> Iterator[tuple[int, int]]:
    if not name:  # of a heading that ends with a dot
        return
    for number in range(first, len(lines)):
        at = lines[number].find(name)
        if at >= 0:
            yield number, _points_of(name, lines[number], at)


def _points_of(name: str, line: str, at: int) -> int:
    """How much a line looks like one that declares a name, which stands there."""
    most = 0
    for _ in range(_MOST_IN_LINE):
        before, after = line[:at], line[at + len(name) :]
        most = max(most, _points_at(name, before, after))
        at = line.find(name, at + len(name))
        if at < 0 or at > _LONGEST_BEFORE or most == _DECLARED:
            break
    return most


def _points_at(  # noqa: PLR0911 - one return for each sign
    name: str, before: str, after: str
) -> int:
    if _goes_on(before[-1:], name[:1]) or _goes_on(name[-1:], after[:1]):
        return _IN_NAME
    plain = before.lstrip()
    if _KEYWORD.search(before[-_LONGEST_BEFORE:]):
        return _DECLARED
    if _VARIABLE.search(before[-_LONGEST_BEFORE:]):
        is_outer = before[:1] == plain[:1]
        return _DECLARED if is_outer else _MAYBE
    if not before.strip(_AROUND_HEADING) and not after.strip(_AROUND_HEADING):
        return _TYPED
    if plain.startswith(_COMMENT):
        return _IN_COMMENT
    end = after.rstrip()
    if _PARAMETERS.match(after) and not end.endswith((";", ",")) and _is_type(before):
        return _DECLARED if end.endswith(_BODY) else _TYPED if plain else _MAYBE
    return _MAYBE if _VALUE.match(after) and _is_type(before) else _SAID


def _is_type(before: str) -> bool:
    before = before[-_LONGEST_BEFORE:].rstrip("\"'`")
    return bool(_TYPES.fullmatch(before)) and not _NO_TYPE.search(before)


def _goes_on(one: str, other: str) -> bool:
    """Whether two neighbours are of one name."""
    return (one.isalnum() or one == "_") and (other.isalnum() or other == "_")
