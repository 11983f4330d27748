"""The learned ranker against plain loops, and its explanation against its score."""

from __future__ import annotations

import numpy as np
import pytest

from ccingest.ranking.forest import Forest
from ccingest.ranking.nets import Nets
from ccingest.ranking.ranker import load_ranker

CANDIDATES = 40


def columns_for(forest: Forest, nets: Nets) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    values = np.append(forest.above.ravel(), 0.5)
    found = {
        name: random.choice(values, CANDIDATES).astype(np.float32)
        for name in {*forest.names.tolist(), *nets.names.tolist()}
    }
    for column in found.values():
        column[~np.isfinite(column)] = 0.25
    return found


def test_the_forest_is_that_of_its_trees() -> None:
    """The walk over bits against the plain one, over nodes."""
    forest = load_ranker().forest
    columns = columns_for(forest, load_ranker().nets)
    scores = forest.scores(columns)
    whole = np.zeros_like(scores)
    names = forest.names.tolist()
    for tree in range(len(forest.leaves)):
        for place in range(CANDIDATES):
            left = 2**16 - 1
            for node in range(len(forest.asks)):
                value = columns[names[forest.asks[node, tree]]][place]
                if value > forest.above[node, tree]:
                    left &= ~int(forest.gone[node, tree])
            whole[place] += forest.leaves[tree, (left & -left).bit_length() - 1]
    assert whole == pytest.approx(scores, abs=1e-3)


def test_the_nets_are_those_of_their_units() -> None:
    nets = load_ranker().nets
    columns = columns_for(load_ranker().forest, nets)
    scores = nets.scores(columns)
    names = nets.names.tolist()
    for place in range(5):
        inputs = [
            (float(columns[name][place]) - float(mean)) / float(spread + 1e-6)
            for name, mean, spread in zip(names, nets.means, nets.spreads, strict=True)
        ]
        for number in nets.relative:
            column = columns[names[number]].astype(np.float64)
            inputs.append((column[place] - column.mean()) / (column.std() + 1e-3))
        seen = np.clip(inputs, -4, 4)
        units = [
            max(0.0, float(row @ seen + bias))
            for row, bias in zip(nets.inner, nets.biases, strict=True)
        ]
        assert float(nets.outer @ np.array(units)) == pytest.approx(float(scores[place]), abs=1e-3)


def test_points_are_the_score() -> None:
    ranker = load_ranker()
    columns = columns_for(ranker.forest, ranker.nets)
    scores = ranker.scores(columns)
    for place in range(CANDIDATES):
        points = ranker.points(columns, place)
        assert sum(points.values()) == pytest.approx(float(scores[place]), abs=2e-3)


def test_one_candidate_alone_has_a_score() -> None:
    """Nothing is relative then, and no number is divided by nothing."""
    ranker = load_ranker()
    columns = {name: column[:1] for name, column in columns_for(ranker.forest, ranker.nets).items()}
    assert np.isfinite(ranker.scores(columns)).all()
