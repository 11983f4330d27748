"""Weights, lines and safe positions in the bytes of one file, in constant or logarithmic time."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# Whitespace weighs a quarter of a character. It must weigh something, or a chunk could hold any
# amount of it.
BLANK, CHARACTER = 1, 4

_BLANKS = b" \t\n\r\x0b\x0c"
_WITHIN = range(0x80, 0xC0)  # the bytes of a character after its first
_WEIGHTS = bytes(
    BLANK if byte in _BLANKS else 0 if byte in _WITHIN else CHARACTER for byte in range(256)
)
LF, _CR = 10, 13
_SMALL = 2_000  # bytes; in so few, to count lines is quicker than to look for all of them once

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
# Real text has few marks on one letter. More are cut off, or they could make a chunk too heavy.
_MOST_MARKS = 32


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes from start to end. It `continues` if the cut before it is within a single node."""

    start: int
    end: int
    continues: bool = False


class Measure:
    """Positions are byte offsets into `data`, which is UTF-8. Weights are quarters of a character.

    `sums[position]` is the weight of all that is before the position. The text of a piece is its
    bytes, decoded, so no table from bytes to characters is needed.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    # Computed at first use: a small file stays whole and needs only its lines.

    @cached_property
    def _sums(self) -> NDArray[np.int32]:
        sums = np.zeros(len(self.data) + 1, dtype=np.int32)
        weights = np.frombuffer(self.data.translate(_WEIGHTS), dtype=np.uint8)
        np.cumsum(weights, dtype=np.int32, out=sums[1:])
        return sums

    @cached_property
    def sums(self) -> memoryview:
        return self._sums.data  # to read single numbers takes a third of the time

    @cached_property
    def _line_starts(self) -> list[int]:
        codes = np.frombuffer(self.data, dtype=np.uint8)
        return [0, *(np.flatnonzero(codes == LF) + 1).tolist()]

    def weight(self, start: int, end: int) -> int:
        return self.sums[end] - self.sums[start]

    def weight_of(self, piece: Piece) -> int:
        return self.sums[piece.end] - self.sums[piece.start]

    def position_after(self, start: int, weight: int) -> int:
        """The last position whose weight from `start` is at most `weight`."""
        return bisect_right(self.sums, self.sums[start] + weight) - 1

    def line(self, position: int) -> int:
        """The number, from 1, of the line that holds the byte at `position`. Only LF ends one."""
        if len(self.data) <= _SMALL:
            return self.data.count(b"\n", 0, position) + 1
        return bisect_right(self._line_starts, position)

    def starts_line(self, position: int) -> bool:
        return position == 0 or self.data[position - 1] == LF

    def line_start(self, position: int) -> int:
        """The start of the line that holds `position`."""
        return self._line_starts[bisect_right(self._line_starts, position) - 1]

    def next_line_start(self, position: int) -> int:
        """The first start of a line at or after `position`, or the end of the file."""
        index = bisect_left(self._line_starts, position)
        return self._line_starts[index] if index < len(self._line_starts) else len(self.data)

    def blank(self, start: int, end: int) -> bool:
        return not self.data[start:end].strip()

    def text(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", errors="surrogatepass")

    def safe_position(self, position: int) -> int:
        """The first position from here on that is not within a grapheme or a CRLF."""
        data = self.data
        while position < len(data) and 0x80 <= data[position] < 0xC0:
            position += 1
        if not 0 < position < len(data):
            return position
        if data[position] == LF and data[position - 1] == _CR:
            return position + 1
        if data[position] < 0x80:  # no ASCII character is a part of the grapheme before it
            return position
        return self._after_grapheme(position)

    def overlap_start(self, position: int, characters: int, at_least: int) -> int:
        """Where an overlap of at most so many characters begins that ends at `position`.

        At the first start of a line in it, if there is one. Never before `at_least`.
        """
        start = position
        while characters and start > at_least:
            start -= 1
            characters -= not 0x80 <= self.data[start] < 0xC0
        line = self.next_line_start(start)
        return line if line < position else min(self.safe_position(start), position)

    def _after_grapheme(self, position: int) -> int:
        """The end of the grapheme that `position` is within, or `position` if it is in none.

        A grapheme is what Unicode's UAX 29 calls an extended grapheme cluster: it covers marks,
        joined emoji, skin tones and flags. Hangul written in single letters is left out, since
        nobody types it.
        """
        before = self.data[max(0, position - 64) : position].decode("utf-8", errors="ignore")
        after = self.data[position : position + 4 * _MOST_MARKS].decode("utf-8", errors="ignore")
        flags = 0
        while flags < len(before) and ord(before[-1 - flags]) in _FLAG_LETTERS:
            flags += 1
        previous = before[-1:]
        for letter in after:
            joins = (
                unicodedata.category(letter)[0] == "M"
                or _JOINER in (letter, previous)
                or ord(letter) in _SKIN_TONES
                or (flags % 2 == 1 and ord(letter) in _FLAG_LETTERS)
            )
            if not joins:
                break
            flags, previous = 0, letter
            position += len(letter.encode())
        return position
