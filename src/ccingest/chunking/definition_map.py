"""Which definition of a file a piece belongs to."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

# The share of a piece that the innermost definition must fill to own it.
_OWNING_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Definition:
    """The bytes from start to end define `symbol`, a path of names joined by dots."""

    start: int
    end: int
    symbol: str
    kind: str
    parent: int  # index of the definition around it; -1 if there is none
    # Where the name stands, if after names within it: in `typedef struct a {} b`. -1: where it starts.
    name_at: int = -1


class DefinitionMap:
    """The definitions of a file. They may be nested, but never overlap otherwise."""

    def __init__(self, definitions: tuple[Definition, ...]) -> None:
        """`definitions` are in the order of their starts, outer ones first."""
        self._all = definitions
        self._starts = [definition.start for definition in definitions]

    def starting_in(self, start: int, end: int) -> tuple[str, ...]:
        """The symbols that are defined from `start` on and before `end`, each once, in the order of the names."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        if first == last:
            return ()
        inside = self._all[first:last]
        if any(item.name_at >= 0 for item in inside):
            inside = tuple(sorted(inside, key=lambda item: max(item.start, item.name_at)))
        return tuple(dict.fromkeys(item.symbol for item in inside))

    def owner(self, start: int, end: int) -> Definition | None:
        """The definition that the piece from start to end belongs to, if any.

        The innermost definition that fills at least 60 % of the piece; else the innermost one
        around all of it; else the first that begins in it; else the one that the piece begins in.
        """
        if not self._all:
            return None
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        inside = self._all[first:last]
        around = self._around(first - 1, start)
        need = (end - start) * _OWNING_SHARE
        owner: Definition | None = None
        for item in (*reversed(around), *inside):
            if min(item.end, end) - max(item.start, start) >= need:
                owner = item
        if owner:
            return owner
        candidates = [item for item in around if item.end >= end] + [*inside[:1], *around[:1]]
        return candidates[0] if candidates else None

    def _around(self, index: int, position: int) -> list[Definition]:
        """The definitions around the position, innermost first.

        `index` is that of the last definition that begins before it.
        """
        found = []
        while index >= 0:
            item = self._all[index]
            if item.end > position:
                found.append(item)
            index = item.parent
        return found
