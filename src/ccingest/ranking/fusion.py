"""Signals, penalties and the fair share of a file put together: candidates to one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod

from ccingest.models import Contribution
from ccingest.ranking.penalties import PENALTIES, Penalty
from ccingest.ranking.pool import Found, Pool, make_pool
from ccingest.ranking.question import Asked
from ccingest.ranking.signals import SIGNALS

# The score that all signals at their highest would give is 1.
_HIGHEST = sum(signal.weight for signal in SIGNALS)


@dataclass(frozen=True, slots=True)
class Ranked:
    """`values` are those of SIGNALS, `applied` of PENALTIES; empty when one method ranked alone."""

    found: Found
    score: float  # 0 to 1 in a hybrid ranking; cosine similarity or BM25 of one method alone
    values: tuple[float, ...] = ()
    applied: tuple[bool, ...] = ()


def by_similarity(found: Sequence[Found]) -> list[Ranked]:
    """Best first; equal scores in the order of dataset, path and line, so that runs agree."""
    return sorted((Ranked(item, item.candidate.similarity) for item in found), key=_order)


def by_bm25(found: Sequence[Found]) -> list[Ranked]:
    """As `by_similarity`; what holds none of the terms is left out."""
    ranked = (Ranked(item, item.candidate.bm25) for item in found if item.candidate.bm25 > 0)
    return sorted(ranked, key=_order)


def hybrid(asked: Asked, found: Sequence[Found]) -> list[Ranked]:
    """One ranking of what the searches found, best first; scores from 0 to 1."""
    return sorted(judge(make_pool(asked, found)), key=_order)


def judge(pool: Pool) -> list[Ranked]:
    """The weighted sum of the signals, times the factors of the penalties; in the pool's order."""
    scores = pool.nothing
    values = [signal.measure(pool) for signal in SIGNALS]
    for signal, column in zip(SIGNALS, values, strict=True):
        weight = signal.weight
        scores = [score + weight * value for score, value in zip(scores, column, strict=True)]
    applied = [_applied(penalty, pool) for penalty in PENALTIES]
    factors = map(_factor, zip(*applied, strict=True))
    scores = [score * factor / _HIGHEST for score, factor in zip(scores, factors, strict=True)]
    of_each = zip(*values, strict=True), zip(*applied, strict=True)
    return list(map(Ranked, pool.found, scores, *of_each))


def _applied(penalty: Penalty, pool: Pool) -> Sequence[bool]:
    return [False] * len(pool.found) if pool.asked.wants_aside else penalty.apply(pool)


def explain(item: Ranked) -> list[Contribution]:
    """What made the score of a hybrid ranking: signals, highest first, then penalties."""
    gains = [
        Contribution(signal.name, signal.reason, value, signal.weight * value / _HIGHEST)
        for signal, value in zip(SIGNALS, item.values, strict=True)
        if value
    ]
    losses = []
    left = sum(gain.points for gain in gains)
    for penalty, applies in zip(PENALTIES, item.applied, strict=True):
        if applies:
            lost = left * (penalty.factor - 1)
            losses.append(Contribution(penalty.name, penalty.reason, penalty.factor, lost))
            left += lost
    return sorted(gains, key=lambda gain: -gain.points) + losses


def fair_share(ranked: Sequence[Ranked], per_file: int) -> list[Ranked]:
    """At most `per_file` chunks of a file stay in front; the others follow behind, in order."""
    seen: dict[tuple[int, str], int] = {}
    front: list[Ranked] = []
    behind: list[Ranked] = []
    for item in ranked:
        seen[item.found.file] = seen.get(item.found.file, 0) + 1
        (front if seen[item.found.file] <= per_file else behind).append(item)
    return front + behind


@cache
def _factor(applied: tuple[bool, ...]) -> float:
    return prod(
        penalty.factor for penalty, applies in zip(PENALTIES, applied, strict=True) if applies
    )


def _order(item: Ranked) -> tuple[float, str, str, int]:
    chunk = item.found.candidate.chunk
    return -item.score, item.found.dataset.name, chunk.path, chunk.start_line
