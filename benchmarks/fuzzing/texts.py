"""Making hostile texts of good ones. All that is random comes from the given generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

# A password. It stands only where one belongs, between `://USER:` and `@`, or as a known token.
PASSWORD = "zq8Kx1pW0vR3"
TOKEN = f"ghp_{PASSWORD}A9bC7dE5fG3hJ1kL"

_MOST_CHANGES = 8
_LONGEST = 200_000  # characters
PIECES = (
    *"/ // \\ : @ ? # % & = . .. ... ~ - -- * ** ! [ ] [! [a-z] { } ( ) < > | ^ $ ' \" ` ; , +".split(),
    *"%2f %40 %00 %ff %25 %2e%2e :// file:// ssh:// https://[::1] refs/heads/ .git .lock @{ ^{}".split(),
    *"0 -1 9 1e400 18446744073709551616 nan true null \\x00 \\ud800 \\u202e 0x 1_000".split(),
    " ", "\t", "\n", "\r", "\r\n", "\0", "\x1b[2J", "\x7f", "\x85", "\u2028", "\ufeff", "\u200d",
    "\u202e", "\u0301", "é", "ß", "İ", "ﬀ", "漢字", "ـ", "🌱", "\U0010ffff", "\udcff", "\ud800",
    "a" * 300, "(" * 200, "[" * 200, "{" * 200, "*" * 50, "a/" * 200, "\n" * 100,
)  # fmt: skip

_DEEP: Any = []
for _ in range(150):
    _DEEP = [_DEEP]
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 0.5, 1e308, -0.0, float("nan"),
    float("inf"), "", " ", "\0", "a" * 5000, "\ud800", "../..", "*", "all", [], {}, [[]], {"": {}}, _DEEP,
    ["a"] * 300, {"a": 1}, "9" * 400,
)  # fmt: skip


def hostile(random: Random, samples: Sequence[str]) -> str:
    """One of the samples, changed some times in some places."""
    text = random.choice(samples)
    for _ in range(random.randrange(_MOST_CHANGES)):
        text = random.choice(_CHANGES)(random, text, samples)[:_LONGEST]
    return text


def with_password(random: Random, text: str) -> str:
    """The text with a user and a password in its URL, or before it."""
    user = random.choice(["", "me", "x-access-token", "a b", "é", "a%40b", "o:p"])
    secret = random.choice([PASSWORD, TOKEN])
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = random.choice(["https", "ssh", "git+ssh", "http", "HTTPS"]), text
    at = random.choice(["@", "@", "@", "%40"])
    return f"{scheme}://{user}:{secret}{at}{rest}"


def hostile_bytes(random: Random, samples: Sequence[str]) -> bytes:
    """The same as bytes, which need not be UTF-8."""
    encoding = random.choice(["utf-8", "utf-8", "utf-16", "utf-16-le", "utf-32", "latin-1"])
    data = bytearray(hostile(random, samples).encode(encoding, "replace"))
    for _ in range(random.choice([0, 0, 1, 3, 50])):
        if data:
            data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)


def hostile_value(random: Random, value: Any) -> Any:
    """A JSON document with one of its values changed, left out or put in."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(sorted(value))
        changed = {**value, key: hostile_value(random, value[key])}
        if random.random() < 0.1:
            del changed[key]
        if random.random() < 0.1:
            changed[random.choice(PIECES)] = random.choice(VALUES)
        return changed
    if isinstance(value, list) and value and random.random() < 0.8:
        at = random.randrange(len(value))
        return [*value[:at], hostile_value(random, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and random.random() < 0.6:
        return hostile(random, [value])
    return random.choice(VALUES)


def in_parts(random: Random, data: bytes) -> list[bytes]:
    """The data in pieces, as a network delivers it."""
    parts = []
    while data:
        size = random.choice([1, 3, 17, 4096, 65536])
        parts.append(data[:size])
        data = data[size:]
    return parts


def _span(random: Random, text: str) -> tuple[int, int]:
    start = random.randrange(len(text) + 1)
    longest = random.choice([1, 2, 8, 64, 1024])
    return start, min(len(text), start + random.randrange(longest + 1))


def _delete(random: Random, text: str, _: Sequence[str]) -> str:
    start, end = _span(random, text)
    return text[:start] + text[end:]


def _insert(random: Random, text: str, _: Sequence[str]) -> str:
    at, _end = _span(random, text)
    return text[:at] + random.choice(PIECES) + text[at:]


def _insert_many(random: Random, text: str, _: Sequence[str]) -> str:
    at, _end = _span(random, text)
    return text[:at] + random.choice(PIECES) * random.choice([2, 9, 99, 999, 9999]) + text[at:]


def _repeat(random: Random, text: str, _: Sequence[str]) -> str:
    start, end = _span(random, text)
    return text[:start] + text[start:end] * random.choice([2, 10, 100, 3000]) + text[end:]


def _replace(random: Random, text: str, _: Sequence[str]) -> str:
    start, end = _span(random, text)
    letters = "".join(chr(random.randrange(1, 0x3000)) for _ in range(end - start))
    return text[:start] + letters + text[end:]


def _swap(random: Random, text: str, _: Sequence[str]) -> str:
    first, second = sorted((_span(random, text)[0], _span(random, text)[0]))
    return text[second:] + text[first:second] + text[:first]


def _splice(random: Random, text: str, samples: Sequence[str]) -> str:
    other = random.choice(samples)
    return text[: _span(random, text)[0]] + other[_span(random, other)[0] :]


def _cut(random: Random, text: str, _: Sequence[str]) -> str:
    return text[: _span(random, text)[0]]


_CHANGES: Sequence[Callable[[Random, str, Sequence[str]], str]] = (
    _delete, _insert, _insert, _insert_many, _repeat, _replace, _swap, _splice, _cut,
)  # fmt: skip
