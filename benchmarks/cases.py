"""A question, what the searches find for it, and how well an order of that answers."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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

    def hits(self, order: Iterable[int], k: int = DEPTH) -> list[Span]:
        """What is shown for this order: definitions of a file that touch are one hit."""
        found: list[list[int]] = []
        paths: list[str] = []
        for place in order:
            first, last, start, end = self.shown[place].tolist()
            near = next(
                (
                    number
                    for number, (other, one) in enumerate(zip(paths, found, strict=True))
                    if other == self.paths[place] and first <= one[1] + 1 and last >= one[0] - 1
                ),
                None,
            )
            if near is not None:
                one = found[near]
                found[near] = [
                    min(one[0], first), max(one[1], last), min(one[2], start), max(one[3], end),
                ]  # fmt: skip
            elif len(found) < k:
                found.append([first, last, start, end])
                paths.append(self.paths[place])
            else:
                break
        return [(path, one[2], one[3]) for path, one in zip(paths, found, strict=True)]


def holds(hit: Span, targets: Iterable[Span]) -> bool:
    """Whether it holds half of a target, or ten lines of it."""
    path, start, end = hit
    for wanted, first, last in targets:
        shared = min(end, last) - max(start, first) + 1
        if path == wanted and shared > 0 and (shared >= _ENOUGH_LINES or 2 * shared > last - first):
            return True
    return False


def line_figures(case: Case, order: Iterable[int]) -> dict[str, float]:
    hits = case.hits(order)
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


def ndcg(case: Case, order: Iterable[int]) -> float:
    """Binary NDCG@10 by file, as in benchmarks/retrieval.py."""
    hits = case.hits(order)
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
