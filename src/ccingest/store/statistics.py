"""What BM25 needs to know of all the documents that one question searches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of all the documents that one question searches."""

    documents: int
    length: float  # of all documents together, in terms, weighted
    holding: Mapping[str, int]  # term of the question -> how many documents hold it

    def __add__(self, other: Statistics) -> Statistics:
        """The statistics of the documents of both, for the same question."""
        return Statistics(
            self.documents + other.documents,
            self.length + other.length,
            {term: held + other.holding[term] for term, held in self.holding.items()},
        )

    @property
    def average(self) -> float:
        """The average length of a document, in terms, weighted."""
        return self.length / max(self.documents, 1) or 1.0

    def rarity(self, term: str) -> float:
        """The term's inverse document frequency, above 0."""
        held = self.holding.get(term, 0)
        return math.log(1 + (self.documents - held + 0.5) / (held + 0.5))


@dataclass(frozen=True, slots=True)
class QuestionStatistics:
    """Statistics of a question's terms in chunks and in files. Those of several versions add up."""

    chunks: Statistics
    files: Statistics

    def __add__(self, other: QuestionStatistics) -> QuestionStatistics:
        return QuestionStatistics(self.chunks + other.chunks, self.files + other.files)
