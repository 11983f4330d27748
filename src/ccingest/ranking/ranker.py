"""The learned ranker: what the trees and the nets say together, then nets that look at each word of
the question, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.ranking.forest import Forest, load_forest
from ccingest.ranking.nets import Nets, load_nets
from ccingest.ranking.word_nets import WordNets, load_word_nets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[np.float32]]

FOLDER = Path(__file__).parent / "weights" / "ccingest-ranker-5"
FOREST, NETS, WORDS = "forest.npz", "nets.npz", "words.npz"


@dataclass(frozen=True, slots=True)
class Ranker:
    """The weights of trees and nets say already how much each counts."""

    forest: Forest
    nets: Nets
    words: WordNets

    def scores(self, columns: Columns) -> NDArray[np.float32]:
        """Of each candidate in the first stage, (candidates,)."""
        scores: NDArray[np.float32] = self.forest.scores(columns) + self.nets.scores(columns)
        return scores

    def points(self, columns: Columns, candidate: int) -> dict[str, float]:
        """What each feature did to this score of one candidate; together, the score."""
        points = self.forest.points(columns, candidate)
        for name, value in self.nets.points(columns, candidate).items():
            points[name] = points.get(name, 0.0) + value
        return points

    def confidence(self, facts: Sequence[float], ruled: bool) -> float:
        """As of Forest."""
        return self.forest.confidence(facts, ruled)


@cache
def load_ranker(folder: Path = FOLDER) -> Ranker:
    return Ranker(
        load_forest(folder / FOREST), load_nets(folder / NETS), load_word_nets(folder / WORDS)
    )
