"""The headings of prose that has no query: AsciiDoc and Org."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

_Heading: TypeAlias = tuple[int, str, str]
"""Start in bytes, title, and as many `#` as its level."""

_LONGEST = 300  # bytes of a line that may be a title
_LONGEST_TITLE = 120  # characters

_MARKED = re.compile(rb"(?P<signs>={1,6}|\#{1,6})[ \t]+(?P<title>\S.*)")
# What encloses text that is no AsciiDoc. A longer line doesn't close a shorter one.
_VERBATIM = re.compile(rb"(?:-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,}\w*)$")
# A title above a line of as many signs, which say its level.
_UNDERLINES = b"=-~^+"
_UNDERLINE = re.compile(rb"(?:={3,}|-{3,}|~{3,}|\^{3,}|\+{3,})$")
_MOST_APART = 2  # characters between the lengths of a title and the line under it
_ANCHOR = re.compile(r"\[\[[^\[\]]*\]\]|\[#[^\[\]]*\]#?")

_STARS = re.compile(rb"^(?P<stars>\*{1,10})[ \t]+(?P<title>\S.{0,300})", re.MULTILINE)
# Before and after the title of a task: `TODO [#A] Moor :harbor:`.
_BEFORE_TASK = re.compile(r"(?:(?:TODO|DONE|NEXT|WAITING|CANCELL?ED|COMMENT)\s+|\[#\w\]\s*)+")
_TAGS = re.compile(r"(?<=\s):[\w@#%:]+:$")


def asciidoc_headings(data: bytes) -> Iterator[_Heading]:
    block = before = b""  # the line that closes the current block; the last line
    position = at_before = 0
    was_blank = True  # above the last line
    for whole in data.splitlines(keepends=True):
        start, position = position, position + len(whole)
        line = whole.rstrip() if len(whole) <= _LONGEST else b"..."
        if block:
            if line == block:
                block = line = b""
        elif found := _MARKED.match(line):
            signs = found["signs"]
            title = _ANCHOR.sub("", _text(found["title"].removesuffix(b" " + signs))).strip()
            yield start, title, "#" * len(signs)
        elif was_blank and _UNDERLINE.match(line) and _is_title(before, line):
            yield at_before, _text(before), "#" * (_UNDERLINES.index(line[:1]) + 1)
            line = b""
        elif _VERBATIM.match(line):
            block = b"```" if line.startswith(b"`") else line
        was_blank, before, at_before = not before or before.startswith(b"["), line, start


def _is_title(line: bytes, underline: bytes) -> bool:
    title = _text(line)
    return title[:1].isalnum() and abs(len(title) - len(underline)) <= _MOST_APART


def org_headings(data: bytes) -> Iterator[_Heading]:
    for found in _STARS.finditer(data):
        title = _TAGS.sub("", _text(found["title"]).strip())
        named = _BEFORE_TASK.sub("", title, count=1) if _BEFORE_TASK.match(title) else title
        yield found.start(), (named or title).strip(), "#" * len(found["stars"])


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")[:_LONGEST_TITLE]


HEADINGS: Mapping[str, Callable[[bytes], Iterator[_Heading]]] = {
    "asciidoc": asciidoc_headings,
    "org": org_headings,
}
