"""Sitemaps (sitemaps.org): the addresses that a site lists, and when each has changed."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from ccingest.sources.web.addresses import is_at, normal
from ccingest.sources.web.answers import BodyError, decoded, unpacked
from ccingest.sources.web.fetching import Fetcher, FetchError

_MOST_BYTES = 50 * 1024 * 1024  # of one file, as the protocol says
_MOST_FILES = 200
# Of one file, which may list 50,000 pages, each with its translations and pictures.
_MOST_ELEMENTS = 3_000_000
_MOST_WITHIN = 50_000  # elements of one page
_LINE = re.compile(r"[^\r\n]+")
_PIECE = 64 * 1024
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
            body = b"".join(unpacked(_pieces(body), "gzip", _MOST_BYTES))
        except (BodyError, zlib.error):
            return [], []
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = (line[0].strip() for line in islice(_LINE.finditer(decoded(body)), most))
        return [Listed(found) for line in lines if line and (found := normal(line, base))], []
    pages: list[Listed] = []
    inner: list[str] = []
    for element in _listed(body):
        address = _address(element, base)
        if address and _name(element) == "url":
            pages.append(Listed(address, _text(element, "lastmod")[:40]))
        elif address:
            inner.append(address)
        if len(pages) >= most or len(inner) >= _MOST_FILES:
            break
    return pages, inner


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


def _listed(body: bytes) -> Iterator[etree._Element]:
    """The elements `url` and `sitemap`, each for a moment: a tree of all would take gigabytes."""
    # Without entities, so that no "billion laughs" unfold; libxml2 asks no network.
    events = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        recover=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    outer: etree._Element | None = None  # the one that is being read
    within = 0
    with suppress(etree.XMLSyntaxError, ValueError):
        for event, element in islice(events, 2 * _MOST_ELEMENTS):
            within += 1
            if event == "start":
                if outer is None and _name(element) in ("url", "sitemap"):
                    outer, within = element, 0
            elif outer is None or outer is element:
                if outer is element:
                    yield element
                    outer = None
                _forget(element)
            elif within > _MOST_WITHIN:
                return


def _name(element: etree._Element) -> str:
    """Without its namespace. lxml itself refuses to take apart the names that some hosts write."""
    return str(element.tag).rpartition("}")[2]


def _forget(element: etree._Element) -> None:
    """With those before it, which have been read."""
    element.clear()
    above = element.getparent()
    while above is not None and above[0] is not element:
        del above[0]


def _address(element: etree._Element, base: str) -> str | None:
    found = _text(element, "loc")
    return normal(found, base) if found else None


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()
