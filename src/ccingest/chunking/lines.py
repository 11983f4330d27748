"""A stretch of a file, cut at its lines: for what has no syntax tree, or is one node in it."""

from __future__ import annotations

from ccingest.chunking.measure import CHARACTER, Measure, Piece

# A rest lighter than this share of the target is not worth a piece of its own.
_REST = 0.15
_BLANKS = (b" ", b"\t")


def split_lines(
    measure: Measure, start: int, end: int, target: int, *, continues: bool = False
) -> list[Piece]:
    """Cut at line ends; a line that does not fit, at a blank if one is near, else between letters.

    No piece weighs more than 1.15 x `target` characters and one grapheme. `continues` is said of
    the first piece; all others continue.
    """
    pieces: list[Piece] = []
    limit = target * CHARACTER
    position = start
    while position < end:
        stop = _stop(measure, position, end, limit)
        pieces.append(Piece(position, stop, continues or position > start))
        position = stop
    return pieces


def _stop(measure: Measure, start: int, end: int, limit: int) -> int:
    if measure.weight(start, end) <= limit * (1 + _REST):
        return end
    full = measure.position_after(start, limit)
    line = measure.line_start(full)
    if line > start:
        return line
    # Not further back than half: a blank there would waste more than a cut word costs.
    half = start + (full - start) // 2
    blank = max(measure.data.rfind(letter, half, full) for letter in _BLANKS)
    return min(end, measure.safe(blank + 1 if blank >= 0 else full))
