"""What a line costs, in bits, when its bytes are read as letters of some languages.

| class | for |
| --- | --- |
| Narrow | one byte a letter: what follows what in a word, its capitals, and the signs around it |
| Wide | several bytes a letter, as in Chinese, Japanese and Korean: how often each letter is |

The letters of ASCII are the same in all encodings, and cost nothing after one of their own.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from string import ascii_lowercase
from typing import Protocol
from unicodedata import combining

from ccingest.selection.letters import LETTERS, PAIRS, WORDS

_BAD = "\ufffd"
COST_BAD = 25  # of a byte that has no meaning in the encoding

# The common signs, and what it costs when they stand where they seldom do.
_COST_SIGN, _COST_OTHER_SIGN, _COST_AGAIN = 7, 13, 2
_COST_BESIDE, _COST_IN_WORD = 7, 10
_SIGNS = frozenset("©®°±µ§«»“”„‘’–—…×·€£²³½¼¾¿¡ºª•™№¶\xa0")
_IN_WORDS = frozenset("’\xa0\xad")
_AT_WORDS = frozenset("«»“”„‘’–—…€£¿¡ºª°²³™µ§·\xa0\xad")
_QUOTES = ("«»", "“”", "„“", "‘’")
_IN_CATALAN = ("l·l", "L·L")
_IN_BOX = re.compile("[\u2500-\u259f]")  # lines and blocks, as of DOS

# Words have the vowels and tones that stand above the letters of Thai, and no signs that count as letters.
_THAI = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_WORD = re.compile(rf"(?:[^\W\d_ªµº]|[{_THAI}])+")
_MAYBE_SIGN = re.compile(rf"[^\x00-\x7f{_THAI}]")
_COST_RARE_PAIR, _COST_STRANGE, _COST_RARE_END = 11, 17, 9
_COST_CAPITAL, _COST_CAPITALS, _COST_MIXED = 2, 4, 9
_GAIN_WORD, _MOST_GAIN = 3, 9  # for the common words of a language in the line
_COST_LANGUAGE = {"is": 4, "ca": 1}  # few write in them

# By the first byte of a letter: those of the first part of each standard are the common ones.
_COMMON = {
    "cp932": (range(0x88, 0x98), range(0x98, 0xEB)),
    "euc_jp": (range(0xB0, 0xD0), range(0xD0, 0xF5)),
    "gb18030": (range(0xB0, 0xD8), range(0xD8, 0xF8)),
    "big5": (range(0xA4, 0xC7), range(0xC9, 0xFA)),
    "cp949": (range(0xB0, 0xC9), range(0xCA, 0xFE)),
}
_COST_COMMON, _COST_UNCOMMON, _COST_RARE = 13, 17, 20
_COST_SCRIPT = 3  # where a word goes from ASCII to others, or back
_COST_HALF_SIGN, _COST_HALF_WIDTH = 9, 6  # signs beside half-width kana, and a word of them
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")

# Latin, Greek, Cyrillic, signs, kana, the letters of Chinese and Korean.
_COMMON_IN_UTF8 = re.compile(
    "[\xa0-\u017f\u0370-\u045f\u2010-\u22ff\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3]"
)


class Reader(Protocol):
    def cost(self, line: str) -> int: ...


@dataclass(slots=True)
class Narrow:
    """Reads an encoding with one byte a letter."""

    languages: list[str]
    _known: dict[str, list[int]] = field(default_factory=dict)  # what a word costs in each language

    def cost(self, line: str) -> int:
        words = _WORD.findall(line)
        costs = [self._word(word) for word in words if not word.isascii()]
        if not costs:
            return _signs(line)
        said = {word.lower() for word in words}
        least: int = min(
            _COST_LANGUAGE.get(name, 0) + sum(parts) - _gain(said, name)
            for name, parts in zip(self.languages, zip(*costs, strict=True), strict=True)
        )
        return _signs(line) + least

    def _word(self, word: str) -> list[int]:
        costs = self._known.get(word)
        if costs is None:
            case = _case(word)
            costs = [case + _in_pairs(word, _pairs(name)) for name in self.languages]
            self._known[word] = costs
        return costs


@dataclass(slots=True)
class Wide:
    """Reads an encoding with several bytes a letter."""

    encoding: str
    language: str
    _known: dict[str, int] = field(default_factory=dict)

    def cost(self, line: str) -> int:
        cost, before = 0, " "
        for letter in line:
            if before.isascii() != letter.isascii() and before.isalpha() and letter.isalpha():
                cost += _COST_SCRIPT
            if not letter.isascii():
                cost += self._letter(letter, before)
            before = letter
        return cost

    def _letter(self, letter: str, before: str) -> int:
        if _HALF_WIDTH.match(letter):
            return _half_width(letter, before)
        if letter == before != _BAD and not letter.isalpha():
            return _COST_AGAIN
        cost = _letters(self.language).get(letter, self._known.get(letter))
        if cost is None:
            cost = self._known[letter] = self._by_standard(letter)
        return cost

    def _by_standard(self, letter: str) -> int:
        if letter == _BAD or _is_private(letter):
            return COST_BAD
        if not letter.isalpha():
            return _COST_OTHER_SIGN
        data = letter.encode(self.encoding, errors="replace")
        common, uncommon = _COMMON[self.encoding]
        # In what GBK adds to its standard, the second byte is lower.
        if len(data) != 2 or (self.encoding == "gb18030" and data[1] < 0xA1):
            return _COST_RARE
        if data[0] in common:
            return _COST_COMMON
        return _COST_UNCOMMON if data[0] in uncommon else _COST_RARE


def cost_in_utf8(line: bytes) -> int:
    """What a line costs as UTF-8 with bad bytes."""
    cost = 0
    for letter in line.decode("utf-8", errors="replace"):
        if not letter.isascii():
            cost += _COST_SIGN if _COMMON_IN_UTF8.match(letter) else COST_BAD
    return cost


def common_letters(language: str) -> Container[str]:
    """The letters that most texts in Chinese, Japanese or Korean consist of."""
    return _letters(language)


def _gain(said: set[str], language: str) -> int:
    return min(_MOST_GAIN, _GAIN_WORD * len(said & _words(language)))


def _half_width(letter: str, before: str) -> int:
    if letter < "\uff66":
        return _COST_HALF_SIGN
    start = 0 if _HALF_WIDTH.match(before) else _COST_HALF_WIDTH
    pair = ("_" if start else before) + letter
    return start + _pairs("kana").bits.get(pair, _COST_RARE_PAIR)


def _signs(line: str) -> int:
    cost = 0
    for found in _MAYBE_SIGN.finditer(line):
        sign, at = found[0], found.start()
        if sign in _SIGNS or not sign.isalpha():
            cost += _sign(sign, line[at - 1 : at], line[at + 1 : at + 2])
    return cost


def _sign(sign: str, before: str, after: str) -> int:
    if sign == _BAD or sign < "\xa0" or _is_private(sign):
        return COST_BAD
    if sign == before and not combining(sign):
        return _COST_AGAIN
    if _IN_BOX.match(sign) and _IN_BOX.match(before):
        return _COST_BESIDE
    cost = _COST_SIGN if sign in _SIGNS else _COST_OTHER_SIGN
    if before > "\x7f" and not (before.isalpha() or before + sign in _QUOTES):
        cost += _COST_BESIDE
    if before.isalpha() and after.isalpha():
        is_usual = sign in _IN_WORDS or before + sign + after in _IN_CATALAN
        return cost if is_usual else cost + _COST_IN_WORD
    is_loose = sign not in _AT_WORDS and (before.isalpha() or after.isalpha())
    return cost + _COST_BESIDE if is_loose else cost


def _is_private(letter: str) -> bool:
    return "\ue000" <= letter <= "\uf8ff"


def _case(word: str) -> int:
    """What the capitals of a word cost: more where they follow small letters."""
    if word == word.lower():
        return 0
    if word[1:].islower():
        return _COST_CAPITAL
    mixed = (
        first.islower() and second.isupper() and not (first.isascii() and second.isascii())
        for first, second in pairwise(word)
    )
    return _COST_CAPITALS + _COST_MIXED * sum(mixed)


@dataclass(frozen=True, slots=True)
class _Table:
    bits: dict[str, int]  # of pairs
    letters: frozenset[str]


def _in_pairs(word: str, table: _Table) -> int:
    cost, before, was_ascii = 0, "_", True
    for letter in f"{word}_":
        is_ascii, low = letter.isascii(), letter.lower()[:1]
        if not (is_ascii and was_ascii):
            cost += _pair(before, low, table)
        before, was_ascii = low, is_ascii
    return cost


def _pair(before: str, letter: str, table: _Table) -> int:
    bits = table.bits.get(before + letter)
    if bits is not None:
        return bits
    if letter == "_":
        return _COST_RARE_END
    return _COST_RARE_PAIR if letter in table.letters else _COST_STRANGE


@cache
def _pairs(language: str) -> _Table:
    bits = {
        tier[at : at + 2]: cost
        for cost, tier in enumerate(PAIRS[language].split(" "))
        for at in range(0, len(tier), 2)
    }
    letters = {letter for pair in bits for letter in pair}
    return _Table(bits, frozenset(letters | set(ascii_lowercase) if "a" in letters else letters))


@cache
def _letters(language: str) -> dict[str, int]:
    tiers = LETTERS[language].split(" ")
    return {letter: cost for cost, tier in enumerate(tiers) for letter in tier}


@cache
def _words(language: str) -> frozenset[str]:
    return frozenset(WORDS.get(language, "").split())
