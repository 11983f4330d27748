"""Parsing the address of a documentation site."""

from __future__ import annotations

from urllib.parse import urlsplit

from ccingest.errors import InvalidReferenceError
from ccingest.models import Reference
from ccingest.secrets import hide_secrets
from ccingest.sources.references import printable
from ccingest.sources.web.addresses import address_of, normal, origin_of


def parse_site(text: str) -> Reference:
    """The site that begins at an address, such as `https://docs.example.org/guide/`.

    The scheme may be left out. Raises InvalidReferenceError when it is no address of a page.
    """
    stripped = text.strip()
    if not stripped.isprintable() or not stripped:
        raise _invalid(text, "it is empty or holds control characters")
    address = stripped if "://" in stripped else f"https://{stripped}"
    found = normal(address)
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise _invalid(text, "an address with a user or a password can't be added")
    if found is None:
        raise _invalid(text, "it is no address of a page, which begins with https:// or http://")
    if hide_secrets(found) != found:
        raise _invalid(text, "it seems to hold a password or a token")
    parts = urlsplit(found)
    name = f"{parts.netloc}{parts.path}".rstrip("/")
    name = f"{name}?{parts.query}" if parts.query else name
    return Reference("web", name, found, parts.netloc)


def link_to_page(site: Reference, path: str, anchor: str) -> str:
    """The page with this path, at the heading that has the anchor."""
    page = address_of(origin_of(site.location), path)
    return f"{page}#{anchor}" if anchor else page


def _invalid(text: str, why: str) -> InvalidReferenceError:
    return InvalidReferenceError(f"{printable(text)} names no site: {why}.")
