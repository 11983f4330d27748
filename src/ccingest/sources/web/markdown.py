"""HTML to Markdown, by html-to-markdown, after what it can't know has been written into the tree.

| in the page | in the Markdown |
| --- | --- |
| a heading that a link can lead to | `## Title {#anchor}`, as Pandoc and others write it |
| a definition with an anchor, as of a function | a heading like that |
| code, with its language by any sign | a fence with the language |
| a link, an image | its text |

Links would be half of the text of a hit, and say nothing that helps to find it.
"""

from __future__ import annotations

import logging
import re
from itertools import islice
from typing import Any, TypeAlias
from urllib.parse import quote

import html_to_markdown
from lxml import etree

from ccingest.sources.web.code_blocks import prepare_code
from ccingest.sources.web.pruning import DROPPED, drop_marked

Element: TypeAlias = Any  # of lxml, which has no types

_log = logging.getLogger(__name__)

# To be raised when a change makes other Markdown of the same page: then kept pages are read again.
VERSION = 2
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_ID = re.compile(r"[^\s{}<>\"'`\\]{1,200}")
# Marks in the text that no page has, and no converter escapes.
# Blanks are taken from where they begin: to try each of many takes the square of their number.
_MARK = re.compile("(?<![ \\t])[ \\t]*\ue0f0(\\d+)\ue0f1")
_SIGNS = re.compile(r"(?<![\s¶§#🔗])[\s¶§#🔗]+$")
_BLANK_LINES = re.compile(r"\n{3,}")
_HEADING_LINE = re.compile(r"^(#{1,6}) (.*)", re.MULTILINE)
_ANCHOR = re.compile(r"(?<!\s)\s*\{#[^{}\s]*\}\s*$")
# What stands between the title of a page and that of its site.
_SITE = re.compile(r"(?<!\s)\s+[|—–·•»\u00b7-]\s+")


def to_markdown(part: Element, title: str) -> str:
    """The Markdown of the main part of a page, with the page's title if it has no heading."""
    prepare_code(part)
    _prepare_definitions(part)
    for element in part.iter("summary", "details"):  # a heading in them would be none
        element.tag = "div"
    _free_headings(part)
    anchors = _mark_headings(part)
    etree.strip_tags(part, "a")
    source = etree.tostring(part, encoding="unicode", method="html", with_tail=False)
    try:
        text = html_to_markdown.convert(source, _options()).content or ""
    except Exception as error:  # noqa: BLE001 - it is native code, which has errors of its own
        _log.info("A page is taken as plain text: %s", error)
        text = "\n".join(piece.strip() for piece in part.itertext() if piece.strip())
    text = _MARK.sub(lambda found: f" {{#{anchors[int(found[1])]}}}", text)
    text = _BLANK_LINES.sub("\n\n", text).strip()
    if not text:
        return ""
    return _titled(text, title) + "\n"


def _titled(text: str, title: str) -> str:
    """With the title of the page above it, unless it begins with that."""
    first = _HEADING_LINE.search(text)
    own = _SITE.split(title)[0].strip()
    headings = [found[2] for found in _HEADING_LINE.finditer(text) if found[1] == "#"]
    if not own or len(headings) == 1:  # some pages have one of the first level for each section
        return text
    is_same = first and _ANCHOR.sub("", first[2]).strip().casefold() == own.casefold()
    return text if is_same else f"# {own}\n\n{text}"


def _options() -> html_to_markdown.ConversionOptions:
    return html_to_markdown.ConversionOptions(
        heading_style="atx", extract_metadata=False, skip_images=True, bullets="-", wrap=False
    )


def _prepare_definitions(part: Element) -> None:
    """A term with an anchor that has its own text, as of a function, becomes a heading."""
    levels: dict[Element, int] = {}  # of the lists of definitions
    above = 1  # the level of the last heading
    for element in list(part.iter("dl", *_HEADINGS)):
        if element.tag != "dl":
            above = _HEADINGS[element.tag]
            continue
        if not any("sig" in (term.get("class") or "").split() for term in element.findall("dt")):
            continue
        around = next((one for one in islice(element.iterancestors(), 4) if one in levels), None)
        level = levels[element] = min(6, (above if around is None else levels[around]) + 1)
        for child in element:
            if child.tag == "dt" and child.get("id"):
                child.tag = f"h{level}"
                child.text = (child.text or "").lstrip()
            elif child.tag in ("dt", "dd"):
                child.tag = "div"
    for element in levels:
        element.tag = "div"


def _free_headings(part: Element) -> None:
    """Lists that lay out sections, as those of javadoc do, are none: a heading in an item is lost."""
    for heading in part.iter(*_HEADINGS):
        for above in islice(heading.iterancestors(), 12):
            if above is part:
                break
            if above.tag in ("li", "ul", "ol", "dd", "dl"):
                above.tag = "div"


def _mark_headings(part: Element) -> list[str]:
    """Put a mark at the end of each heading that has an anchor; returns the anchors by number."""
    anchors: list[str] = []
    for heading in list(part.iter(*_HEADINGS)):
        _tidy(heading)
        anchor = _anchor(heading)
        if not anchor or not "".join(heading.itertext()).strip():
            continue
        mark = f"\ue0f0{len(anchors)}\ue0f1"
        anchors.append(anchor)
        children = list(heading)
        if children:
            children[-1].tail = (children[-1].tail or "").rstrip() + mark
        else:
            heading.text = (heading.text or "").rstrip() + mark
    return anchors


def _tidy(heading: Element) -> None:
    """Without the signs that lead to the heading itself, in one line, as inline text only."""
    for link in list(heading.iter("a")):
        if not _SIGNS.sub("", "".join(link.itertext())).strip() and link is not heading:
            name = link.get("id") or link.get("name") or (link.get("href") or "").partition("#")[2]
            if name and not heading.get("id"):
                heading.set("id", name)
            link.tag = DROPPED
    drop_marked(heading)
    etree.strip_tags(heading, "em", "strong", "b", "i")
    for element in heading.iter():
        if element is not heading and element.tag in ("br", "div", "p", "small", "dl", "ul", "li"):
            element.tag = "span"
            element.tail = " " + (element.tail or "")
        for name in ("text", "tail"):
            value = getattr(element, name)
            if value and not (element is heading and name == "tail"):
                setattr(element, name, re.sub(r"\s+", " ", value))


def _anchor(heading: Element) -> str:
    """What stands behind the # of a link to this heading; empty if there is nothing."""
    candidates = [heading, *heading.iter("a", "span")]
    before = heading.getprevious()
    if before is not None and before.tag in ("a", "span") and not (before.tail or "").strip():
        candidates.append(before)
    above = heading.getparent()
    if above is not None and next(iter(above), None) in (heading, before):
        candidates.append(above)  # <section id="x"><h2>
    for element in candidates:
        name = element.get("id") or (element.get("name") if element.tag == "a" else None)
        if name and _ID.fullmatch(name):
            return quote(name, safe="%!$&'()*+,;=:@/?-._~")
    return ""
