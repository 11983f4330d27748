"""What a git server says of its refs: the answer to `GET /info/refs?service=git-upload-pack`.

Protocol version 0, as in git's Documentation/gitprotocol-http.txt and gitprotocol-pack.txt. Read
here because libgit2 keeps all of it in memory, however much comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ccingest.secrets import hide_secrets
from ccingest.values import dataclass

# Repositories with 400,000 pull requests have twice as many refs, 50 MB of them.
MOST_REFS = 1_000_000
MOST_BYTES = 96 * 1024 * 1024
_LONGEST_NAME = 4096  # bytes: what Linux can open; a longer one names nothing that can be fetched
_LONGEST_TEXT = 200  # characters of what a server says, in a message

_SERVICE = b"# service=git-upload-pack"
_LINE = re.compile(rb"([0-9a-f]{64}|[0-9a-f]{40}) ([^\0\n]+)(?:\0([^\n]*))?\n?")
_NO_REFS = b"capabilities^{}"
# Names that git allows nowhere: see git help check-ref-format.
_BAD_NAME = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|[./]$")


class MalformedAdvertisementError(Exception):
    """It is no list of refs, or one that ends too early. Never leaves this room."""


class OversizedAdvertisementError(Exception):
    """It has more refs, or more bytes, than a repository needs. Never leaves this room."""


@dataclass(frozen=True, slots=True)
class Advertisement:
    """The refs of a repository. Names are text, see `text_of_name`."""

    ids: Mapping[str, str]  # "refs/heads/main" -> id; "refs/tags/v1^{}" -> id of the tag's commit
    head: str | None  # the branch that HEAD names, there or not
    head_id: str | None  # of HEAD, where there is no such branch
    object_format: str = "sha1"


def text_of_name(name: bytes) -> str:
    r"""A ref's name, which need not be UTF-8, as text that can be stored and printed.

    Other bytes become `\xe9`. No two names become the same text: git allows no backslash.
    """
    return name.decode("utf8", "backslashreplace")


def server_text(text: str) -> str:
    """What a server says, fit for a message: without secrets, on one line, and not long."""
    text = hide_secrets(text[: 10 * _LONGEST_TEXT])
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def parse_advertisement(chunks: Iterable[bytes], wanted: str | None) -> Advertisement:
    """Of all refs, branches and tags are kept, and the one whose full name is `wanted`.

    Takes no more chunks than it needs. Raises MalformedAdvertisementError and
    OversizedAdvertisementError, and what `chunks` raises.
    """
    packets = _packets(chunks)
    first = next(packets, None)
    if first is None or first.rstrip(b"\n") != _SERVICE:
        raise MalformedAdvertisementError("it is no list of refs")
    if next(packets, b"") is not None:
        raise MalformedAdvertisementError("its service has no end")
    ids: dict[str, str] = {}
    capabilities: list[str] = []
    for count, packet in enumerate(packets):
        if packet is None:
            return _advertisement(ids, capabilities)
        if count > MOST_REFS:
            raise OversizedAdvertisementError(f"over {MOST_REFS:,} refs")
        if packet.startswith(b"ERR "):
            raise MalformedAdvertisementError(packet[4:].decode("utf8", "replace"))
        line = _LINE.fullmatch(packet)
        if line is None:
            if packet.startswith((b"shallow ", b"version ")):
                continue
            raise MalformedAdvertisementError("a line of it names no ref")
        oid, name, after = line.groups()
        if after is not None and not capabilities:
            capabilities = after.decode("utf8", "backslashreplace").split()
        if _is_kept(name, wanted):
            ids[text_of_name(name)] = oid.decode()
    raise MalformedAdvertisementError("it broke off")


def _is_kept(name: bytes, wanted: str | None) -> bool:
    if name == b"HEAD":
        return True
    base = name.removesuffix(b"^{}")
    is_named = base.startswith((b"refs/heads/", b"refs/tags/")) or text_of_name(base) == wanted
    return is_named and len(base) <= _LONGEST_NAME and not _BAD_NAME.search(base)


def _advertisement(ids: dict[str, str], capabilities: list[str]) -> Advertisement:
    named = [one.partition("=")[::2] for one in capabilities]
    formats = [value for key, value in named if key == "object-format"]
    heads = [value.partition(":") for key, value in named if key == "symref"]
    head = next((target for name, _, target in heads if name == "HEAD"), None)
    head_id = ids.pop("HEAD", None)
    if any(len(oid) != 40 for oid in (*ids.values(), head_id or "0" * 40)):
        formats = ["sha256"]
    if head is None or _BAD_NAME.search(head.replace("\\", "/").encode()):
        # An old server does not say; any branch at that commit will do.
        branches = (name for name in sorted(ids) if name.startswith("refs/heads/"))
        head = next((name for name in branches if ids[name] == head_id), None)
    return Advertisement(ids, head, head_id, formats[0] if formats else "sha1")


def _packets(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The content of each pkt-line; None for a flush."""
    buffer, start, total = b"", 0, 0
    for chunk in chunks:
        total += len(chunk)
        if total > MOST_BYTES:
            raise OversizedAdvertisementError(f"over {MOST_BYTES // 2**20} MiB of refs")
        buffer, start = buffer[start:] + chunk, 0
        while len(buffer) - start >= 4:
            size = _size(buffer[start : start + 4])
            if len(buffer) - start < max(size, 4):
                break
            yield buffer[start + 4 : start + size] if size else None
            start += max(size, 4)


def _size(digits: bytes) -> int:
    """Bytes of a pkt-line with its four digits; 0 for a flush."""
    try:
        size = int(digits, 16)
    except ValueError:
        raise MalformedAdvertisementError("it is no list of refs") from None
    if size in (1, 2, 3) or not digits.isalnum():
        raise MalformedAdvertisementError("it is no list of refs")
    return size
