"""What .gitattributes files say of a path: linguist-vendored, -generated and -language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

Value: TypeAlias = str | bool | None
"""True for `name`, False for `-name`, the text of `name=text`, None for `!name`."""


@dataclass(frozen=True, slots=True)
class AttributeRules:
    """Patterns, the value that each gives to one attribute, and the line that says so.

    The last that matches counts.
    """

    patterns: tuple[tuple[GitIgnoreBasicPattern, Value, str], ...]

    def value(self, path: str) -> Value:
        """The attribute's value for the path; None where nothing is said."""
        return self.find(path)[0]

    def find(self, path: str) -> tuple[Value, str]:
        """The attribute's value for the path, and the line that gives it."""
        if not self.patterns:  # as in most repositories: this runs for each file
            return None, ""
        for pattern, value, line in reversed(self.patterns):
            if pattern.match_file(path) is not None:
                return value, line
        return None, ""


def is_set(value: Value) -> bool | None:
    """Whether an attribute says yes or no; None where it says nothing."""
    return value.lower() in ("true", "1", "yes") if isinstance(value, str) else value


def settings(name: str, text: str) -> Iterator[tuple[str, Value]]:
    """The patterns of a .gitattributes file that say something of the attribute, with the value."""
    macros: dict[str, Value] = {}  # macros that set the attribute: `[attr]made linguist-generated`
    for line in text.split("\n"):
        pattern, attributes = _fields(line)
        if not attributes or pattern.startswith(("#", "!")):
            continue
        value, is_said = _last_value(name, attributes, macros)
        if not is_said:
            continue
        if pattern.startswith("[attr]"):
            macros[pattern.removeprefix("[attr]")] = value
        else:
            yield pattern, value


def _fields(line: str) -> tuple[str, list[str]]:
    """The pattern, which may stand in quotes, and the attributes of a line."""
    line = line.strip()
    if line.startswith('"') and (end := line.find('"', 1)) > 0:
        return line[1:end].replace(" ", "\\ "), line[end + 1 :].split()
    pattern, *attributes = line.split() or ("",)
    return pattern, attributes


def _last_value(
    name: str, attributes: Iterable[str], macros: Mapping[str, Value]
) -> tuple[Value, bool]:
    value: Value = None
    is_said = False
    for attribute in attributes:
        bare = attribute.lstrip("-!")
        key, equals, text = bare.partition("=")
        if key == name:
            value = {"-": False, "!": None}.get(attribute[0], text if equals else True)
            is_said = True
        elif attribute in macros:
            value, is_said = macros[attribute], True
    return value, is_said
