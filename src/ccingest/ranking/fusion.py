"""Signals, penalties and the fair share of a file put together: candidates to one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccingest.models import Contribution
from ccingest.ranking.features import REASONS, features, group_of
from ccingest.ranking.forest import CERTAIN
from ccingest.ranking.penalties import PENALTIES
from ccingest.ranking.pool import Candidates, FileKey, Found, Pool, make_pool
from ccingest.ranking.question import ParsedQuery
from ccingest.ranking.ranker import load_ranker
from ccingest.ranking.signals import SIGNALS
from ccingest.ranking.word_nets import BEST, second_stage
from ccingest.ranking.words import Vocabulary, met

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The score that all signals at their highest would give is 1.
_HIGHEST = sum(signal.weight for signal in SIGNALS)


# What names one thing exactly is looked up by rules; trees ranked 0.03 fewer of these first.
EXACT = ("identifier", "path")
# In a sentence the learned ranker decides, but what it names exactly gets some points more: too few
# questions of the training have a name to learn that from.
# It has seen one repository a question. Of several, the one that is named counts much: with 49
# of them and questions that name one, 0.99 of the first hits are of it, for 0.88, and 0.52 answer, for
# 0.46. The points were chosen on these questions.
NAMED = {
    "names:defines_name_in_words": 0.5,
    "names:path_asked_for": 0.5,
    "words:literal": 0.5,
    "names:repository_named": 2.0,
}
# A column beside those of the features: what the second stage adds.
BY_WORDS = "each_word:added"
# What each hit of a file takes from the next one of the same file.
REPEATED = 0.8


class Ranked(NamedTuple):
    """`columns` has the features of all candidates, of which this one is at `place`. Where rules
    ranked, `values` are those of SIGNALS and `applied` of PENALTIES."""

    found: Found
    score: float  # comparable within one question; cosine similarity or BM25 of one method alone
    values: tuple[float, ...] = ()
    applied: tuple[bool, ...] = ()
    columns: Mapping[str, NDArray[np.float32]] | None = None
    place: int = 0
    repeated: float = 0.0  # what hits of its file that stand before it did to its score


def by_similarity(found: Sequence[Found]) -> list[Ranked]:
    """Best first; equal scores in the order of dataset, path and line, so that runs agree."""
    return sorted((Ranked(item, item.candidate.similarity) for item in found), key=_order)


def by_bm25(found: Sequence[Found]) -> list[Ranked]:
    """As `by_similarity`; what holds none of the terms is left out."""
    ranked = (Ranked(item, item.candidate.bm25) for item in found if item.candidate.bm25 > 0)
    return sorted(ranked, key=_order)


def hybrid(asked: ParsedQuery, candidates: Candidates, repeated: float = 0.0) -> list[Ranked]:
    """One ranking of what the searches found, best first; see `fair_share` for `repeated`."""
    if not candidates.found:
        return []
    pool = make_pool(asked, candidates)
    columns = features(pool)
    if asked.kind in EXACT:
        ruled = judge(pool)
        ranked = [item._replace(columns=columns, place=at) for at, item in enumerate(ruled)]
        return fair_share(_best_first(ranked), repeated)
    return _learned(pool, columns, candidates.vocabulary, repeated)


def by_words(
    pool: Pool, scores: NDArray[np.float32], vocabulary: Vocabulary
) -> NDArray[np.float32]:
    """What the second stage of the learned ranker adds to these scores, (candidates,)."""
    best = np.argsort(-scores, kind="stable")[:BEST]
    found = met(pool.asked.text, [pool.chunks[place] for place in best.tolist()], vocabulary)
    if found is None:
        return np.zeros_like(scores)
    again = load_ranker().words.scores(scores[best], found)
    added: NDArray[np.float32] = second_stage(scores, best, again) - scores
    return added


def _learned(
    pool: Pool,
    columns: Mapping[str, NDArray[np.float32]],
    vocabulary: Vocabulary | None,
    repeated: float,
) -> list[Ranked]:
    """As `fair_share` of all by their learned scores, with columns as long as possible."""
    first = load_ranker().scores(columns)
    added = by_words(pool, first, vocabulary) if vocabulary else np.zeros_like(first)
    columns = {**columns, BY_WORDS: added}
    scores = (first + added).astype(np.float64)
    for name, points in NAMED.items():
        scores += points * columns[name]
    order = np.argsort(-scores, kind="stable")
    if (np.diff(scores[order]) == 0).any():
        places = order.tolist()
        places.sort(key=lambda at: _order(Ranked(pool.found[at], float(scores[at]))))
        order = np.array(places)
    lost = repeated * _before_in_file(pool.file_of[order])
    shared = scores[order] - lost
    last = np.argsort(-shared, kind="stable")
    places = order[last].tolist()
    found = map(pool.found.__getitem__, places)
    no, same = repeat(()), repeat(columns)
    values = shared[last].tolist(), no, no, same, places, (-lost[last]).tolist()
    return list(map(Ranked, found, *values))


def _before_in_file(file_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the same file stand before each, (candidates,)."""
    by_file = np.argsort(file_of, kind="stable")
    sizes = np.bincount(file_of)
    before = np.empty(len(file_of), dtype=np.int64)
    before[by_file] = np.arange(len(file_of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return before


def judge(pool: Pool) -> list[Ranked]:
    """The weighted sum of the signals, times the factors of the penalties; in the pool's order."""
    values = np.array([signal.measure(pool) for signal in SIGNALS], dtype=np.float64)
    applied = np.array([penalty.apply(pool) for penalty in PENALTIES], dtype=np.bool_)
    if pool.asked.wants_aside:
        applied[:] = False
    scores = pool.nothing
    for signal, column in zip(SIGNALS, values, strict=True):
        scores = scores + signal.weight * column
    factors = np.array([penalty.factor for penalty in PENALTIES])[:, None]
    scores = scores * np.where(applied, factors, 1.0).prod(0) / _HIGHEST
    each = zip(pool.found, scores.tolist(), values.T.tolist(), applied.T.tolist(), strict=True)
    return [
        Ranked(item, score, tuple(of_item), tuple(against))
        for item, score, of_item, against in each
    ]


def explain(item: Ranked) -> list[Contribution]:
    """What made the score of a hybrid ranking: what speaks for it, highest first, and against."""
    parts = _of_rules(item) if item.values else _of_ranker(item)
    if item.repeated:
        reason = "another hit of its file stands before it"
        parts.append(Contribution("repeated", reason, item.repeated, item.repeated))
    return parts


def confidence(item: Ranked) -> float | None:
    """How likely it answers, 0 to 1; None when one method ranked alone."""
    if item.columns is None:
        return None
    facts = [item.score, *(float(item.columns[name][item.place]) for name in CERTAIN)]
    return load_ranker().confidence(facts, bool(item.values))


def _of_ranker(item: Ranked) -> list[Contribution]:
    assert item.columns is not None
    points = {group_of(name): 0.0 for name in NAMED}
    for name, most in NAMED.items():
        points[group_of(name)] += most * float(item.columns[name][item.place])
    of_words = {BY_WORDS: float(item.columns[BY_WORDS][item.place])}
    of_features = load_ranker().points(item.columns, item.place)
    for name, value in (*of_features.items(), *of_words.items()):
        group = group_of(name)
        points[group] = points.get(group, 0.0) + value
    parts = [Contribution(name, REASONS[name], value, value) for name, value in points.items()]
    return sorted(parts, key=lambda part: -part.points)


def _of_rules(item: Ranked) -> list[Contribution]:
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


def fair_share(ranked: Sequence[Ranked], repeated: float = REPEATED) -> list[Ranked]:
    """Each further hit of a file has `repeated` points less than it would have as the one before."""
    seen: dict[FileKey, int] = {}
    order = []
    for item in ranked:
        file = item.found.file
        before = seen.get(file, 0)
        seen[file] = before + 1
        lost = repeated * before
        # Not by _replace, which takes three times as long.
        order.append(Ranked(item[0], item[1] - lost, *item[2:6], -lost) if before else item)
    return sorted(order, key=_by_score)


def _best_first(items: Sequence[Ranked]) -> list[Ranked]:
    """As sorted by `_order`, which takes longer and only matters where scores are equal."""
    ordered = sorted(items, key=_by_score)
    if len({item.score for item in ordered}) < len(ordered):
        ordered.sort(key=_order)
    return ordered


def _by_score(item: Ranked) -> float:
    return -item.score


def _order(item: Ranked) -> tuple[float, str, str, int]:
    chunk = item.found.candidate.chunk
    return -item.score, item.found.dataset.name, chunk.path, chunk.start_line
