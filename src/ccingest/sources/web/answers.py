"""What a server answers: the body within bounds, and its text."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 4096  # bytes; browsers look into 1,024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of names and of escapes, in which no page is. Some take the square of its length.
_NOT_OF_PAGES = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
# What browsers read instead, because it is what was meant.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


_GZIP = b"\x1f\x8b"


class BodyError(Exception):
    """A body that is too large, or not in the form that its headers say."""


class BrokenOffError(BodyError):
    """A body that ends too early: it may be whole another time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, after all redirects. The body of a 304 is empty."""

    address: str  # the last one
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""
    sent_bytes: int = 0

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return decoded(self.body, self.headers.get("content-type", ""))


def unpacked(pieces: Iterator[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """The body, decompressed piece by piece. Raises BodyError when it has over `most` bytes."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from _bounded(pieces, most)
    elif encoding in ("gzip", "x-gzip", "deflate"):
        yield from _inflated(pieces, encoding, most)
    else:
        raise BodyError(f"its encoding {encoding[:40]!a} was not asked for")


def beginning(pieces: Iterator[bytes], most: int) -> bytes:
    """The first bytes of a body. No more pieces are taken than that needs."""
    found = b""
    for piece in pieces:
        found += piece
        if len(found) >= most:
            break
    return found[:most]


def _bounded(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise BodyError(f"it has over {most:,} bytes")
        yield piece


def _inflated(pieces: Iterator[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """A body of gzip may have several parts. Raises BrokenOffError for one that breaks off."""
    left = most
    bits = zlib.MAX_WBITS | (0 if encoding == "deflate" else 16)
    inflate = zlib.decompressobj(bits)
    is_first = True
    for piece in pieces:
        data = piece
        if is_first and encoding == "deflate" and piece[:1] and piece[0] & 0x0F != 8:
            inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers send no zlib header
        is_first = False
        while data:
            if inflate.eof:
                if encoding == "deflate" or not data.startswith(_GZIP[: len(data)]):
                    break  # what stands behind the end means nothing
                inflate = zlib.decompressobj(bits)
            try:
                made = inflate.decompress(data, min(left + 1, 1 << 20))
            except zlib.error as error:
                raise BodyError(f"it can't be decompressed: {error}") from None
            left -= len(made)
            if left < 0:
                raise BodyError(f"it has over {most:,} bytes when it is decompressed")
            if made:
                yield made
            data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    if not (is_first or inflate.eof or encoding == "deflate"):
        raise BrokenOffError("it breaks off")


def decoded(data: bytes, content_type: str = "") -> str:
    """The text of a page: by its byte order mark, its header, its <meta>, and by what fits.

    UTF-8 is taken wherever it fits, whatever else is said. A bad byte costs that byte.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    meta = _META.search(data[:_META_WITHIN])
    header = _CHARSET.search(content_type)
    said = [header[1] if header else "", meta[1].decode("ascii", "replace") if meta else ""]
    for name in said:
        encoding = _known(name)
        if encoding and encoding != "utf-8" and _fits(data, encoding):
            return data.decode(encoding, errors="replace")
    return _mostly_utf8(data)


def _known(name: str) -> str:
    try:
        info = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        return ""
    # Python has codecs that make no text, such as zlib.
    if info is None or not getattr(info, "_is_text_encoding", True) or info.name in _NOT_OF_PAGES:
        return ""
    return _MEANT.get(info.name, info.name)


def _fits(data: bytes, encoding: str) -> bool:
    """Whether at most one in a hundred characters is bad."""
    try:
        text = data.decode(encoding, errors="replace")
    except (LookupError, ValueError):
        return False
    return text.count("\ufffd") * 100 <= len(text)


def _mostly_utf8(data: bytes) -> str:
    """As UTF-8 with bad bytes, if more of what is not ASCII is good; else as cp1252."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = sum(letter > "\x7f" for letter in text) - bad
    return text if good >= bad else data.decode("cp1252", errors="replace")
