"""Near-copies folded: of chunks that say almost the same, the best stands for the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ccingest.models import Chunk
from ccingest.ranking.fusion import Ranked
from ccingest.ranking.names import last_parts
from ccingest.terms import words

_FIRST = 60  # of a ranking are looked at
_SAME = 0.8  # share of the words of both that both have
_FEWEST = 12  # words; less is alike by chance
_LENGTHS = 0.75  # the shorter of two copies has at least this share of the longer one's length


def fold_copies(ranked: Sequence[Ranked]) -> tuple[list[Ranked], dict[str, tuple[str, ...]]]:
    """The ranking without near-copies in other files; path -> those of its copies."""
    kept: list[Ranked] = []
    originals: dict[tuple[str, frozenset[str]], list[Chunk]] = {}
    copies: dict[str, tuple[str, ...]] = {}
    for item in ranked[:_FIRST]:
        chunk = item.found.candidate.chunk
        alike = originals.setdefault((chunk.kind, last_parts((chunk.symbol,))), [])
        original = next((one for one in alike if _is_copy(chunk, one)), None)
        if original is None:
            kept.append(item)
            alike.append(chunk)
        else:
            copies[original.path] = tuple(
                dict.fromkeys((*copies.get(original.path, ()), chunk.path))
            )
    return [*kept, *ranked[_FIRST:]], copies


def _is_copy(one: Chunk, other: Chunk) -> bool:
    """Of chunks of the same kind and name."""
    if one.path == other.path:
        return False
    shorter, longer = sorted((len(one.text), len(other.text)))
    if shorter < _LENGTHS * longer:
        return False
    first, second = _words(one.text), _words(other.text)
    fewer, more = sorted((len(first), len(second)))
    if fewer < _FEWEST or fewer < _SAME * more:  # whatever the words are
        return False
    both = len(first & second)
    return both >= _SAME * (fewer + more - both)


@lru_cache(maxsize=1000)
def _words(text: str) -> frozenset[str]:
    return frozenset(words(text))
