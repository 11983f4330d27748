"""Where to cut: the tree of a file, or its lines, to a row of pieces that tile it."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from ccingest.chunking.grammar import documents_next
from ccingest.chunking.measure import CHARACTER, Measure

# Nodes within nodes that are opened at most: a file nested deeper is data, or an attack.
_DEEPEST = 200
# A piece lighter than this share of the target joins a neighbour, up to _MERGED of the target.
_SMALL = 0.3
_MERGED = 1.25
_HEAVIEST = 1.5


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes start to end. `continues` when the cut before it goes through a single node."""

    start: int
    end: int
    continues: bool = False


def split_lines(measure: Measure, start: int, end: int, target: int) -> list[Piece]:
    """Cut at line ends; a line that does not fit, at a blank if one is near, else anywhere safe."""
    pieces: list[Piece] = []
    limit = target * CHARACTER
    position = start
    while position < end:
        stop = min(end, max(measure.position_after(position, limit), position + 1))
        if stop < end:
            stop = _cut_before(measure, position, stop)
        stop = min(end, measure.safe(stop))
        # A short rest is not worth a piece of its own.
        if measure.weight(stop, end) < limit * _SMALL / 2:
            stop = end
        pieces.append(Piece(position, stop, continues=position > start))
        position = stop
    return pieces


def split_tree(root: Node, language: str, measure: Measure, target: int) -> list[Piece]:
    """Cut along the syntax tree."""
    splitter = _TreeSplitter(language, measure, target)
    pieces = splitter.split(root, 0, len(measure.data), 0)
    return splitter.bounded(splitter.merge_small(pieces))


def _cut_before(measure: Measure, start: int, stop: int) -> int:
    line = measure.line_start(stop, start)
    if line is not None:
        return line
    # Not further back than half: a blank there would waste more than a cut word costs.
    blank = measure.data.rfind(b" ", start + (stop - start) // 2, stop)
    return blank + 1 if blank > start else stop


class _TreeSplitter:
    def __init__(self, language: str, measure: Measure, target: int) -> None:
        self._language = language
        self._measure = measure
        self._limit = target * CHARACTER
        self._target = target

    def split(self, node: Node, start: int, end: int, depth: int) -> list[Piece]:
        """Pieces for a node whose share of the file is start to end."""
        if self._measure.weight(start, end) <= self._limit:
            return [Piece(start, end)]
        units = self._units(node, start, end) if depth < _DEEPEST else []
        if len(units) <= 1 and not (units and units[0][0].child_count):
            return split_lines(self._measure, start, end, self._target)
        return self._merge_siblings(units, depth)

    def merge_small(self, pieces: list[Piece]) -> list[Piece]:
        """Join the light pieces that cutting at several levels leaves: a brace, a header."""
        small, most = self._limit * _SMALL, self._limit * _MERGED
        merged: list[Piece] = []
        for piece in pieces:
            before = merged[-1] if merged else None
            is_light = before is not None and (
                self._weight(piece) < small or self._weight(before) < small
            )
            if before and is_light and self._measure.weight(before.start, piece.end) <= most:
                merged[-1] = Piece(before.start, piece.end, before.continues)
            else:
                merged.append(piece)
        return merged

    def bounded(self, pieces: list[Piece]) -> list[Piece]:
        """No piece over the bound, whatever the tree was like."""
        found: list[Piece] = []
        for piece in pieces:
            if self._weight(piece) <= self._limit * _HEAVIEST:
                found.append(piece)
            else:
                first, *rest = split_lines(self._measure, piece.start, piece.end, self._target)
                found += [Piece(first.start, first.end, piece.continues), *rest]
        return found

    def _merge_siblings(self, units: list[tuple[Node, int, int]], depth: int) -> list[Piece]:
        pieces: list[Piece] = []
        open_start: int | None = None  # of the run of small siblings that is being gathered
        for index, (node, start, end) in enumerate(units):
            if self._measure.weight(start, end) > self._limit:
                if open_start is not None:
                    pieces.append(Piece(open_start, start))
                    open_start = None
                pieces += self.split(node, start, end, depth + 1)
                continue
            if open_start is None:
                open_start = start
            elif self._measure.weight(open_start, end) > self._limit:
                pieces.append(Piece(open_start, start))
                open_start = start
            if index == len(units) - 1:
                pieces.append(Piece(open_start, end))
                open_start = None
        return pieces

    def _units(self, node: Node, start: int, end: int) -> list[tuple[Node, int, int]]:
        """The children with their shares of start to end, comments with what they document."""
        children = [child for child in node.children if child.end_byte > child.start_byte]
        if not children:
            return []
        units: list[tuple[Node, int, int]] = []
        position = start
        lead: int | None = None  # where the comments before the next child begin
        for child, following in zip(children, [*children[1:], None], strict=True):
            stop = end if following is None else self._boundary(child, following)
            stop = min(max(stop, position), end)
            if following is not None and self._leads(child, following):
                lead = position if lead is None else lead
            else:
                units.append((child, position if lead is None else lead, stop))
                lead = None
            position = stop
        return units

    def _leads(self, node: Node, following: Node) -> bool:
        """Whether a comment, an attribute or a signature belongs to what follows it at once."""
        if not documents_next(self._language, node):
            return False
        gap = self._measure.data[node.end_byte : following.start_byte]
        starts_line = self._measure.line_start(node.start_byte, -1)
        alone = self._measure.blank(starts_line or 0, node.start_byte)
        return alone and gap.count(b"\n") <= 1

    def _boundary(self, node: Node, following: Node) -> int:
        """Between two siblings: at the start of the line where the second one begins."""
        newline = self._measure.data.rfind(b"\n", node.end_byte, following.start_byte)
        if newline >= 0:
            return newline + 1
        return self._measure.safe(following.start_byte)

    def _weight(self, piece: Piece) -> int:
        return self._measure.weight(piece.start, piece.end)
