"""What a site offers beside its links: llms-full.txt, llms.txt and sitemaps."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from ccingest.errors import UnsupportedSourceError
from ccingest.models import CrawlOptions
from ccingest.plurals import number_of
from ccingest.progress import Notice
from ccingest.sources.web.addresses import key_of, path_of
from ccingest.sources.web.crawling import Crawl, during
from ccingest.sources.web.fetching import FetchError
from ccingest.sources.web.llms import links_of, page_of, parts_of
from ccingest.sources.web.pages import Page
from ccingest.sources.web.reading import Outcome, ask_if_changed
from ccingest.sources.web.sitemaps import read_sitemaps

_TEXT = ("text/plain", "text/markdown", "text/x-markdown", "")
_MOST_LLMS = 64 * 1024 * 1024  # bytes of a llms-full.txt


def offer(crawl: Crawl, first: Outcome) -> None:
    """Begin the crawl with its first page and what the site offers."""
    assert first.page
    if crawl.options.mode == "sitemap":
        _from_sitemaps(crawl, first)
        return
    if _from_llms_full(crawl):
        crawl.keep_aside(first)
        return
    _learn(crawl, first)
    _from_llms(crawl)
    crawl.take(first)


def _learn(crawl: Crawl, first: Outcome) -> None:
    translations = first.html.other_languages if first.html else ()
    crawl.scope.learn(first.page.links if first.page else (), translations)


def _from_llms_full(crawl: Crawl) -> bool:
    """Take the pages of llms-full.txt, if it has them and says where they are from."""
    options = _choice(crawl.options)
    for address in _places(crawl, "llms-full.txt"):
        kept = crawl.store.find(address)
        if kept and kept.title != options:  # its pages were chosen by others
            kept = None
        outcome = _text(crawl, address, kept)
        if outcome is None:
            continue
        text, page = outcome
        if text is None and kept:  # it has not changed
            pages = [crawl.store.find(one) for one in kept.links]
            if kept.links and all(pages):
                crawl.found += [kept.address, *kept.links]
                _say_full(crawl, address, len(pages))
                return True
            continue
        parts = parts_of(text or "", address, lambda one: crawl.scope.why_not(one) is None)
        if not parts:
            crawl.store.put([page])
            crawl.emit(
                Notice("info", f"{address} does not say which pages it holds, so those are read.")
            )
            continue
        parts = parts[: crawl.options.max_pages]
        made = [
            Page(part.address, part.address, path_of(part.address), "", part.text, ())
            for part in parts
            if crawl.scope.is_wanted(part.address)
        ]
        links = tuple(one.address for one in made)
        crawl.store.put([replace(page, title=options, links=links), *made])
        crawl.found += [address, *(one.address for one in made)]
        _say_full(crawl, address, len(made))
        return True
    return False


def _choice(options: CrawlOptions) -> str:
    """The same for options that choose the same pages of a llms-full.txt."""
    return json.dumps([options.include, options.exclude, options.max_pages])


def _say_full(crawl: Crawl, address: str, pages: int) -> None:
    crawl.emit(
        Notice(
            "info", f"The site offers {address}, which is taken for its {number_of(pages, 'page')}."
        )
    )


def _from_llms(crawl: Crawl) -> None:
    """Begin with the pages that llms.txt names, as Markdown where there is that."""
    for address in _places(crawl, "llms.txt"):
        kept = crawl.store.find(address)
        outcome = _text(crawl, address, kept)
        if outcome is None:
            continue
        text, page = outcome
        links = kept.links if text is None and kept else tuple(links_of(text or "", address))
        crawl.store.put([replace(page, links=links)])
        crawl.found.append(address)
        named = 0
        for link in links:
            is_twin = link.endswith(".md")
            if crawl.want(link, 1, is_named=True, is_twin=is_twin):
                named += 1
                crawl.scope.mark(page_of(link))
        crawl.emit(
            Notice(
                "info", f"The site offers {address}, whose {number_of(named, 'page')} come first."
            )
        )
        return


def _text(crawl: Crawl, address: str, kept: Page | None) -> tuple[str | None, Page] | None:
    """The text at an address, None for one that has not changed; None when there is no text."""
    if not crawl.scope.robots.allows(address):
        return None
    try:
        answer = during(
            crawl.fetcher,
            crawl.emit,
            lambda: ask_if_changed(
                crawl.fetcher, address, crawl.scope.origin, kept, types=_TEXT, most=_MOST_LLMS
            ),
        )
    except FetchError:
        return None
    if answer.status == 304:
        return (None, kept) if kept else None
    if answer.content_type not in _TEXT or not answer.body.strip():
        return None
    text = answer.text
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        return None  # a page that says that there is none
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    page = Page(
        address, answer.address, "", "", "", (), etag[:1000], modified[:100], "", time.time()
    )
    return text, page


def _places(crawl: Crawl, name: str) -> list[str]:
    """Beside the first page, and at the root of the host."""
    scope = crawl.scope
    return list(dict.fromkeys([f"{scope.origin}{scope.prefix}{name}", f"{scope.origin}/{name}"]))


def _from_sitemaps(crawl: Crawl, first: Outcome) -> None:
    scope, fetcher = crawl.scope, crawl.fetcher
    places = list(dict.fromkeys([*scope.robots.sitemaps, *_places(crawl, "sitemap.xml")]))
    pages, files = during(
        fetcher, crawl.emit, lambda: read_sitemaps(fetcher, places, scope.origin, scope.most)
    )
    wanted = 0
    for page in pages:
        if first.page and key_of(page.address) in (
            key_of(first.page.address),
            key_of(first.page.final),
        ):
            crawl.take(first)
            wanted += 1
        else:
            wanted += crawl.want(page.address, 1, is_named=True, lastmod=page.lastmod)
    if first.page and first.page.address not in crawl.found:
        crawl.keep_aside(first)
    if not wanted:
        what = "has no page below the first" if files else "can't be found"
        raise UnsupportedSourceError(
            f"The sitemap of {scope.origin}{scope.prefix} {what}; read the links of its pages instead."
        )
    crawl.emit(Notice("info", f"The sitemap names {number_of(wanted, 'page')}."))
