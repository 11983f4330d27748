"""Which of the encodings before UTF-8 a file is in, by what its bytes would say in each.

A text costs as many bits as its letters are unlikely: -log2 of how often they follow each other in a
language, by the tables in `letters`. The encoding in which it costs least is the likeliest, as in Bayes'
rule. Only the lines with bytes beyond ASCII tell something, and in them only the letters beyond ASCII
and those after them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ccingest.selection.readings import COST_BAD, Narrow, Reader, Wide, cost_in_utf8

_MOST_BYTES = 8 * 1024  # of lines that are looked at
_MOST_OF_LINE = 1024
_BEFORE = 200  # bytes of a long line before its first byte beyond ASCII
_FIRST, _FAR = 8, 100  # after so many lines, what costs so many bits more is out

_WEST = "fr de es pt it sv da nb nl fi is ca"
_MIDDLE = "pl cs sk hu ro hr sl"
# The languages of an encoding, and the bits that it costs to be in it, where the first is the usual one.
LATIN = {
    "cp1252": (0, _WEST),
    "iso8859_15": (6, _WEST),
    "cp850": (8, _WEST),
    "cp437": (9, _WEST),
    "mac_roman": (9, _WEST),
    "cp1250": (4, _MIDDLE),
    "iso8859_2": (5, _MIDDLE),
    "cp852": (10, _MIDDLE),
    "cp1254": (5, "tr"),
    "cp1257": (5, "lt lv et"),
}
_OTHER = {
    "cp1253": (4, "el"),
    "iso8859_7": (6, "el"),
    "cp1251": (3, "ru uk bg sr"),
    "koi8_u": (5, "ru uk"),
    "cp866": (7, "ru"),
    "iso8859_5": (9, "ru bg sr"),
    "cp1255": (5, "he"),
    "cp1256": (5, "ar"),
    "cp874": (5, "th"),
}
_WIDE = {
    "cp932": (3, "ja"),
    "euc_jp": (5, "ja"),
    "gb18030": (3, "zh"),
    "big5": (5, "tw"),
    "cp949": (4, "ko"),
}
_ALL = {**LATIN, **_OTHER, **_WIDE}
# Bits above which no encoding is the right one: in all, and for a byte beyond ASCII. Of those in Latin
# letters only some are beyond it, so that each tells more of the letters around it.
_MOST_COST, _MOST_FOR_BYTE, _MOST_FOR_LATIN = 30, 6.5, 12


def detected(data: bytes, *, maybe_utf8: bool = False) -> str | None:
    """The encoding in which the text makes most sense. None if it makes none in those known here."""
    lines = list(telling_lines(data))
    costs = {name: prior for name, (prior, _) in _ALL.items()}
    for part in (lines[:_FIRST], lines[_FIRST:]):
        costs = {name: cost + cost_in(name, part) for name, cost in costs.items()}
        least = min(costs.values())
        costs = {name: cost for name, cost in costs.items() if cost <= least + _FAR}
    best = min(costs, key=costs.__getitem__)
    # One bad byte costs that byte, and no more.
    if maybe_utf8 and sum(map(cost_in_utf8, lines)) - COST_BAD <= costs[best]:
        return "utf-8"
    count = sum(byte > 127 for line in lines for byte in line)
    most = _MOST_FOR_LATIN if best in LATIN else _MOST_FOR_BYTE
    return best if costs[best] <= _MOST_COST + most * count else None


def telling_lines(data: bytes) -> Iterator[bytes]:
    """The lines with bytes beyond ASCII, each once, up to a bound."""
    left = _MOST_BYTES
    seen: set[bytes] = set()
    for line in data.splitlines():
        if line.isascii() or line in seen:
            continue
        seen.add(line)
        first = next(at for at, byte in enumerate(line) if byte > 127)
        start = max(0, first - _BEFORE)
        piece = line[start : start + min(_MOST_OF_LINE, left)]
        yield piece
        left -= len(piece)
        if left <= 0:
            return


def cost_in(encoding: str, lines: list[bytes]) -> int:
    """What the lines cost in an encoding of those known here."""
    languages = _ALL[encoding][1]
    reader: Reader = Wide(encoding, languages) if encoding in _WIDE else Narrow(languages.split())
    return sum(reader.cost(line.decode(encoding, errors="replace")) for line in lines)
