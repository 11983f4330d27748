"""A question to hits, over one or many datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

from ccingest.embedding import DEFAULT_MODEL, Embedder
from ccingest.errors import LineNotFoundError, UsageError, VersionGoneError
from ccingest.models import Chunk, Contribution, Dataset, Explanation, Hit
from ccingest.ranking import (
    Asked,
    Found,
    Ranked,
    by_bm25,
    by_similarity,
    explain,
    fair_share,
    hybrid,
    title_of,
)
from ccingest.snippets import joined, whole_definition, with_context
from ccingest.sources.links import link_to_lines
from ccingest.store import (
    KEPT_UP_TO,
    Lookup,
    QuestionStatistics,
    RowFilter,
    TableReader,
    TableStore,
    best_of_all,
)
from ccingest.terms import query_terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Mode: TypeAlias = Literal["hybrid", "vector", "text"]
MODES: tuple[Mode, ...] = ("hybrid", "vector", "text")

# How many candidates each method gives per dataset: enough that a chunk which one method ranks
# tenth and the other fiftieth can still win.
_CANDIDATES = 200
_MOST_TITLES = 20_000  # vectors kept, 1 KB each
# The best chunk of each file comes first: worth 0.04 NDCG@10 over no such rule.
_HITS_PER_FILE = 1
# One of those that are like a chunk is the chunk itself.
_OVERFETCH = 1
_ALONE = {"vector": "cosine similarity", "text": "BM25"}
# How often a reader looks again when a version was replaced between the catalogue and the table.
_LOOKS = 3
# Globs of a question. More than the files of a large pull request, and longer than a path can be.
_MOST_GLOBS = 5000
_LONGEST_GLOB = 4096


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    k: int = 5
    mode: Mode = "hybrid"
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # gitignore globs; a leading "!" excludes
    context: int = 0  # lines around each hit


@dataclass(frozen=True, slots=True)
class _Open:
    version: int
    reader: TableReader
    kept: int  # chunks in memory


@dataclass(slots=True)
class _Span:
    """Chunks of a file that are shown as one hit; it grows while hits are merged into it."""

    item: Ranked
    first: int
    last: int
    best: int  # the chunk that was found

    def touches(self, file: tuple[int, str], first: int, last: int) -> bool:
        return self.item.found.file == file and first <= self.last + 1 and last >= self.first - 1


class Searcher:
    """Answers questions about the datasets that `published` returns; holds models and tables open.

    `published` is asked anew for every question, so a long-lived searcher follows new versions.
    Any number of threads may search at the same time.
    """

    def __init__(
        self,
        store: TableStore,
        published: Callable[[], Sequence[Dataset]],
        embedder_for: Callable[[str], Embedder],
    ) -> None:
        self._store = store
        self._published = published
        self._embedder_for = embedder_for
        self._embedders: dict[str, Embedder] = {}
        self._embedders_lock = Lock()
        self._readers: dict[str, _Open] = {}  # by table
        self._readers_lock = Lock()
        self._titles: dict[str, NDArray[np.float32]] = {}

    def over(self, published: Callable[[], Sequence[Dataset]]) -> Searcher:
        """A searcher of other datasets, which shares with this one what is loaded and open."""
        other = copy(self)
        other._published = published
        return other

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
                with self._readers_lock:
                    self._readers.clear()
        return self._answer(question, self._published(), where)

    def _answer(
        self, question: Question, datasets: Sequence[Dataset], where: RowFilter
    ) -> list[Hit]:
        asked = Asked.of(question.text)
        found = self._candidates(asked, question, datasets, where)
        if question.mode == "hybrid":
            ranked = fair_share(hybrid(asked, found), _HITS_PER_FILE)
        else:
            ranked = by_similarity(found) if question.mode == "vector" else by_bm25(found)
        shown = self._shown(ranked, question)
        reasons = _explanations([item for item, _ in shown], asked, question.mode)
        return [
            _hit(rank, item, chunk, why)
            for rank, ((item, chunk), why) in enumerate(zip(shown, reasons, strict=True), start=1)
        ]

    def similar(self, dataset: Dataset, path: str, line: int, question: Question) -> list[Hit]:
        """Chunks of any dataset of the same embedder that are like the one at this line, by vector.

        `question` has the filters; its text and mode don't count. Raises LineNotFoundError.
        """
        found = self._reader(dataset).at(path, line)
        if found is None:
            raise LineNotFoundError(f"{path} has no line {line} in {dataset.name}.")
        chunk_id, vector = found
        where, limit = row_filter(question), question.k + _OVERFETCH
        near = [
            Found(other, candidate)
            for other in self._published()
            if other.embedder == dataset.embedder
            for candidate in self._reader(other).candidates(Lookup(vector), limit, where)
        ]
        itself = dataset.dataset_id, chunk_id
        ranked = by_similarity([item for item in near if item.key != itself])[: question.k]
        why = [Contribution("vector", _ALONE["vector"], item.score, item.score) for item in ranked]
        return [
            _hit(rank, item, item.found.candidate.chunk, Explanation("similar", 1, (reason,)))
            for rank, (item, reason) in enumerate(zip(ranked, why, strict=True), start=1)
        ]

    def _shown(self, ranked: Sequence[Ranked], question: Question) -> list[tuple[Ranked, Chunk]]:
        """The first `k` hits, as whole definitions; those of a file that touch become one."""
        files = self._files(ranked[: question.k])
        spans: list[_Span] = []
        for item in ranked:
            if item.found.file not in files:
                files |= self._files([item])
            chunks = files[item.found.file]
            index = chunks.index(item.found.candidate.chunk)
            first, last = whole_definition(chunks, index)
            near = next((s for s in spans if s.touches(item.found.file, first, last)), None)
            if near:
                near.first, near.last = min(near.first, first), max(near.last, last)
            elif len(spans) < question.k:
                spans.append(_Span(item, first, last, index))
            else:
                break
        shown = []
        for span in spans:
            chunks = files[span.item.found.file]
            chunk = joined(chunks, span.first, span.last, span.best)
            if question.context:
                chunk = with_context(chunk, chunks, question.context)
            shown.append((span.item, chunk))
        return shown

    def _files(self, items: Sequence[Ranked]) -> dict[tuple[int, str], list[Chunk]]:
        """All chunks of the files of these hits."""
        by_dataset: dict[int, tuple[Dataset, list[str]]] = {}
        for item in items:
            dataset, chunk = item.found.dataset, item.found.candidate.chunk
            by_dataset.setdefault(dataset.dataset_id, (dataset, []))[1].append(chunk.path)
        return {
            (dataset.dataset_id, path): chunks
            for dataset, paths in by_dataset.values()
            for path, chunks in self._reader(dataset).files(list(dict.fromkeys(paths))).items()
        }

    def candidates(self, question: Question) -> list[Found]:
        """What the searches find for a question, before it is ranked. Raises as `search` does."""
        asked = Asked.of(question.text)
        return self._candidates(asked, question, self._published(), row_filter(question))

    def _candidates(
        self,
        asked: Asked,
        question: Question,
        datasets: Sequence[Dataset],
        where: RowFilter,
    ) -> list[Found]:
        limit = max(_CANDIDATES, question.k)
        mode = question.mode
        terms = self._statistics(question.text, datasets) if mode != "vector" else None
        named = (tuple(asked.names), asked.paths) if mode == "hybrid" else ((), ())
        vectors: dict[str, NDArray[np.float32]] = {}
        if mode != "text":
            models = {dataset.embedder for dataset in datasets}
            vectors = {name: self._embedder(name).embed_query(question.text) for name in models}
        readers = [self._reader(dataset) for dataset in datasets]
        scored = [
            reader.search(Lookup(vectors.get(dataset.embedder), terms, *named), limit, where)
            for dataset, reader in zip(datasets, readers, strict=True)
        ]
        if len(datasets) > 1:
            scored = best_of_all(scored, [dataset.embedder for dataset in datasets], limit)
        found = [
            Found(dataset, candidate)
            for dataset, reader, rows in zip(datasets, readers, scored, strict=True)
            for candidate in reader.read(rows)
        ]
        return self._titled(question.text, found) if mode == "hybrid" else found

    def _titled(self, text: str, found: Sequence[Found]) -> list[Found]:
        """With the similarity of question and title, by the default model: it is always there, is
        quick, and makes chunks of different embedders comparable."""
        import numpy as np

        if not found:
            return []
        model = self._embedder(DEFAULT_MODEL)
        titles = [title_of(item.candidate.chunk) for item in found]
        # Replaced, not cleared: another thread may be about to read what it has put in.
        if len(self._titles) > _MOST_TITLES:
            self._titles = {}
        known = self._titles
        new = [title for title in {*titles} if title not in known]
        if new:
            known.update(zip(new, model.embed_documents(new), strict=True))
        similar = np.stack([known[title] for title in titles]) @ model.embed_query(text)
        return [
            Found(item.dataset, item.candidate, near)
            for item, near in zip(found, similar.tolist(), strict=True)
        ]

    def _statistics(self, text: str, datasets: Sequence[Dataset]) -> QuestionStatistics | None:
        """Over all datasets, so that a score of one means the same as that of another."""
        terms = query_terms(text).split()
        each = [self._reader(dataset).statistics(terms) for dataset in datasets]
        return sum(each[1:], each[0]) if each else None

    def _embedder(self, name: str) -> Embedder:
        with self._embedders_lock:  # a model is loaded once: it may take seconds and much memory
            if name not in self._embedders:
                self._embedders[name] = self._embedder_for(name)
            return self._embedders[name]

    def _reader(self, dataset: Dataset) -> TableReader:
        name, version = dataset.table_name, dataset.table_version
        with self._readers_lock:
            there = self._readers.pop(name, None)
            # Those of the datasets beyond it are read for each question.
            if there is None or there.version != version:
                kept = sum(each.kept for each in self._readers.values()) + dataset.chunks
                keep = kept <= KEPT_UP_TO
                reader = self._store.read(name, version, keep=keep, dataset=dataset.name)
                there = _Open(version, reader, dataset.chunks if keep else 0)
            self._readers[name] = there
            return there.reader


def row_filter(question: Question) -> RowFilter:
    """The question's filters as the store takes them. Raises UsageError for a bad glob."""
    if not question.paths:
        return RowFilter(question.languages)
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if len(question.paths) > _MOST_GLOBS:
        raise UsageError(
            f"path is given {len(question.paths):,} times; at most {_MOST_GLOBS:,} are possible.",
            parameter="path",
        )
    wanted: list[str] = []
    unwanted: list[str] = []
    for glob in question.paths:
        if len(glob) > _LONGEST_GLOB:
            raise UsageError(
                f"path {glob[:40]!r}... has {len(glob):,} characters; at most {_LONGEST_GLOB:,} "
                "are possible.",
                parameter="path",
            )
        try:
            pattern, includes = GitIgnoreSpecPattern.pattern_to_regex(glob)
        except GitIgnorePatternError as error:
            raise UsageError(f"path {glob!r} is no valid glob.", parameter="path") from error
        if pattern is None:
            raise UsageError(f"path {glob!r} names no path.", parameter="path")
        (wanted if includes else unwanted).append(pattern)
    return RowFilter(question.languages, tuple(wanted), tuple(unwanted))


def chunks_of(store: TableStore, dataset: Dataset, path: str) -> list[Chunk]:
    """All chunks of a file in order. Raises VersionGoneError when table or chunks are gone."""
    reader = store.read(dataset.table_name, dataset.table_version, dataset=dataset.name)
    chunks = reader.files([path]).get(path)
    if not chunks:
        raise VersionGoneError(f"{path} is gone from {dataset.name}.")
    return chunks


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


def _hit(rank: int, item: Ranked, chunk: Chunk, why: Explanation) -> Hit:
    dataset = item.found.dataset
    return Hit(
        rank=rank,
        score=round(item.score, 6),
        project=dataset.project,
        dataset=dataset.name,
        repository=dataset.repository,
        revision=dataset.revision,
        chunk=chunk,
        url=link_to_lines(
            dataset.source, dataset.revision, chunk.path, chunk.start_line, chunk.end_line
        ),
        explanation=why,
    )
