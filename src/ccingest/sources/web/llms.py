"""llms.txt and llms-full.txt (llmstxt.org): what a site offers to language models.

`llms.txt` lists pages, most of them as Markdown. `llms-full.txt` holds the pages themselves. It is
taken if it says which page each of its parts is, because a hit has to lead to a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ccingest.sources.web.addresses import normal

# Bounded, and each character can stand for one part of it alone: else a list without closing
# brackets takes the square of its length.
_LINK = re.compile(
    r"\]\(\s{0,20}<?"
    r"([^\s<>()]{1,1000}(?:\([^\s()]{0,1000}\)[^\s<>()]{0,1000})?)>?(?:\s[^)]{0,300})?\)"
)
# The title of a page and where it is, as Mintlify writes it, and front matter, as VitePress does.
_PART = re.compile(
    r"^(?:#[ \t]+(?P<title>[^\s][^\n]*)\n\s{0,3}\n?)?(?:Source|URL|Url|Page URL|Link):[ \t]*<?"
    r"(?P<source>https?://[^\s>]+)>?[ \t]*$"
    r"|^---\n(?:[\w-]+:[^\n]*\n){0,10}?url:[ \t]*['\"]?(?P<front>[^\s'\"]+)['\"]?\n(?:[\w-]+:[^\n]*\n){0,10}---$",
    re.MULTILINE,
)
_FEWEST_PARTS = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A page within llms-full.txt."""

    address: str
    text: str


def links_of(text: str, base: str) -> list[str]:
    """The addresses that a llms.txt names."""
    found = (normal(link[1], base) for link in _LINK.finditer(text))
    return list(dict.fromkeys(one for one in found if one))


def parts_of(text: str, base: str, is_wanted: Callable[[str], bool]) -> list[Part]:
    """The pages in a llms-full.txt; none when it does not say where most of its parts are from."""
    text = text.replace("\r\n", "\n")
    marks = list(_PART.finditer(text))
    if len(marks) < _FEWEST_PARTS:
        return []
    found: dict[str, Part] = {}
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        address = normal(mark["source"] or mark["front"], base)
        body = text[mark.end() : end].strip()
        if not address or not body:
            continue
        address = page_of(address)
        if is_wanted(address):
            head = f"# {mark['title'].strip()}\n\n" if mark["title"] else ""
            found.setdefault(address, Part(address, f"{head}{body}\n"))
    return list(found.values())


def page_of(address: str) -> str:
    """The page whose Markdown is at an address of llms.txt."""
    return address.removesuffix(".md")
