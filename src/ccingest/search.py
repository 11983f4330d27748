"""A question to hits, over one or many datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias
from urllib.parse import quote as quote_url

from ccingest.embedding import Embedder
from ccingest.errors import UsageError, VersionGoneError
from ccingest.ranking import Asked, Found, Ranked, by_score, explain, fair_share, hybrid
from ccingest.records import Contribution, DatasetVersion, Explanation, Hit
from ccingest.store import RowFilter, TableReader, TableStore
from ccingest.terms import query_terms

Mode: TypeAlias = Literal["hybrid", "vector", "text"]
MODES: tuple[Mode, ...] = ("hybrid", "vector", "text")

# How many candidates each method gives per dataset: enough that a chunk which one method ranks
# tenth and the other fiftieth can still win.
_CANDIDATES = 200
# How many chunks that a question names, by a definition or a path, each dataset gives.
_NAMED = 50
# The best chunk of each file comes first: worth 0.04 NDCG@10 over no such rule.
_HITS_PER_FILE = 1
_ALONE = {"vector": "cosine similarity", "text": "BM25"}
# How often a reader looks again when a version was replaced between the catalogue and the table.
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    k: int = 5
    mode: Mode = "hybrid"
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # gitignore globs; a leading "!" excludes


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was found for a question: a ranking for each embedder, one by text, and what it names."""

    by_vector: list[list[Ranked]]
    by_text: list[Ranked]
    named: list[Found]


class Searcher:
    """Answers questions about the datasets that `published` returns; holds models and tables open.

    `published` is asked anew for every question, so a long-lived searcher follows new versions.
    """

    def __init__(
        self,
        store: TableStore,
        published: Callable[[], Sequence[DatasetVersion]],
        embedder_for: Callable[[str], Embedder],
    ) -> None:
        self._store = store
        self._published = published
        self._embedder_for = embedder_for
        self._embedders: dict[str, Embedder] = {}
        self._readers: dict[tuple[str, int], TableReader] = {}

    def search(self, question: Question) -> list[Hit]:
        """At most `question.k` hits, best first.

        Raises UsageError for an empty question or a bad glob, VersionGoneError when a table is
        missing, and what loading the datasets' embedders raises.
        """
        if not question.text.strip():
            raise UsageError("The question is empty; say what to look for.")
        where = row_filter(question)
        for _ in range(_LOOKS - 1):
            try:
                return self._answer(question, self._published(), where)
            except VersionGoneError:
                # Published anew while we were reading: the next look finds the new version.
                self._readers.clear()
        return self._answer(question, self._published(), where)

    def _answer(
        self, question: Question, datasets: Sequence[DatasetVersion], where: RowFilter
    ) -> list[Hit]:
        asked = Asked.of(question.text)
        found = self._candidates(asked, question, datasets, where)
        if question.mode == "hybrid":
            ranking = hybrid(asked, found.by_vector, found.by_text, found.named)
            ranked = fair_share(ranking, _HITS_PER_FILE)
        else:
            ranked = sorted(chain(found.by_text, *found.by_vector), key=lambda item: -item.score)
        shown = ranked[: question.k]
        reasons = _explanations(shown, asked, question.mode)
        return [
            _hit(rank, item, why)
            for rank, (item, why) in enumerate(zip(shown, reasons, strict=True), start=1)
        ]

    def candidates(self, question: Question) -> Candidates:
        """What the searches find for a question, before it is ranked. Raises as `search` does."""
        asked = Asked.of(question.text)
        return self._candidates(asked, question, self._published(), row_filter(question))

    def _candidates(
        self,
        asked: Asked,
        question: Question,
        datasets: Sequence[DatasetVersion],
        where: RowFilter,
    ) -> Candidates:
        limit = max(_CANDIDATES, question.k)
        text, mode = question.text, question.mode
        return Candidates(
            self._by_vector(text, datasets, where, limit) if mode != "text" else [],
            self._by_text(text, datasets, where, limit) if mode != "vector" else [],
            self._named(asked, datasets, where) if mode == "hybrid" else [],
        )

    def _by_vector(
        self, text: str, datasets: Sequence[DatasetVersion], where: RowFilter, limit: int
    ) -> list[list[Ranked]]:
        """A ranking for each embedder: similarities of different models can't be compared."""
        found: dict[str, list[Found]] = {}
        for dataset in datasets:
            vector = self._embedder(dataset.embedder).embed_query(text)
            candidates = self._reader(dataset).nearest(vector, limit, where)
            found.setdefault(dataset.embedder, []).extend(Found(dataset, c) for c in candidates)
        return [by_score(group)[:limit] for group in found.values()]

    def _by_text(
        self, text: str, datasets: Sequence[DatasetVersion], where: RowFilter, limit: int
    ) -> list[Ranked]:
        terms = query_terms(text)
        found = [
            Found(dataset, candidate)
            for dataset in datasets
            for candidate in self._reader(dataset).matching(terms, limit, where)
        ]
        return by_score(found)[:limit]

    def _named(
        self, asked: Asked, datasets: Sequence[DatasetVersion], where: RowFilter
    ) -> list[Found]:
        """Chunks that define a name in the question or stand at a path in it."""
        if not (asked.names or asked.paths):
            return []
        return [
            Found(dataset, candidate)
            for dataset in datasets
            for candidate in self._reader(dataset).named(
                sorted(asked.names), asked.paths, _NAMED, where
            )
        ]

    def _embedder(self, name: str) -> Embedder:
        if name not in self._embedders:
            self._embedders[name] = self._embedder_for(name)
        return self._embedders[name]

    def _reader(self, dataset: DatasetVersion) -> TableReader:
        key = dataset.table_name, dataset.table_version
        if key not in self._readers:
            self._readers[key] = self._store.read(*key)
        return self._readers[key]


