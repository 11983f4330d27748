"""A question, what the searches find for it, and how well an order of that answers."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccingest.ranking.words import Met
from ccingest.search.spans import ALMOST, MOST_LINES

Span: TypeAlias = tuple[str, int, int]  # path, first line, last line
DEPTH = 10
_ENOUGH_LINES = 10  # of a span
END = 10**9


@dataclass(frozen=True, slots=True)
class Case:
    """One question and its candidates."""

    set: str  # "lines"; of file questions "root" or "whole"
    repository: str
    language: str
    category: str
    text: str
    kind: str  # of ParsedQuery
    targets: tuple[Span, ...]
    names: tuple[str, ...]  # of the features
    columns: NDArray[np.float32]  # (features, candidates)
    ruled: NDArray[np.float64]  # scores of the rules, (candidates,)
    paths: tuple[str, ...]
    lines: NDArray[np.int64]  # (candidates, 2) of the chunk, first and last
    # (candidates, 4) of what is shown for it: first and last chunk of its file, first and last line
    shown: NDArray[np.int64]
    # How each meets each word of the question, see ccingest.ranking.words: (words, candidates, ways) in
    # steps of 1/255, and how much each word tells.
    ways: NDArray[np.uint8]
    tells: NDArray[np.float32]

    def met(self, places: NDArray[np.int64]) -> Met | None:
        """Of some candidates."""
        if not len(self.tells):
            return None
        return Met(self.ways[:, places] / np.float32(255), self.tells)

    def hits(
        self, order: Iterable[int], scores: NDArray[np.float64] | None = None, k: int = DEPTH
    ) -> list[Span]:
        """What is shown for this order: definitions of a file that touch are one hit, and with
        scores a hit grows, as in ccingest.search.spans."""
        found: dict[str, list[list[int]]] = {}
        hits: list[tuple[str, list[int]]] = []
        for place in order:
            path = self.paths[place]
            first, last = self.shown[place, :2].tolist()
            of_file = found.setdefault(path, [])
            near = next(
                (one for one in of_file if first <= one[1] + 1 and last >= one[0] - 1), None
            )
            if near is not None:
                _take_in(near, self.shown[place].tolist())
            elif len(hits) < k:
                hit = self.shown[place].tolist()
                if scores is not None:
                    self._grow(hit, place, scores)
                of_file.append(hit)
                hits.append((path, hit))
            else:
                break
        return [(path, hit[2], hit[3]) for path, hit in hits]

    def _grow(self, hit: list[int], place: int, scores: NDArray[np.float64]) -> None:
        near = [
            self.shown[other].tolist()
            for other in np.argsort(-scores, kind="stable").tolist()
            if self.paths[other] == self.paths[place] and scores[other] >= scores[place] - ALMOST
        ]
        grows = True
        while grows:
            grows = False
            for one in near:
                outside = one[0] < hit[0] or one[1] > hit[1]
                touches = one[0] <= hit[1] + 1 and one[1] >= hit[0] - 1
                lines = max(hit[3], one[3]) - min(hit[2], one[2]) + 1
                if outside and touches and lines <= MOST_LINES:
                    _take_in(hit, one)
                    grows = True


def _take_in(hit: list[int], other: Sequence[int]) -> None:
    hit[0], hit[1] = min(hit[0], other[0]), max(hit[1], other[1])
    hit[2], hit[3] = min(hit[2], other[2]), max(hit[3], other[3])


def holds(hit: Span, targets: Iterable[Span]) -> bool:
    """Whether it holds half of a target, or ten lines of it."""
    path, start, end = hit
    for wanted, first, last in targets:
        shared = min(end, last) - max(start, first) + 1
        if path == wanted and shared > 0 and (shared >= _ENOUGH_LINES or 2 * shared > last - first):
            return True
    return False


def line_figures(
    case: Case, order: Iterable[int], scores: NDArray[np.float64] | None = None
) -> dict[str, float]:
    hits = case.hits(order, scores)
    rank = next((at for at, hit in enumerate(hits) if holds(hit, case.targets)), END)
    files = {path for path, _, _ in case.targets}
    file_rank = next((at for at, hit in enumerate(hits) if hit[0] in files), END)
    return {
        "file@1": float(file_rank == 0), "file@5": float(file_rank < 5),
        "line@1": float(rank == 0), "line@5": float(rank < 5), "mrr": 1 / (rank + 1) if rank < END else 0.0,
    }  # fmt: skip


def is_target(hit: Span, target: Span) -> bool:
    found, wanted = f"/{hit[0]}", f"/{target[0]}"
    same = found.endswith(wanted) or wanted.endswith(found)
    return same and hit[1] <= target[2] and hit[2] >= target[1]


def ndcg(case: Case, order: Iterable[int], scores: NDArray[np.float64] | None = None) -> float:
    """Binary NDCG@10 by file, as in benchmarks/retrieval.py."""
    hits = case.hits(order, scores)
    ranks = [
        next((at for at, hit in enumerate(hits, 1) if is_target(hit, target)), None)
        for target in case.targets
    ]
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank)
    ideal = range(1, min(DEPTH, len(case.targets)) + 1)
    return gain / sum(1 / math.log2(rank + 1) for rank in ideal)


def read_cases(folder: Path, pattern: str = "*") -> list[Case]:
    return [
        case for path in sorted(folder.glob(f"{pattern}.pkl")) for case in pickle.loads(path.read_bytes())
    ]  # fmt: skip
