"""Pages with more tags, or attributes of one tag, than a parser can take, and their text without it.

libxml2 compares each attribute of a tag with all others of it: 700,000 of them take ten minutes. Its
tree of a page of 8 MiB that is nothing but tags has 500 MB, and four pages are read at once.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator

# Tags of a page, also those that end an element. The specification of HTML on one page has fewer.
MOST_TAGS = 480_000
_MOST_ATTRIBUTES = 1000  # of one tag
_ATTRIBUTE = r"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*))?"""
_TAG = re.compile(rf"<[A-Za-z][^\s/>]*(?:{_ATTRIBUTE}){{0,{_MOST_ATTRIBUTES}}}[\s/]*")
_MORE = re.compile(rf"(?:{_ATTRIBUTE}){{1,{_MOST_ATTRIBUTES}}}[\s/]*")
_HREF = re.compile(r"""\shref\s{0,4}=\s{0,4}["']?([^"'\s>]{1,4000})""", re.IGNORECASE)
_LONGEST_NAME = 20  # characters of the tags below
_UNSEEN = ("script", "style", "noscript", "template", "head")


def with_few_attributes(text: str) -> str:
    """The page, in which no tag has more attributes than a parser takes in good time."""
    if len(text) < 2 * _MOST_ATTRIBUTES:
        return text
    kept, start, at = [], 0, 0
    while tag := _TAG.search(text, at):
        at = tag.end()
        end = at
        while end < len(text) and text[end] != ">" and (more := _MORE.match(text, end)):
            end = more.end()
        if end > at:
            kept.append(text[start:at])
            start = at = end
    return "".join(kept) + text[start:]


def plain_text(text: str) -> str:
    """What is between the tags of a page, without making a tree of it."""
    found, unseen = io.StringIO(), ""
    for piece in _pieces(text):
        tag, _, part = piece.partition(">")
        name = tag[:_LONGEST_NAME].split(None, 1)[0].lower() if tag[:1].strip() else ""
        if unseen:
            unseen = "" if name == f"/{unseen}" else unseen
        elif name in _UNSEEN:
            unseen = name
        if not unseen and (line := html.unescape(part).strip()):
            found.write(f"{line}\n")
    return found.getvalue()


def links_of(text: str) -> Iterator[str]:
    """Where the page leads, as it is written there."""
    for piece in _pieces(text):
        if piece[:2].lower() in ("a ", "a\n", "a\t") and (found := _HREF.search(piece)):
            yield html.unescape(found[1])


def _pieces(text: str) -> Iterator[str]:
    """From each tag to the next one. A list of all would take much memory."""
    start = text.find("<") + 1
    while start:
        end = text.find("<", start)
        yield text[start:] if end < 0 else text[start:end]
        start = end + 1
