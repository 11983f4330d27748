"""Changing one member of a JSON file that people edit. All else stays as it is, byte for byte.

The file may have comments and commas at the end, as editors allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from ccingest.values import dataclass

_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_SCALAR = re.compile(r"[-+.\w]+")
_REST_OF_LINE = re.compile(r"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*?\*/[ \t]*)?(?=\r?\n)")
_INDENT = "  "
_DEEPEST = 200


class JsonSyntaxError(ValueError):
    """The text is no JSON, also with comments. `line` is where it isn't."""

    def __init__(self, text: str, position: int) -> None:
        self.line = text.count("\n", 0, position) + 1
        super().__init__(f"line {self.line} is no JSON")


@dataclass
class _Member:
    start: int  # of its key
    key: str
    value: _Value
    comma: int | None = None  # where one stands behind it

    @property
    def end(self) -> int:
        return self.value.end if self.comma is None else self.comma + 1


@dataclass
class _Value:
    start: int
    end: int
    is_object: bool = False
    members: list[_Member] = field(default_factory=list)

    def member(self, key: str) -> _Member | None:
        # Of several with one name, the last counts for those who read the file.
        return next((one for one in reversed(self.members) if one.key == key), None)


def get(text: str, path: Sequence[str]) -> Any:
    """The value at a path of names; None when there is none. Raises JsonSyntaxError."""
    value: _Value | None = _parsed(text)
    for key in path:
        found = value.member(key) if value else None
        value = found.value if found else None
    return _loaded(text, value) if value else None


def put(text: str, path: Sequence[str], value: Any) -> str:
    """The text with the value at a path of names; objects on the way are made.

    Raises JsonSyntaxError, also when something on the way is no object.
    """
    if not _BLANK.sub("", text):
        text = "{}\n"
    holder = _parsed(text)
    for depth, key in enumerate(path):
        if not holder.is_object:
            raise JsonSyntaxError(text, holder.start)
        found = holder.member(key)
        if found is None:
            made = value
            for outer in reversed(path[depth + 1 :]):
                made = {outer: made}
            return _inserted(text, holder, key, made)
        holder = found.value
    indent = _indent_at(text, holder.start)
    return f"{text[: holder.start]}{_dumped(value, indent)}{text[holder.end :]}"


def remove(text: str, path: Sequence[str]) -> str:
    """The text without the member at a path of names. Raises JsonSyntaxError."""
    holder = _parsed(text)
    for key in path[:-1]:
        found = holder.member(key)
        if found is None:
            return text
        holder = found.value
    gone = holder.member(path[-1])
    if gone is None:
        return text
    place = holder.members.index(gone)
    before, after = text[: gone.start].rstrip(), text[gone.end :]
    if gone.comma is None and place:
        comma = holder.members[place - 1].comma
        before = before[:comma] + before[comma + 1 :] if comma is not None else before
    inner = before[holder.start + 1 :] + text[gone.end : holder.end - 1]
    return before + after if inner.strip() else f"{before}{text[holder.end - 1 :]}"


def _inserted(text: str, holder: _Value, key: str, value: Any) -> str:
    if holder.members:
        last = holder.members[-1]
        indent = _indent_at(text, last.start)
        member = f"{json.dumps(key)}: {_dumped(value, indent)}"
        has_comma, end = last.comma is not None, last.end
        # Behind the comment on that line, which is about the member before.
        rest = _REST_OF_LINE.match(text, end)
        line_end = rest.end() if rest else end
        before = text[:end] + ("" if has_comma else ",") + text[end:line_end]
        return f"{before}\n{indent}{member}{',' if has_comma else ''}{text[line_end:]}"
    outer = _indent_at(text, holder.start)
    indent = outer + _INDENT
    member = f"{json.dumps(key)}: {_dumped(value, indent)}"
    # What stands between the braces are comments, if anything.
    inner = text[holder.start + 1 : holder.end - 1].rstrip()
    return f"{text[: holder.start]}{{{inner}\n{indent}{member}\n{outer}}}{text[holder.end :]}"


def _dumped(value: Any, indent: str) -> str:
    return json.dumps(value, indent=len(_INDENT), ensure_ascii=False).replace("\n", f"\n{indent}")


def _indent_at(text: str, position: int) -> str:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))].lstrip("\ufeff")


def _parsed(text: str) -> _Value:
    value = _value(text, _after_blank(text, 0), 0)
    end = _after_blank(text, value.end)
    if end != len(text):
        raise JsonSyntaxError(text, end)
    return value


def _value(text: str, start: int, depth: int) -> _Value:
    first = text[start : start + 1]
    if depth > _DEEPEST:
        raise JsonSyntaxError(text, start)
    if first in ("{", "["):
        return _container(text, start, depth, "}" if first == "{" else "]")
    found = (_STRING if first == '"' else _SCALAR).match(text, start)
    if not found:
        raise JsonSyntaxError(text, start)
    return _Value(start, found.end())


def _container(text: str, start: int, depth: int, closing: str) -> _Value:
    made = _Value(start, start, is_object=closing == "}")
    at = _after_blank(text, start + 1)
    while text[at : at + 1] != closing:
        begin, key = at, ""
        if made.is_object:
            name = _STRING.match(text, at)
            at = _after_blank(text, name.end()) if name else at
            if not name or text[at : at + 1] != ":":
                raise JsonSyntaxError(text, at)
            key, at = _key(text, name), _after_blank(text, at + 1)
        value = _value(text, at, depth + 1)
        member = _Member(begin, key, value)
        made.members.append(member)
        at = _after_blank(text, value.end)
        if text[at : at + 1] == ",":
            member.comma, at = at, _after_blank(text, at + 1)
        elif text[at : at + 1] != closing:
            raise JsonSyntaxError(text, at)
    made.end = at + 1
    return made


def _key(text: str, name: re.Match[str]) -> str:
    try:
        return str(json.loads(name[0]))
    except ValueError:
        raise JsonSyntaxError(text, name.start()) from None


def _loaded(text: str, value: _Value) -> Any:
    """The value of a part of the text, without comments."""
    part = text[value.start : value.end]
    kept = re.sub(
        r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/',
        lambda found: found[1] or " ",
        part,
        flags=re.DOTALL,
    )
    kept = re.sub(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])', lambda found: found[1] or "", kept)
    try:
        return json.loads(kept)
    except ValueError:
        raise JsonSyntaxError(text, value.start) from None


def _after_blank(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position
