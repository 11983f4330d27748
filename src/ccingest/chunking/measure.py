"""Weights, lines and safe positions of one file's bytes, each in constant time or nearly."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

# A blank weighs a quarter of a character, so that a chunk is bounded in all it holds.
BLANK, CHARACTER = 1, 4

_WEIGHTS = np.full(256, CHARACTER, dtype=np.int64)
_WEIGHTS[list(b" \t\n\r\x0b\x0c")] = BLANK
_WEIGHTS[0x80:0xC0] = 0  # bytes within a character
_LF, _CR = 10, 13


class Measure:
    """Positions are byte offsets into `data`; weights are in quarters of a character."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        codes = np.frombuffer(data, dtype=np.uint8)
        self._sums = np.concatenate(([0], np.cumsum(_WEIGHTS[codes])))
        self._newlines: list[int] = np.flatnonzero(codes == _LF).tolist()

    def weight(self, start: int, end: int) -> int:
        return int(self._sums[end] - self._sums[start])

    def position_after(self, start: int, weight: int) -> int:
        """The last position whose weight from `start` is at most `weight`."""
        return int(np.searchsorted(self._sums, self._sums[start] + weight, side="right")) - 1

    def line(self, position: int) -> int:
        """The number, from 1, of the line that holds the byte at `position`."""
        return bisect_right(self._newlines, position - 1) + 1

    def line_start(self, position: int, at_least: int) -> int | None:
        """The last start of a line in (at_least, position], if there is one."""
        index = bisect_right(self._newlines, position - 1) - 1
        if index >= 0 and self._newlines[index] + 1 > at_least:
            return self._newlines[index] + 1
        return None

    def blank(self, start: int, end: int) -> bool:
        return not self.data[start:end].strip()

    def text(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", errors="surrogatepass")

    def safe(self, position: int) -> int:
        """The position, moved on where it lies within a character or between CR and LF."""
        data = self.data
        while position < len(data) and 0x80 <= data[position] < 0xC0:
            position += 1
        if 0 < position < len(data) and data[position] == _LF and data[position - 1] == _CR:
            position += 1
        return position

    def back(self, position: int, characters: int, at_least: int) -> int:
        """At most so many characters before `position`: at a line's start if one is near."""
        start = max(at_least, self.position_before(position, characters))
        return self.line_start(position - 1, start - 1) or self.safe(start)

    def position_before(self, position: int, characters: int) -> int:
        data, start = self.data, position
        while characters and start:
            start -= 1
            if not 0x80 <= data[start] < 0xC0:
                characters -= 1
        return start
