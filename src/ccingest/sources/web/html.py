"""An HTML page: what it is about, where it leads, and its main part as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree
from lxml import html as lxml_html

from ccingest.sources.web.addresses import normal
from ccingest.sources.web.markdown import to_markdown
from ccingest.sources.web.pruning import main_part
from ccingest.sources.web.tags import MOST_TAGS, links_of, plain_text, with_few_attributes

Element: TypeAlias = Any  # of lxml, which has no types

_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*\?>")
# No text of an element may have these characters, as lxml sees it, of which NUL would end the document.
# The last two mark the anchors of headings. References to them are the same.
_NEVER = {
    **dict.fromkeys([*range(9), *range(0x0E, 0x20), 0xFFFE, 0xFFFF, 0xE0F0, 0xE0F1], "\ufffd"),
    0x0B: " ",
    0x0C: " ",  # a form feed
}
_REFERENCE = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]{1,6})|0*([0-9]{1,7}));?")
_FEW_LETTERS = 200  # a page with fewer, and scripts, is filled by its scripts
_INDEX_LINKS, _INDEX_SHARE = 60, 0.8
# A page with more is taken as plain text. Manuals on one page of a megabyte have 50,000.
_MOST_ELEMENTS = 120_000
_MOST_TITLE = 200  # characters
_REFRESH = re.compile(r"^\s*\d+\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What was read of a page."""

    title: str
    markdown: str
    links: tuple[str, ...]  # in normal form, in their order, each once
    canonical: str | None = None
    other_languages: tuple[str, ...] = ()  # addresses of its translations
    refresh: str | None = None  # where <meta http-equiv=refresh> leads
    needs_scripts: bool = False  # it has nearly no text before scripts have run
    is_index: bool = False  # it is a list of links and little more
    no_index: bool = False  # its own <meta name=robots> says so
    no_follow: bool = False


def read_html(text: str, address: str, *, most_links: int) -> HtmlPage:
    """Read a page. Takes any text; what is no HTML has no content."""
    if text.count("<") > MOST_TAGS:
        return HtmlPage("", plain_text(text), _addresses(links_of(text), address, most_links))
    root = _parsed(text)
    if root is None:
        return HtmlPage("", "", ())
    base = normal(root.findtext(".//base") or "", address)
    hrefs = root.xpath("string(.//base/@href)")
    base = normal(hrefs, address) or address if hrefs else address
    title = " ".join((root.findtext(".//title") or "").split())[:_MOST_TITLE]
    robots = _meta(root, "robots")
    links = _links(root, base, most_links)
    letters = sum(len(part.strip()) for part in _visible_text(root))
    has_scripts = bool(root.xpath(".//script[@src or string-length(.) > 0]"))
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        return HtmlPage(title, _plain(root), links)
    part = main_part(root)
    is_index = _is_index(part)
    return HtmlPage(
        title=title,
        markdown=to_markdown(part, title),
        links=links,
        canonical=_canonical(root, base),
        other_languages=_translations(root, base),
        refresh=_refresh(root, base),
        needs_scripts=has_scripts and letters < _FEW_LETTERS,
        is_index=is_index,
        no_index="noindex" in robots or "none" in robots,
        no_follow="nofollow" in robots or "none" in robots,
    )


def _parsed(text: str) -> Element | None:
    # As bytes: libxml2 refuses text that declares an encoding.
    text = with_few_attributes(text)
    text = _REFERENCE.sub(_checked, _XML_HEAD.sub("", text).translate(_NEVER))
    data = text.encode("utf-8", "replace")
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False, no_network=True
    )
    try:
        found = lxml_html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):  # an empty document
        return None
    return found


def _checked(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return _NEVER.get(number, reference[0])


def _links(root: Element, base: str, most: int) -> tuple[str, ...]:
    anchors = root.iter("a", "area")
    return _addresses(
        (
            anchor.get("href") or ""
            for anchor in anchors
            if "nofollow" not in (anchor.get("rel") or "").lower()
        ),
        base,
        most,
    )


def _addresses(given: Iterable[str], base: str, most: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    seen: set[str] = set()  # most links of a page stand in it several times
    for href in given:
        if not href or href.startswith("#") or href in seen:
            continue
        seen.add(href)
        address = normal(href, base)
        if address:
            found[address] = None
        if len(seen) >= most:
            break
    return tuple(found)


def _meta(root: Element, name: str) -> str:
    return " ".join(
        (meta.get("content") or "").lower()
        for meta in root.iter("meta")
        if (meta.get("name") or "").lower() == name
    )


def _canonical(root: Element, base: str) -> str | None:
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            return normal(link.get("href") or "", base)
    return None


def _translations(root: Element, base: str) -> tuple[str, ...]:
    own = (root.get("lang") or "").lower().partition("-")[0]
    found = []
    for link in root.iter("link"):
        language = (link.get("hreflang") or "").lower()
        is_other = language and language != "x-default" and language.partition("-")[0] != own
        if own and is_other and (address := normal(link.get("href") or "", base)):
            found.append(address)
    return tuple(found[:200])


def _refresh(root: Element, base: str) -> str | None:
    for meta in root.iter("meta"):
        if (meta.get("http-equiv") or "").lower() == "refresh":
            target = _REFRESH.match(meta.get("content") or "")
            return normal(target[1], base) if target else None
    return None


def _visible_text(root: Element) -> list[str]:
    return list(
        root.xpath(
            ".//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]"
        )
    )


def _plain(root: Element) -> str:
    return "\n".join(text.strip() for text in _visible_text(root) if text.strip()) + "\n"


def _is_index(part: Element) -> bool:
    links = part.findall(".//a")
    if len(links) < _INDEX_LINKS:
        return False
    linked = sum(len("".join(link.itertext()).strip()) for link in links)
    whole = sum(len(text.strip()) for text in part.itertext())
    return linked > whole * _INDEX_SHARE
