"""The main part of an HTML page: without menus, footers and what else is the same on all pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from lxml import etree

Element: TypeAlias = Any  # of lxml, which has no types

# Where generators of documentation put the content, the surest first.
_MAIN = (
    ".//*[contains(concat(' ', normalize-space(@class), ' '), ' theme-doc-markdown ')]",
    ".//*[contains(concat(' ', normalize-space(@class), ' '), ' vp-doc ')]",
    ".//*[contains(concat(' ', normalize-space(@class), ' '), ' sl-markdown-content ')]",
    ".//*[contains(concat(' ', normalize-space(@class), ' '), ' markdown-body ')]",
    ".//*[@itemprop='articleBody']",
    ".//*[@role='main']",
    ".//main",
    ".//article",
    ".//*[@id='apicontent']",
    ".//*[@id='main-content']",
    ".//*[@id='mw-content-text']",
    ".//*[@id='content']",
    ".//*[contains(concat(' ', normalize-space(@class), ' '), ' contents ')]",
)
# A candidate with less of the page's text is something else, such as a teaser.
_LEAST_SHARE = 0.2
_TAGS = (
    "script", "style", "noscript", "template", "nav", "footer", "form", "button", "input", "select",
    "textarea", "dialog", "svg", "canvas", "iframe", "object", "embed", "video", "audio", "link", "meta",
)  # fmt: skip
_ROLES = frozenset(
    {"navigation", "search", "banner", "contentinfo", "complementary", "menu", "dialog"}
)
_CLASSES = frozenset(
    """headerlink header-link hash-link header-anchor heading-anchor anchorjs-link anchor-link
    sphinxsidebar sidebar sidebar-nav toc toctree-wrapper-hidden table-of-contents page-toc bd-toc
    theme-doc-toc-mobile theme-doc-toc-desktop theme-doc-breadcrumbs theme-doc-footer
    theme-doc-version-banner toc-wrapper on-this-page local-toc
    breadcrumb breadcrumbs wy-breadcrumbs rst-breadcrumbs-buttons rst-footer-buttons
    pagination pagination-nav prev-next-footer prev-next-area prev-next related-pages page-nav pager
    navheader navfooter navbar nav-wrapper nav-wide-wrapper nav-chapters mobile-nav-chapters menu-bar
    related sphinxfooter footer page-footer site-footer doc-footer md-footer md-source-file
    md-content__button edit-this-page edit-page-link edit-link mw-editsection mw-jump-link
    feedback cookie-banner cookie-consent skip-link skip-to-content copybtn copy-button copy clipboard
    linenos lineno line-numbers line-numbers-wrapper linenodiv gutter src-links srclink viewcode-link
    sr-only visually-hidden vpa-hidden newsletter social-share share-buttons advertisement
    hideme test-arrow notable tooltip out-of-band rightside nosearch""".split()
)
_IDS = frozenset(
    """hd ft header footer sidebar nav navbar navigation menu breadcrumbs global-nav site-header
    site-footer topbar""".split()
)
_BLOCKS = ("ul", "ol", "dl", "div", "p", "table", "td", "section")
_LEAST_LINKS, _LINKED_SHARE = 3, 0.85
_KEEPS_ASIDE = re.compile(
    r"note|tip|warn|caution|danger|info|hint|important|admonition|callout|aside"
)
DROPPED = "dropped"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def main_part(root: Element) -> Element:
    """The element with the content of the page, cleaned. Changes the tree."""
    body = root.find(".//body")
    body = root if body is None else body
    etree.strip_elements(body, *_TAGS, with_tail=False)
    part = _found(body)
    for element in part.iter():
        if element is not part and _is_beside(element):
            element.tag = DROPPED
    drop_marked(part)
    if part is body:
        _mark_menus(part)
        drop_marked(part)
    return part


def drop_marked(part: Element) -> None:
    """Remove the elements whose tag is DROPPED, all at once: one by one takes quadratic time."""
    etree.strip_elements(part, DROPPED, with_tail=False)


def _mark_menus(body: Element) -> None:
    """Lists of links before the first heading, where nothing tells the content from them."""
    menus: set[Element] = set()
    for element in body.iter(*_HEADINGS, *_BLOCKS):
        if element.tag in _HEADINGS:
            break
        above = element.getparent()
        if element is body or above in menus:
            if above in menus:
                menus.add(element)
            continue
        links = element.findall(".//a")
        linked = sum(len(_text(link)) for link in links)
        if len(links) >= _LEAST_LINKS and linked > len(_text(element)) * _LINKED_SHARE:
            menus.add(element)
    for menu in menus:
        menu.tag = DROPPED


def _found(body: Element) -> Element:
    least = len(_text(body)) * _LEAST_SHARE
    for path in _MAIN:
        candidates = body.xpath(path)
        if not candidates:
            continue
        largest = max(candidates, key=lambda one: len(_text(one)))
        if len(_text(largest)) > least:
            return largest
    return body


def _is_beside(element: Element) -> bool:  # noqa: PLR0911 - a list of rules
    """Whether it belongs to the site and not to what the page says."""
    tag = element.tag
    if tag in (*_HEADINGS, "pre", "code", "body", "html"):
        return False
    classes = (element.get("class") or "").lower().split()
    if tag == "aside":
        return not any(map(_KEEPS_ASIDE.search, classes))
    if (element.get("role") or "").lower() in _ROLES or element.get("hidden") is not None:
        return True
    if element.get("aria-hidden") == "true" and tag in ("a", "span", "div"):
        return True
    if _HIDDEN.search(element.get("style") or ""):
        return True
    if tag == "header":
        return not any(True for _ in element.iter("h1"))
    if tag == "div" and (element.get("id") or "").lower() in _IDS:
        return True
    # The section about tables of contents has an id `toc`, but hardly a class.
    return tag != "section" and not _CLASSES.isdisjoint(classes)


def _text(element: Element) -> str:
    return "".join(_pieces(element.itertext()))


def _pieces(texts: Iterable[str]) -> Iterable[str]:
    return (text.strip() for text in texts)
