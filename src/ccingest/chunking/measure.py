"""Weights, lines and safe positions of one file's bytes, each in constant time or nearly."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# A blank weighs a quarter of a character, so that a chunk is bounded in all it holds.
BLANK, CHARACTER = 1, 4

_BLANKS = b" \t\n\r\x0b\x0c"
_WITHIN = range(0x80, 0xC0)  # bytes within a character
_WEIGHTS = bytes(
    BLANK if byte in _BLANKS else 0 if byte in _WITHIN else CHARACTER for byte in range(256)
)
LF, _CR = 10, 13

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
# Marks on one letter are few outside of pranks; a prank must not make a chunk heavier.
_MOST_MARKS = 32


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes start to end. `continues` when the cut before it goes through a single node."""

    start: int
    end: int
    continues: bool = False


class Measure:
    """Positions are byte offsets into `data`, which is UTF-8; weights are quarters of a character.

    Nothing here depends on characters being one byte, so no table from bytes to characters is
    made: a piece's text is its bytes, decoded. `sums[position]` is the weight of all before it.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    # Made when first asked for: a small file, which stays whole, needs but its lines.

    @cached_property
    def _sums(self) -> NDArray[np.int32]:
        sums = np.zeros(len(self.data) + 1, dtype=np.int32)
        weights = np.frombuffer(self.data.translate(_WEIGHTS), dtype=np.uint8)
        np.cumsum(weights, dtype=np.int32, out=sums[1:])
        return sums

    @cached_property
    def sums(self) -> memoryview:
        return self._sums.data  # three times as quick to read one by one

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
        return bisect_right(self._line_starts, position)

    def starts_line(self, position: int) -> bool:
        return position == 0 or self.data[position - 1] == LF

    def line_start(self, position: int) -> int:
        """The start of the line that holds `position`."""
        return self._line_starts[bisect_right(self._line_starts, position) - 1]

    def next_line_start(self, position: int) -> int:
        """The first start of a line at or after `position`; the end if there is none."""
        index = bisect_left(self._line_starts, position)
        return self._line_starts[index] if index < len(self._line_starts) else len(self.data)

    def blank(self, start: int, end: int) -> bool:
        return not self.data[start:end].strip()

    def text(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", errors="surrogatepass")

    def safe(self, position: int) -> int:
        """The position, moved on where it lies within a character a person sees, or a CRLF."""
        data = self.data
        while position < len(data) and 0x80 <= data[position] < 0xC0:
            position += 1
        if not 0 < position < len(data):
            return position
        if data[position] == LF and data[position - 1] == _CR:
            return position + 1
        if data[position] < 0x80:  # nothing in ASCII joins what is before it
            return position
        return self._after_grapheme(position)

    def back(self, position: int, characters: int, at_least: int) -> int:
        """Where an overlap that ends at `position` begins: at most so many characters earlier.

        At the start of a line if there is one in that stretch, not before `at_least`.
        """
        start = position
        while characters and start > at_least:
            start -= 1
            characters -= not 0x80 <= self.data[start] < 0xC0
        line = self.next_line_start(start)
        return line if line < position else min(self.safe(start), position)

    def _after_grapheme(self, position: int) -> int:
        """The end of the grapheme that goes on at `position`, or `position` if none does.

        Covers marks, joined emoji, skin tones and flags: what Unicode's UAX 29 calls extended
        grapheme clusters, without Hangul's single letters, which no one types.
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
