"""Reading one page: asking for it if it has changed, and making its Markdown. Runs on any thread."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ccingest.sources.web.addresses import key_of, origin_of, path_of
from ccingest.sources.web.answers import Answer
from ccingest.sources.web.fetching import PAGE_TYPES, Fetcher, FetchError
from ccingest.sources.web.html import HtmlPage, read_html
from ccingest.sources.web.llms import links_of, page_of
from ccingest.sources.web.pages import Page, conditions

State: TypeAlias = Literal["new", "same", "failed"]

_MARKDOWN = ("text/markdown", "text/x-markdown")
_MARKDOWN_PATH = re.compile(r"\.(?:md|mdx|markdown)$", re.IGNORECASE)
_TEXT_PATH = re.compile(r"\.(?:txt|text|rst|adoc|asciidoc|org|tex)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to read, and what is known of it."""

    address: str
    depth: int = 0
    kept: Page | None = None
    lastmod: str = ""  # of the sitemap
    is_twin: bool = False  # the Markdown of a page, as llms.txt names it
    trusts_lastmod: bool = False  # whether the sitemap tells that the page is the same


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page. `page` is the kept one where it could not be read again."""

    wanted: Wanted
    state: State
    page: Page | None = None
    html: HtmlPage | None = None
    error: FetchError | None = None
    needs_scripts: bool = False


def read_page(fetcher: Fetcher, origin: str, wanted: Wanted) -> Outcome:
    """Read a page. Never raises FetchError: that is in the outcome."""
    kept = wanted.kept
    if kept and wanted.trusts_lastmod:
        return Outcome(wanted, "same", kept)
    try:
        answer = ask_if_changed(fetcher, wanted.address, origin, kept)
        if answer.status == 304:
            if kept is None:
                raise FetchError("its answer is HTTP 304, which was not asked for", status=304)
            return Outcome(wanted, "same", replace(kept, lastmod=wanted.lastmod))
        return _read(answer, fetcher, wanted)
    except FetchError as error:
        # A page that can't be read now is as it was.
        return Outcome(wanted, "failed", kept if error.can_pass else None, error=error)


def ask_if_changed(
    fetcher: Fetcher,
    address: str,
    origin: str,
    kept: Page | None,
    *,
    types: tuple[str, ...] | None = PAGE_TYPES,
    most: int = 0,
) -> Answer:
    """As `Fetcher.get`. The status is 304 when the page is still the kept one."""
    headers = conditions(kept)
    answer = fetcher.get(address, origin=origin, headers=headers, types=types, most=most)
    if answer.status == 304 and kept and answer.address != kept.final:
        # By another redirect this is another page, which is no newer than the kept one.
        answer = fetcher.get(address, origin=origin, types=types, most=most)
    return answer


def _read(answer: Answer, fetcher: Fetcher, wanted: Wanted) -> Outcome:
    if answer.content_type not in PAGE_TYPES:
        raise FetchError(f"it is no page but {answer.content_type[:60]!a}", status=200)
    if _is_html(answer):
        return _read_html(answer, fetcher, wanted)
    is_markdown = answer.content_type in _MARKDOWN or bool(_MARKDOWN_PATH.search(answer.address))
    if not is_markdown and not _TEXT_PATH.search(answer.address):
        raise FetchError(f"it is no page but {answer.content_type[:60]!a}", status=200)
    address = page_of(answer.address) if wanted.is_twin else answer.address
    links = tuple(links_of(answer.text, answer.address)) if is_markdown else ()
    text = answer.text.replace("\r\n", "\n").replace("\x00", "\ufffd")
    page = _page(answer, wanted, path_of(address, is_markdown=is_markdown), "", text, links)
    return Outcome(wanted, "new", page)


def _is_html(answer: Answer) -> bool:
    if answer.content_type in ("text/html", "application/xhtml+xml"):
        return True
    head = answer.body[:512].lstrip().lower()
    return answer.content_type == "" and head.startswith((b"<!doctype html", b"<html"))


def _read_html(answer: Answer, fetcher: Fetcher, wanted: Wanted) -> Outcome:
    html = read_html(answer.text, answer.address, most_links=fetcher.limits.links_a_page)
    address = answer.address
    # A page may say that another address is its own. It is believed where that is another form of
    # the same: sites name the page of another version, or the first page of all.
    if html.canonical and key_of(html.canonical) == key_of(address):
        address = html.canonical
    is_page = html.markdown.strip() and not html.needs_scripts and not html.no_index
    is_page = is_page and not (html.is_index and wanted.depth > 0)
    links = () if html.no_follow else html.links
    if html.refresh:
        links = (html.refresh, *links)
    path = path_of(address) if is_page and origin_of(address) == origin_of(answer.address) else ""
    page = _page(answer, wanted, path, html.title, html.markdown if path else "", links)
    return Outcome(wanted, "new", page, html, needs_scripts=html.needs_scripts)


def _page(
    answer: Answer, wanted: Wanted, path: str, title: str, text: str, links: tuple[str, ...]
) -> Page:
    return Page(
        address=wanted.address,
        final=answer.address,
        path=path,
        title=title,
        text=text.encode("utf-8", "replace").decode(),
        links=links,
        etag=answer.headers.get("etag", "")[:1000],
        modified=answer.headers.get("last-modified", "")[:100],
        lastmod=wanted.lastmod,
    )
