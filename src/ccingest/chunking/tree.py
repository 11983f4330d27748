"""A file, cut along its syntax tree to a row of pieces that tile it."""

from __future__ import annotations

from tree_sitter import Node

from ccingest.chunking.grammar import leading_kinds
from ccingest.chunking.lines import split_lines
from ccingest.chunking.measure import CHARACTER, Measure, Piece

# Shares of the target. A node up to _WHOLE stays in one piece; a run of siblings is closed before
# it goes over 1; a piece under _SMALL joins a neighbour if both make at most _MERGED; no piece
# goes over _HEAVIEST.
_WHOLE = 1.2
_SMALL = 0.3
_MERGED = 1.25
_HEAVIEST = 1.5
# Comments up to this share go with a definition that must be opened; longer ones stand alone.
_LEAD = 0.6

# Nodes within nodes that are opened at most, and children of one node: beyond, it is data, not
# code, and lines say as much as nodes. The first also bounds the recursion here.
_DEEPEST = 100
_WIDEST = 50_000

_Unit = tuple[Node, int, int]
"""A child and the share of the file, start to end, that goes with it."""


def split_tree(root: Node, language: str, measure: Measure, target: int) -> list[Piece]:
    """Cut along the tree under `root`, which stands for all of the file.

    No piece weighs more than 1.5 x `target` characters, and none is blank unless the blanks alone
    would make its neighbours heavier than that.
    """
    splitter = _Splitter(leading_kinds(language), measure, target)
    return join_blanks(splitter.split(root, 0, len(measure.data), 0), measure, target)


def join_blanks(pieces: list[Piece], measure: Measure, target: int) -> list[Piece]:
    """Join the pieces of nothing but blanks to a neighbour, where that is not too heavy."""
    most = target * CHARACTER * _HEAVIEST
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        blank = before and (
            measure.blank(piece.start, piece.end) or measure.blank(before.start, before.end)
        )
        if before and blank and measure.weight(before.start, piece.end) <= most:
            joined[-1] = Piece(before.start, piece.end, before.continues)
        else:
            joined.append(piece)
    return joined


class _Splitter:
    def __init__(self, leading: frozenset[int], measure: Measure, target: int) -> None:
        self._leading = leading
        self._measure = measure
        self._target = target
        self._limit = target * CHARACTER

    def split(self, node: Node, start: int, end: int, depth: int) -> list[Piece]:
        """Pieces for a node whose share of the file is start to end."""
        if self._measure.weight(start, end) <= self._limit * _WHOLE:
            return [Piece(start, end)]
        is_code = depth < _DEEPEST and 0 < node.child_count <= _WIDEST
        units = self._units(node, start, end) if is_code else []
        if not units:
            return split_lines(self._measure, start, end, self._target)
        body = node.child_by_field_name("body")
        return self._join_small(self._gather(units, body.id if body else None, depth))

    def _gather(self, units: list[_Unit], body: int | None, depth: int) -> list[Piece]:
        """Runs of siblings that fit together, and the pieces of those that have to be opened."""
        weight, limit = self._measure.weight, self._limit
        pieces: list[Piece] = []
        run = units[0][1]  # where the run of siblings starts that is being gathered
        line = run  # the last start of a line between two siblings of the run
        for node, start, end in units:
            if self._measure.starts_line(start):
                line = start
            if node.id == body and weight(run, start) <= limit * _LEAD:
                line = run  # a long signature goes with the first lines of its body
            # What stands before it on its line is its beginning: `class A {`, `return [`.
            begun = weight(line, start) <= limit * _LEAD
            fits_its_line = weight(line, end) <= limit * _MERGED
            splits_line = line < start and self._measure.starts_line(line) and not fits_its_line
            if weight(start, end) > limit * _WHOLE or (begun and splits_line):
                first = line if begun else start
                if run < first:
                    pieces.append(Piece(run, first))
                pieces += self.split(node, first, end, depth + 1)
                run = line = end
            elif weight(run, end) > limit:
                cut = line if fits_its_line else start
                if run < cut:
                    pieces.append(Piece(run, cut))
                run = line = cut
        last = units[-1][2]
        if run < last:
            pieces.append(Piece(run, last))
        return pieces

    def _join_small(self, pieces: list[Piece]) -> list[Piece]:
        """Join the light pieces that opening a node leaves: a header, a brace."""
        weight = self._measure.weight
        small, most = self._limit * _SMALL, self._limit * _MERGED
        joined: list[Piece] = []
        for piece in pieces:
            before = joined[-1] if joined else None
            if (
                before
                and weight(before.start, piece.end) <= most
                and min(self._measure.weight_of(before), self._measure.weight_of(piece)) < small
            ):
                joined[-1] = Piece(before.start, piece.end, before.continues)
            else:
                joined.append(piece)
        return joined

    def _units(self, node: Node, start: int, end: int) -> list[_Unit]:
        """The children with their shares of start to end, comments with what they document."""
        children = [child for child in node.children if child.end_byte > child.start_byte]
        units: list[_Unit] = []
        leads: list[_Unit] = []  # comments and the like, right before the next child
        position = start
        for index, child in enumerate(children):
            following = children[index + 1] if index + 1 < len(children) else None
            stop = end if following is None else self._boundary(child, following)
            stop = min(max(stop, position), end)
            unit = (child, position, stop)
            position = stop
            if following is not None and self._leads(child, following):
                leads.append(unit)
                continue
            if units and not leads and self._trails(child):
                units[-1] = (units[-1][0], units[-1][1], stop)
                continue
            if leads and self._stays_together(leads[0][1], unit):
                unit = (child, leads[0][1], stop)
            else:
                units += leads
            leads = []
            units.append(unit)
        return units

    def _stays_together(self, lead: int, unit: _Unit) -> bool:
        _, start, end = unit
        if self._measure.weight(lead, end) <= self._limit * _WHOLE:
            return True
        return self._measure.weight(lead, start) <= self._limit * _LEAD

    def _leads(self, node: Node, following: Node) -> bool:
        """Whether a comment, an attribute or a signature belongs to what follows it at once."""
        if node.kind_id not in self._leading or self._trails(node):
            return False
        return self._measure.data.count(b"\n", node.end_byte, following.start_byte) <= 1

    def _trails(self, node: Node) -> bool:
        """Whether a comment or the like stands behind something on its line."""
        if node.kind_id not in self._leading:
            return False
        line = self._measure.line_start(node.start_byte)
        return not self._measure.blank(line, node.start_byte)

    def _boundary(self, node: Node, following: Node) -> int:
        """Between two siblings: at the start of the line where the second one begins."""
        newline = self._measure.data.rfind(b"\n", max(node.end_byte - 1, 0), following.start_byte)
        return newline + 1 if newline >= 0 else self._measure.safe(following.start_byte)
