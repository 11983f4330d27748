"""Addresses of pages: their normal form, which of them belong to a site, and their paths.

The path of a page in a dataset is the path of its address and `.md`, as llms.txt has it for the
Markdown of a page. So a path leads back to its page without a table:

| address | path |
| --- | --- |
| `https://host/guide/install.html` | `guide/install.html.md` |
| `https://host/guide/install` | `guide/install.md` |
| `https://host/guide/` | `guide/index.md` |
| `https://host/notes.txt`, a plain text | `notes.txt` |
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit, urlunsplit

LONGEST = 1000  # characters of an address that is followed
_SUFFIX = ".md"
_INDEX = "index.md"
_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_HIGH_BYTES = re.compile(r"(?:%[89A-F][0-9A-F])+")
_NOT_SAFE = re.compile(r"[\x00-\x20\x7f<>\"{}|\\^`]")
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of characters, which UTF-8 can't hold
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
# Parameters that say where a visitor came from, and the numbers of sessions.
_TRACKING = re.compile(
    r"(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|ref|source|sid|sessionid|phpsessid|highlight)=",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/]*", re.IGNORECASE)
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def normal(address: str, base: str = "") -> str | None:
    """The address in its normal form, without its fragment; None for what is no page of the web.

    >>> normal("../b/./c%7ed?utm_source=x#top", "HTTP://Host:80/a/x/")
    'http://host/a/b/c~d'
    """
    text = _SURROGATES.sub("\ufffd", re.sub(r"[\t\r\n]", "", address)).strip()
    if len(text) > 4 * LONGEST:
        return None
    try:
        parts = urlsplit(urljoin(base, text) if base else text)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        if scheme not in _PORTS or not host or "@" in parts.netloc:
            return None
        host = host.rstrip(".").encode("idna" if not host.isascii() else "ascii").decode().lower()
    except ValueError:  # also the error of a name that has no ASCII form
        return None
    if not host or _NOT_SAFE.search(host):
        return None
    netloc = f"[{host}]" if ":" in host else host
    netloc = netloc if port in (None, _PORTS[scheme]) else f"{netloc}:{port}"
    path = _normal_path(_SESSION.sub("", parts.path))
    query = "&".join(one for one in parts.query.split("&") if one and not _TRACKING.match(one))
    found = urlunsplit((scheme, netloc, path, _normal_escapes(query), ""))
    return found if len(found) <= LONGEST else None


def origin_of(address: str) -> str:
    """`https://host:port` of an address in normal form."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def is_at(address: str, origin: str) -> bool:
    """Whether it is at this `scheme://host:port`, or at the same host by https."""
    return origin_of(address) in (origin, origin.replace("http://", "https://", 1))


def folder_of(address: str) -> str:
    """The path of the folder that an address is in: `/guide/` of `https://host/guide/x.html`."""
    return urlsplit(address).path.rpartition("/")[0] + "/"


def key_of(address: str) -> str:
    """Equal for addresses that mean the same page on most servers.

    >>> key_of("https://host/a/index.html") == key_of("https://host/a/")
    True
    """
    head, sign, query = address.partition("?")
    head = re.sub(r"/(?:index|default)\.(?:html?|php|md)$", "/", head)
    head = re.sub(r"\.html?\.md$", lambda found: found[0][:-3], head)
    return head.rstrip("/") + sign + query


def path_of(address: str, *, is_markdown: bool = True) -> str:
    """The path of a page in its dataset."""
    parts = urlsplit(address)
    path = _HIGH_BYTES.sub(_as_text, parts.path.lstrip("/"))
    if parts.query:
        path += "?" + _HIGH_BYTES.sub(_as_text, parts.query.replace("/", "%2F"))
    if not is_markdown:
        return path or "index.txt"
    folder, _, name = path.rpartition("/")
    before = f"{folder}/" if folder else ""
    if not name:
        return before + _INDEX
    return f"{before}{'%69ndex' if name == 'index' else name}{_SUFFIX}"


def address_of(origin: str, path: str) -> str:
    """The address of the page with this path."""
    if path == _INDEX or path.endswith(f"/{_INDEX}"):
        path = path.removesuffix(_INDEX)
    else:
        path = re.sub(r"(^|/)%69ndex$", r"\1index", path.removesuffix(_SUFFIX))
    return f"{origin}/{quote(path, safe=_ASCII)}"


def _normal_path(path: str) -> str:
    kept: list[str] = []
    segments = _normal_escapes(path).split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    is_folder = segments[-1] in ("", ".", "..") and kept
    return "/" + "/".join(kept) + ("/" if is_folder else "")


def _normal_escapes(text: str) -> str:
    """With unreserved characters as they are, and all that is not ASCII or not safe escaped."""

    def plain(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if _UNRESERVED.fullmatch(character) else found[0].upper()

    text = _ESCAPE.sub(plain, text)
    text = re.sub(r"%(?![0-9A-F]{2})", "%25", text)
    text = quote(text, safe=_ASCII, errors="replace")
    return _NOT_SAFE.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _as_text(found: re.Match[str]) -> str:
    try:
        text = unquote_to_bytes(found[0]).decode()
    except UnicodeDecodeError:
        return found[0]
    return text if text.isprintable() and " " not in text else found[0]