def row_filter(question: Question) -> RowFilter:
    """The question's filters as the store takes them. Raises UsageError for a bad glob."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    wanted: list[str] = []
    unwanted: list[str] = []
    for glob in question.paths:
        try:
            pattern, includes = GitIgnoreSpecPattern.pattern_to_regex(glob)
        except GitIgnorePatternError as error:
            raise UsageError(f"--path {glob!r} is no valid glob.") from error
        if pattern is None:
            raise UsageError(f"--path {glob!r} names no path.")
        (wanted if includes else unwanted).append(pattern)
    return RowFilter(question.languages, tuple(wanted), tuple(unwanted))


def permalink(dataset: DatasetVersion, path: str, start_line: int, end_line: int) -> str | None:
    """The lines on the web at the dataset's commit; None for a local repository."""
    if not dataset.host:
        return None
    base = f"https://{dataset.host}/{dataset.repository}/blob/{dataset.sha}/{quote_url(path)}"
    return f"{base}#L{start_line}-L{end_line}"


def _explanations(shown: Sequence[Ranked], asked: Asked, mode: Mode) -> list[Explanation]:
    seen: Counter[tuple[int, str]] = Counter()
    reasons = []
    for item in shown:
        seen[item.found.file] += 1
        if mode == "hybrid":
            why = explain(item)
        else:
            why = [Contribution(mode, _ALONE[mode], item.score, item.score)]
        reasons.append(Explanation(asked.kind, seen[item.found.file], tuple(why)))
    return reasons


def _hit(rank: int, item: Ranked, why: Explanation) -> Hit:
    dataset, chunk = item.found.dataset, item.found.candidate.chunk
    return Hit(
        rank=rank,
        score=round(item.score, 6),
        project=dataset.project,
        dataset=dataset.name,
        repository=dataset.repository,
        sha=dataset.sha,
        chunk=chunk,
        url=permalink(dataset, chunk.path, chunk.start_line, chunk.end_line),
        explanation=why,
    )
