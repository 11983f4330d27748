"""Sitemaps (sitemaps.org): the addresses that a site lists, and when each has changed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from ccingest.sources.web.addresses import is_at, normal
from ccingest.sources.web.answers import BodyError, decoded, unpacked
from ccingest.sources.web.fetching import Fetcher, FetchError

_MOST_BYTES = 50 * 1024 * 1024  # of one file, as the protocol says
_MOST_FILES = 200
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a sitemap. `lastmod` is as the site wrote it; empty when it did not."""

    address: str
    lastmod: str = ""


def read_sitemaps(
    fetcher: Fetcher, addresses: list[str], origin: str, most: int
) -> tuple[list[Listed], int]:
    """The pages of these sitemaps and of those that they name, and how many files were read.

    A file that can't be read, or is of another host, has no pages. Stops after `most` pages.
    """
    pages: dict[str, Listed] = {}
    waiting = [one for one in addresses if is_at(one, origin)]
    seen, read = set(waiting), 0
    while waiting and len(seen) <= _MOST_FILES and len(pages) < most:
        try:
            answer = fetcher.get(waiting.pop(0), origin=origin, types=None, most=_MOST_BYTES)
        except FetchError:
            continue
        found, inner = _parsed(answer.body, answer.address, most)
        read += bool(found or inner)
        for page in found:
            pages.setdefault(page.address, page)
        new = [one for one in dict.fromkeys(inner) if one not in seen and is_at(one, origin)]
        seen.update(new)
        waiting += new
    return list(pages.values())[:most], read


def _parsed(body: bytes, base: str, most: int) -> tuple[list[Listed], list[str]]:
    """The first pages and further sitemaps of one file: XML, or an address a line."""
    if body.startswith(_GZIP):
        try:
            body = b"".join(unpacked(iter([body]), "gzip", _MOST_BYTES))
        except (BodyError, zlib.error):
            return [], []
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = decoded(body).splitlines()[:most]
        return [
            Listed(found)
            for line in lines
            if (found := normal(line.strip(), base) if line.strip() else None)
        ], []
    # Without entities, so that no "billion laughs" unfold; libxml2 asks no network.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(body, parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        return [], []
    if root is None:
        return [], []
    # Asked for by name, since lxml refuses to take apart the names that some hosts write.
    sitemaps = islice(root.iter("{*}sitemap"), _MOST_FILES)
    inner = [found for one in sitemaps if (found := _address(one, base))]
    pages = [
        Listed(found, _text(one, "lastmod")[:40])
        for one in islice(root.iter("{*}url"), most)
        if (found := _address(one, base))
    ]
    return pages, inner


def _address(element: etree._Element, base: str) -> str | None:
    found = _text(element, "loc")
    return normal(found, base) if found else None


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()
