"""The second stage of the ranker, trained and judged on what the first one says of repositories that it
has not seen: see training/ranker.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from cases import Case
from numpy.typing import NDArray
from word_nets import TRAINED_ON, Again, train_word_nets

from ccingest.embedding import load_vocabulary
from ccingest.ranking.fusion import EXACT
from ccingest.ranking.word_nets import WordNets, second_stage

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """A question and what the first stage, trained without its repository, says of it."""

    case: Case
    labels: NDArray[np.int64]
    scores: Scores
    fold: int
    weight: float


def train_again(questions: Sequence[Held]) -> WordNets:
    """Of questions that the first stage can answer, and that no rules rank."""
    found = []
    for one in questions:
        best = best_of(one.scores)
        met = one.case.met(best)
        if (
            met is not None
            and one.weight
            and one.case.kind not in EXACT
            and one.labels[best].max() >= 3
        ):
            first = one.scores[best].astype(np.float32)
            found.append(Again(first, met, one.labels[best], one.weight))
    return train_word_nets(found, _usual())


def held_out_again(
    questions: Sequence[Held], folds: int
) -> tuple[list[WordNets], float, list[Scores]]:
    """The nets without each fold; what their scores are multiplied with, so that these spread the best
    candidates as the first stage does; and all scores of all questions."""
    nets = [train_again([one for one in questions if one.fold != fold]) for fold in range(folds)]
    spreads = []
    for one in questions:
        best = best_of(one.scores)
        met = one.case.met(best)
        if met is not None and one.case.kind not in EXACT:
            first = one.scores[best].astype(np.float32)
            spreads.append((first.std(), nets[one.fold].scores(first, met).std()))
    factor = fmean(float(one) for one, _ in spreads) / fmean(float(one) for _, one in spreads)
    nets = [spread(one, factor) for one in nets]
    return nets, factor, [again(nets[one.fold], one.case, one.scores) for one in questions]


def again(nets: WordNets, case: Case, scores: Scores) -> Scores:
    """As ccingest.ranking.fusion.by_words, which ranks fewer again."""
    best = best_of(scores)
    met = case.met(best)
    if met is None:
        return scores
    found = nets.scores(scores[best].astype(np.float32), met)
    return second_stage(scores.astype(np.float32), best, found).astype(np.float64)


def spread(nets: WordNets, factor: float) -> WordNets:
    by = np.float32(factor)
    return replace(nets, outer=nets.outer * by, straight=nets.straight * by, first=nets.first * by)


def best_of(scores: Scores) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")[:TRAINED_ON]


def _usual() -> float:
    """How much a token tells, the median of all."""
    vocabulary = load_vocabulary()
    return float(np.median(vocabulary.tells(np.arange(len(vocabulary.weights)))))
