"""Candidates to an order. Pure functions: no store, no model, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccingest.records import Candidate, DatasetVersion

# Cormack, Clarke, Buettcher: Reciprocal Rank Fusion outperforms Condorcet (SIGIR 2009) uses 60.
RRF_CONSTANT = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and the dataset it was found in."""

    dataset: DatasetVersion
    candidate: Candidate

    @property
    def key(self) -> tuple[int, str]:
        return self.dataset.dataset_id, self.candidate.chunk_id


@dataclass(frozen=True, slots=True)
class Ranked:
    found: Found
    score: float  # 0 to 1 when fused; cosine similarity or BM25 when one method was asked for


def by_score(found: Sequence[Found]) -> list[Ranked]:
    """Best first; equal scores in the order of dataset, path and line, so that runs agree."""
    ranked = [Ranked(item, item.candidate.score) for item in found]
    return sorted(ranked, key=_order)


def fuse(rankings: Sequence[Sequence[Ranked]]) -> list[Ranked]:
    """Reciprocal rank fusion of rankings that need not share a scale, best first.

    A score of 1 is a chunk that every ranking puts first.
    """
    first = {item.found.key: item.found for ranking in rankings for item in ranking}
    sums = dict.fromkeys(first, 0.0)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            sums[item.found.key] += 1.0 / (RRF_CONSTANT + rank)
    best = len(rankings) / (RRF_CONSTANT + 1.0)
    return sorted((Ranked(first[key], total / best) for key, total in sums.items()), key=_order)


def fair_share(ranked: Sequence[Ranked], per_file: int) -> list[Ranked]:
    """At most `per_file` chunks of a file stay in front; the others follow behind, in order."""
    seen: dict[tuple[int, str], int] = {}
    front: list[Ranked] = []
    behind: list[Ranked] = []
    for item in ranked:
        file = item.found.dataset.dataset_id, item.found.candidate.chunk.path
        seen[file] = seen.get(file, 0) + 1
        (front if seen[file] <= per_file else behind).append(item)
    return front + behind


def _order(item: Ranked) -> tuple[float, str, str, int]:
    chunk = item.found.candidate.chunk
    return -item.score, item.found.dataset.name, chunk.path, chunk.start_line
