"""Cutting a file along its syntax tree. The pieces cover all of it, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tree_sitter import Node, Tree

from ccingest.chunking.embedded import Script
from ccingest.chunking.grammar import leading_kinds
from ccingest.chunking.lines import split_lines
from ccingest.chunking.measure import CHARACTER, LF, Measure, Piece

# Shares of the target. A node up to _WHOLE stays in one piece. A run of siblings ends before it
# goes over 1. A piece under _SMALL joins a neighbour if they make at most _MERGED together. No
# piece goes over _HEAVIEST.
_WHOLE = 1.2
_SMALL = 0.3
_MERGED = 1.25
_HEAVIEST = 1.5
# Comments up to this share stay with a definition that must be opened; longer ones do not.
_LEAD = 0.6

# A node deeper than this, or with more children, is not opened but cut at lines: it is data, not
# code. The depth also bounds the recursion here.
_DEEPEST = 100
_WIDEST = 50_000

_Unit = tuple[Node, int, int]
"""A child of a node, and the start and end of the part of the file that goes with it."""


def split_tree(
    root: Node, language: str, measure: Measure, target: int, scripts: Sequence[Script] = ()
) -> list[Piece]:
    """Cut a file along its tree, and its scripts along theirs. `root` is the tree's root.

    No piece weighs more than 1.5 x `target` characters. A piece is whitespace alone only if a
    neighbour would be heavier than that with it.
    """
    if len(measure.data) <= target * _WHOLE:  # no byte is more than one character
        return [Piece(0, len(measure.data))]
    inner = {
        script.host.id: (_Splitter(leading_kinds(script.language), measure, target), script.tree)
        for script in scripts
    }
    splitter = _Splitter(leading_kinds(language), measure, target, inner)
    return join_blanks(splitter.split(root, 0, len(measure.data), 0), measure, target)


def join_blanks(pieces: list[Piece], measure: Measure, target: int) -> list[Piece]:
    """Join pieces that are whitespace alone to a neighbour, if that does not get too heavy."""
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
    def __init__(
        self,
        leading: frozenset[int],
        measure: Measure,
        target: int,
        scripts: Mapping[int, tuple[_Splitter, Tree]] = MappingProxyType({}),
    ) -> None:
        """`scripts`: by the id of the node that holds it, how to cut a script, and its tree."""
        self._scripts = scripts
        self._leading = leading
        self._measure = measure
        self._target = target
        self._limit = target * CHARACTER

    def split(self, node: Node, start: int, end: int, depth: int) -> list[Piece]:
        """The pieces of a node whose part of the file is start to end."""
        if self._measure.weight(start, end) <= self._limit * _WHOLE:
            return [Piece(start, end)]
        if node.id in self._scripts:
            splitter, tree = self._scripts[node.id]
            return splitter.split(tree.root_node, start, end, depth)
        is_code = depth < _DEEPEST and 0 < node.child_count <= _WIDEST
        units = self._units(node, start, end) if is_code else []
        if not units:
            return split_lines(self._measure, start, end, self._target)
        body = node.child_by_field_name("body")
        return self._join_small(self._pieces_of(units, body.id if body else None, depth))

    def _pieces_of(self, units: list[_Unit], body: int | None, depth: int) -> list[Piece]:
        """A piece for each run of siblings that fit together, and the pieces of the others."""
        data, sums = self._measure.data, self._measure.sums
        weight, limit = self._measure.weight, self._limit
        pieces: list[Piece] = []
        run = units[0][1]  # where the current run of siblings starts
        line = run  # where the last sibling of the run starts that begins a line
        for node, start, end in units:
            if start == 0 or data[start - 1] == LF:
                line = start
            if body is not None and node.id == body and weight(run, start) <= limit * _LEAD:
                line = run  # a long signature goes with the first lines of its body
            if sums[end] - sums[run] <= limit:
                continue
            # What is before it on its line belongs to it: `class A {`, `return [`.
            begun = weight(line, start) <= limit * _LEAD
            fits_its_line = weight(line, end) <= limit * _MERGED
            splits_line = line < start and self._measure.starts_line(line) and not fits_its_line
            if weight(start, end) > limit * _WHOLE or (begun and splits_line):
                first = line if begun else start
                if run < first:
                    pieces.append(Piece(run, first))
                pieces += self.split(node, first, end, depth + 1)
                run = line = end
            else:
                cut = line if fits_its_line else start
                if run < cut:
                    pieces.append(Piece(run, cut))
                run = line = cut
        last = units[-1][2]
        if run < last:
            pieces.append(Piece(run, last))
        return pieces

    def _join_small(self, pieces: list[Piece]) -> list[Piece]:
        """Join small pieces, such as a header or a brace, to a neighbour."""
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
        """The children, each with its part of start to end. Comments go with what they document."""
        children = [
            (child, first, last)
            for child in node.children
            if (first := child.start_byte) < (last := child.end_byte)
        ]
        stops = self._stops(children, start, end)
        units: list[_Unit] = []
        leads: list[_Unit] = []  # comments and the like, directly before the next child
        position = start
        for index, (child, first, last) in enumerate(children):
            stop = stops[index]
            unit = (child, position, stop)
            position = stop
            if child.kind_id in self._leading:
                is_trailing = self._is_trailing(first)
                is_last = index + 1 == len(children)
                if not is_last and not is_trailing and self._is_close(last, children[index + 1][1]):
                    leads.append(unit)
                    continue
                if is_trailing and units and not leads:
                    units[-1] = (units[-1][0], units[-1][1], stop)
                    continue
            if leads:
                if self._stays_together(leads[0][1], unit):
                    unit = (child, leads[0][1], stop)
                else:
                    units += leads
                leads = []
            units.append(unit)
        return units

    def _stops(self, children: Sequence[_Unit], start: int, end: int) -> list[int]:
        """Where the part of each child ends.

        Between two of them it is at the start of the second one's line, if possible. This runs for each
        node of a file that is opened, so it calls little.
        """
        data = self._measure.data
        stops: list[int] = []
        position = start
        for index in range(1, len(children)):
            last, following = children[index - 1][2], children[index][1]
            newline = data.rfind(b"\n", last - 1, following)
            if newline >= 0:
                stop = newline + 1
            # Of ASCII, only LF can be a part of what is before it: of a CRLF.
            elif LF != data[following] < 0x80:
                stop = following
            else:
                stop = self._measure.safe_position(following)
            if stop > position:
                position = stop if stop < end else end
            stops.append(position)
        stops.append(end)
        return stops

    def _stays_together(self, lead: int, unit: _Unit) -> bool:
        """Whether the comments that begin at `lead` go with the unit after them."""
        _, start, end = unit
        if self._measure.weight(lead, end) <= self._limit * _WHOLE:
            return True
        return self._measure.weight(lead, start) <= self._limit * _LEAD

    def _is_close(self, end: int, following: int) -> bool:
        """Whether there is no blank line between a comment, or the like, and what follows it."""
        return self._measure.data.count(b"\n", end, following) <= 1

    def _is_trailing(self, start: int) -> bool:
        """Whether a comment, or the like, has something before it on its line."""
        return not self._measure.blank(self._measure.line_start(start), start)
