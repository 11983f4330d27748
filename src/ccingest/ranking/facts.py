"""What is known of a chunk whatever is asked. It is worked out once and kept, with the chunk."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ccingest.models import Chunk
from ccingest.ranking.content import path_facts, symbol_facts, text_facts
from ccingest.ranking.names import flat_symbol, stems_in, symbol_of
from ccingest.ranking.penalties import PATH_PENALTIES, is_test_beside_code, path_flags
from ccingest.values import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("function", "method", "class", "section", "block", "interface")
_NUMBER_OF_KIND = {kind: number for number, kind in enumerate(KINDS)}
COLUMNS = (
    "prose_file", "config", "readme", "folders", *PATH_PENALTIES,
    "comments", "lines", "length", "symbol", "depth", "kind", "number",
    "begins", "line", "test_symbol",
)  # fmt: skip
_PLACE_OF = {name: place for place, name in enumerate(COLUMNS)}
_FIRST = 1024  # rows that there is room for at first


@dataclass(frozen=True, slots=True)
class Facts:
    """Of some chunks, one after the other."""

    numbers: NDArray[np.float32]  # (chunks, COLUMNS)
    names: Sequence[frozenset[str]]  # stems of the words in what each defines, or in what it is in
    symbols: Sequence[str]  # what each defines or is in, in lower case and without underscores

    def column(self, name: str) -> NDArray[np.float32]:
        """One of COLUMNS: (chunks,)."""
        return self.numbers[:, _PLACE_OF[name]]


class KnownFacts:
    """The facts of the chunks that were asked for last. Any number of threads may use it.

    A chunk is known again as the very object, which the store keeps in memory as well: to compare
    texts would take as long as to look at them.
    """

    MOST = 20_000  # chunks; at that number all are forgotten

    def __init__(self) -> None:
        self._lock = Lock()
        self._chunks: list[Chunk]
        self._place_of: dict[int, int]
        self._names: list[frozenset[str]]
        self._symbols: list[str]
        self._numbers: NDArray[np.float32]
        self._forget()

    def of(self, chunks: Sequence[Chunk]) -> Facts:
        with self._lock:
            if len(self._chunks) > self.MOST:
                self._forget()
            places = [self._place_of.get(id(chunk), -1) for chunk in chunks]
            if -1 in places:
                self._learn([chunk for chunk, at in zip(chunks, places, strict=True) if at < 0])
                places = [self._place_of[id(chunk)] for chunk in chunks]
            names, symbols = self._names, self._symbols
            return Facts(
                self._numbers[np.array(places, dtype=np.int64)],
                [names[place] for place in places],
                [symbols[place] for place in places],
            )

    def _learn(self, chunks: Sequence[Chunk]) -> None:
        first, end = len(self._chunks), len(self._chunks) + len(chunks)
        while end > len(self._numbers):
            self._numbers = np.concatenate([self._numbers, np.zeros_like(self._numbers)])
        self._numbers[first:end] = list(map(_numbers_of, chunks))
        self._chunks += chunks  # while a chunk is held, no other object has its id
        self._names += [stems_in(symbol_of(chunk)) for chunk in chunks]
        self._symbols += map(flat_symbol, chunks)
        self._place_of.update(zip(map(id, chunks), range(first, end), strict=True))

    def _forget(self) -> None:
        self._chunks, self._names, self._symbols = [], [], []
        self._place_of = {}
        self._numbers = np.zeros((_FIRST, len(COLUMNS)), dtype=np.float32)


_KNOWN = KnownFacts()
facts_of = _KNOWN.of


def _numbers_of(chunk: Chunk) -> tuple[float, ...]:
    """In the order of COLUMNS."""
    return (
        *path_facts(chunk.path),
        *path_flags(chunk.path),
        *text_facts(chunk.text),
        *symbol_facts(chunk.symbol),
        _NUMBER_OF_KIND.get(chunk.kind, -1),
        len(chunk.defines),
        chunk.symbol in chunk.defines,
        chunk.start_line,
        is_test_beside_code(chunk),
    )
