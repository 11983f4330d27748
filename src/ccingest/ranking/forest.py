"""Half of the learned ranker: regression trees as arrays, which NumPy walks all at once.

Trained by training/ranker.py with LightGBM; here it is data. A tree has at most sixteen leaves. Each
of its questions that is answered with "above" rules out the leaves on its other side; the first leaf
that is left, from the left, is the candidate's (Lucchese et al., QuickScorer: A Fast Algorithm to
Rank Documents with Additive Ensembles of Regression Trees, SIGIR 2015).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ccingest.locks import array_headers

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LEAVES = 16
# Features that tell an answer from the best of nothing, beside the score.
CERTAIN = ("words:anywhere", "title:cosine", "names:defines_name", "file:words")
_ALL = 2**MOST_LEAVES - 1


@dataclass(frozen=True)
class Forest:
    """Of a tree with fewer leaves the rest is filled with questions that nothing is above."""

    names: NDArray[np.str_]  # (features,) in the order of `asks`
    asks: NDArray[np.intp]  # (nodes, trees) which feature
    above: NDArray[np.float32]  # (nodes, trees) what it has to be above to go right
    gone: NDArray[np.uint16]  # (nodes, trees) the leaves that are out then, first the lowest bit
    leaves: NDArray[np.float32]  # (trees, MOST_LEAVES) their scores
    # For explanations: the mean score below each node, and the node above it, -1 for the first; the
    # same for leaves.
    means: NDArray[np.float32]  # (trees, nodes)
    parents: NDArray[np.int8]  # (trees, nodes)
    leaf_parents: NDArray[np.int8]  # (trees, MOST_LEAVES)
    # How much the score, each of CERTAIN and 1 say for that a candidate answers, when trees ranked
    # and when rules did, (2, len(CERTAIN) + 2).
    calibration: NDArray[np.float64]

    def scores(self, columns: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Of each candidate, (candidates,)."""
        matrix = np.array([columns[name] for name in self.names.tolist()], dtype=np.float32)
        leaf = self._leaf_of(matrix)
        first = np.arange(0, self.leaves.size, MOST_LEAVES)[:, None]
        scores: NDArray[np.float32] = self.leaves.ravel().take(first + leaf).sum(0)
        return scores

    def points(
        self, columns: Mapping[str, NDArray[np.float32]], candidate: int
    ) -> dict[str, float]:
        """What each feature did to the score of one candidate; together, the score.

        On the way down a tree the mean of what is below changes from node to node, due to the
        feature that was asked there (Saabas, Interpreting random forests, 2014). What is under the
        empty name is the mean of all.
        """
        names = self.names.tolist()
        matrix = np.array([columns[name][candidate] for name in names], np.float32)[:, None]
        found = {"": float(self.means[:, 0].sum())}
        for tree, leaf in enumerate(self._leaf_of(matrix)[:, 0].tolist()):
            below, node = float(self.leaves[tree, leaf]), int(self.leaf_parents[tree, leaf])
            while node >= 0:
                mean, name = float(self.means[tree, node]), names[self.asks[node, tree]]
                found[name] = found.get(name, 0.0) + below - mean
                below, node = mean, int(self.parents[tree, node])
        return found

    def confidence(self, facts: Sequence[float], ruled: bool) -> float:
        """How likely a candidate answers, 0 to 1. `facts`: its score and the values of CERTAIN."""
        weights = self.calibration[int(ruled)].tolist()
        evidence = sum(weight * fact for weight, fact in zip(weights, (*facts, 1.0), strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, evidence))))

    def _leaf_of(self, matrix: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The leaf of each tree that each candidate comes to, (trees, candidates)."""
        asks, above, places = self._questions
        answers = (matrix.take(asks, axis=0) > above[:, None]).astype(np.uint16)
        np.negative(answers, out=answers)  # all bits, where it is above
        out = np.zeros((self.asks.shape[1], matrix.shape[1]), dtype=np.uint16)
        of_node = np.empty_like(out)
        for place, gone in zip(places, self.gone, strict=True):
            # With "clip" NumPy writes to `out` at once, and not by way of a copy.
            np.take(answers, place, axis=0, out=of_node, mode="clip")
            of_node &= gone[:, None]
            out |= of_node
        found: NDArray[np.uint8] = _lowest_bits().take(~out)
        return found

    @cached_property
    def _questions(self) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.intp]]:
        """Each question that nodes ask, once: which feature, and what it has to be above; and which of
        these questions each node asks, (nodes, trees)."""
        keys = self.asks.astype(np.uint64) << 32 | self.above.view(np.uint32)
        _, first, places = np.unique(keys, return_index=True, return_inverse=True)
        asks, above = self.asks.ravel()[first], self.above.ravel()[first]
        return asks, above, places.reshape(keys.shape)


@cache
def _lowest_bits() -> NDArray[np.uint8]:
    """The place of the lowest bit that is set, of each number of sixteen bits."""
    places = np.zeros(_ALL + 1, dtype=np.uint8)
    for bit in range(1, MOST_LEAVES):
        places[1 << bit :: 1 << (bit + 1)] = bit
    return places


def load_forest(file: Path) -> Forest:
    with array_headers, np.load(file) as data:
        parts: dict[str, Any] = {field.name: data[field.name] for field in fields(Forest)}
    parts["asks"] = parts["asks"].astype(np.intp)
    return Forest(**parts)


def save_forest(forest: Forest, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Any] = {field.name: getattr(forest, field.name) for field in fields(Forest)}
    parts["asks"] = forest.asks.astype(np.int16)
    np.savez_compressed(file, **parts)
