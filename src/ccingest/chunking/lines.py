"""Cutting a part of a file at its lines, if it has no syntax tree or is a single node in it."""

from __future__ import annotations

from ccingest.chunking.measure import CHARACTER, Measure, Piece

# A piece takes in what is left of the part, if that weighs less than this share of the target.
_REST = 0.15
_BLANKS = (b" ", b"\t")


def split_lines(
    measure: Measure, start: int, end: int, target: int, *, continues: bool = False
) -> list[Piece]:
    """Cut the bytes from start to end at line ends.

    A line that does not fit is cut at a blank in its second half, or else between two characters.
    No piece weighs more than 1.15 x `target` characters and one grapheme. The first piece has the
    given `continues`; all others continue.
    """
    pieces: list[Piece] = []
    limit = target * CHARACTER
    position = start
    while position < end:
        stop = _cut_position(measure, position, end, limit)
        pieces.append(Piece(position, stop, continues or position > start))
        position = stop
    return pieces


def _cut_position(measure: Measure, start: int, end: int, limit: int) -> int:
    if measure.weight(start, end) <= limit * (1 + _REST):
        return end
    full = measure.position_after(start, limit)
    line = measure.line_start(full)
    if line > start:
        return line
    # A blank in the first half would make too small a piece; then rather cut a word.
    half = start + (full - start) // 2
    blank = max(measure.data.rfind(letter, half, full) for letter in _BLANKS)
    return min(end, measure.safe_position(blank + 1 if blank >= 0 else full))
