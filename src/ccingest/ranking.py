"""Candidates to an order. Pure functions: no store, no model, no clock.

A hybrid ranking adds up what both searches say, each relative to its best candidate, and some
signals that neither of them sees. Each signal is a function from 0 to 1; what it weighs stands in
WEIGHTS and nowhere else. How the weights were found, and what each brings, is in
benchmarks/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ccingest.records import Candidate, Chunk, DatasetVersion
from ccingest.terms import document_terms, query_terms


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a hybrid score counts."""

    vector: float = 1.0
    text: float = 1.2
    file_name: float = 0.5
    path: float = 0.3
    names_symbol: float = 0.6
    symbol_words: float = 0.4
    same_file: float = 0.4
    beside_the_point: float = 0.5  # factor, for tests, examples and prose


WEIGHTS = Weights()

# Tests, examples, documentation and data: they speak of the thing, but are not it.
_ASIDE = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|test_?data|fixtures?|_?examples?|samples?|docs?"
    r"|benchmarks?|bench|e2e|mocks?)/"
    r"|(^|/)(test_[^/]*|[^/]*[_.-](test|tests|spec)\.[^/]*|[^/]*Tests?\.(java|kt|cs|swift|scala|php)"
    r"|conftest\.py)$"
    r"|\.(md|rst|txt|adoc|json|ya?ml|toml)$",
    re.IGNORECASE,
)
_ASKS_FOR_ASIDE = frozenset(
    "test tests testing spec example examples docs documentation readme benchmark".split()
)
_IDENTIFIER = re.compile(r"[\w.:#$@/-]+")
_LAST_WORD = re.compile(r"\w+$")
# How many further chunks of a file speak for it, each half as much as the one before.
_WITNESSES = 3


_HIGHEST = (
    WEIGHTS.vector
    + WEIGHTS.text
    + WEIGHTS.file_name
    + WEIGHTS.path
    + max(WEIGHTS.names_symbol, WEIGHTS.symbol_words)
) * (1 + WEIGHTS.same_file * sum(0.5**i for i in range(_WITNESSES)))


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and the dataset it was found in."""

    dataset: DatasetVersion
    candidate: Candidate

    @property
    def key(self) -> tuple[int, str]:
        return self.dataset.dataset_id, self.candidate.chunk_id

    @property
    def file(self) -> tuple[int, str]:
        return self.dataset.dataset_id, self.candidate.chunk.path


@dataclass(frozen=True, slots=True)
class Ranked:
    found: Found
    score: (
        float  # 0 to 1 in a hybrid ranking; cosine similarity or BM25 when one method was asked for
    )


def by_score(found: Sequence[Found]) -> list[Ranked]:
    """Best first; equal scores in the order of dataset, path and line, so that runs agree."""
    ranked = [Ranked(item, item.candidate.score) for item in found]
    return sorted(ranked, key=_order)


def hybrid(
    question: str, vector_rankings: Sequence[Sequence[Ranked]], text_ranking: Sequence[Ranked]
) -> list[Ranked]:
    """One ranking of what the searches found, best first; scores from 0 to 1.

    There is a vector ranking for each embedder: their similarities have no common scale.
    """
    rankings = [(ranking, WEIGHTS.vector) for ranking in vector_rankings]
    rankings.append((text_ranking, WEIGHTS.text))
    found = {item.found.key: item.found for ranking, _ in rankings for item in ranking}
    scores = dict.fromkeys(found, 0.0)
    for ranking, weight in rankings:
        best = max((item.score for item in ranking), default=0.0)
        for item in ranking:
            scores[item.found.key] += weight * max(item.score, 0.0) / best if best > 0 else 0.0
    asked = _Asked.of(question)
    for key, one in found.items():
        scores[key] = asked.judge(one.candidate.chunk, scores[key])
    evidence = _file_evidence(found, scores)
    return sorted(
        (Ranked(item, (scores[key] + evidence[key]) / _HIGHEST) for key, item in found.items()),
        key=_order,
    )


def fair_share(ranked: Sequence[Ranked], per_file: int) -> list[Ranked]:
    """At most `per_file` chunks of a file stay in front; the others follow behind, in order."""
    seen: dict[tuple[int, str], int] = {}
    front: list[Ranked] = []
    behind: list[Ranked] = []
    for item in ranked:
        seen[item.found.file] = seen.get(item.found.file, 0) + 1
        (front if seen[item.found.file] <= per_file else behind).append(item)
    return front + behind


def _order(item: Ranked) -> tuple[float, str, str, int]:
    chunk = item.found.candidate.chunk
    return -item.score, item.found.dataset.name, chunk.path, chunk.start_line


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, as the signals need it."""

    terms: frozenset[str]
    identifier: str  # its last word, if the question is nothing but a name; else empty

    @classmethod
    def of(cls, question: str) -> _Asked:
        text = question.strip()
        last = _LAST_WORD.search(text) if _IDENTIFIER.fullmatch(text) else None
        return cls(frozenset(query_terms(text).split()), last[0].lower() if last else "")

    def judge(self, chunk: Chunk, score: float) -> float:
        """The score with all signals of the chunk itself."""
        score += WEIGHTS.file_name * file_name_match(self.terms, chunk.path)
        score += WEIGHTS.path * share(self.terms, document_terms(chunk.path))
        if self.identifier:
            score += WEIGHTS.names_symbol * defines(self.identifier, chunk)
        else:
            names = " ".join(chunk.defines) or chunk.symbol
            score += WEIGHTS.symbol_words * share(self.terms, document_terms(names))
        if is_aside(chunk.path) and not self.terms & _ASKS_FOR_ASIDE:
            score *= WEIGHTS.beside_the_point
        return score


def share(terms: frozenset[str], text: str) -> float:
    """The share of the question's terms that the text holds."""
    return len(terms.intersection(text.split())) / len(terms) if terms else 0.0


def file_name_match(terms: frozenset[str], path: str) -> float:
    """How much of the question the file's name says; three words of it are all it can say."""
    if not terms:
        return 0.0
    said = terms.intersection(document_terms(PurePosixPath(path).stem).split())
    return min(1.0, len(said) / min(len(terms), 3))


def defines(identifier: str, chunk: Chunk) -> float:
    """1 when a definition of exactly this name, case aside, starts in the chunk."""
    return float(any(symbol.rsplit(".", 1)[-1].lower() == identifier for symbol in chunk.defines))


def is_aside(path: str) -> bool:
    """Whether the path is that of a test, an example, documentation or data."""
    return _ASIDE.search(path) is not None


def _file_evidence(
    found: dict[tuple[int, str], Found], scores: dict[tuple[int, str], float]
) -> dict[tuple[int, str], float]:
    """A file of which several chunks match is about the question: they speak for each other."""
    by_file: dict[tuple[int, str], list[float]] = {}
    for key, item in found.items():
        by_file.setdefault(item.file, []).append(scores[key])
    evidence = {}
    for file, of_file in by_file.items():
        others = sorted(of_file, reverse=True)[1 : 1 + _WITNESSES]
        evidence[file] = sum(WEIGHTS.same_file * score / 2**i for i, score in enumerate(others))
    return {key: evidence[item.file] for key, item in found.items()}
