"""A question to hits, over one or many datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from ccingest.embedding import DEFAULT_MODEL, Embedder
from ccingest.errors import LineNotFoundError, UsageError, VersionGoneError
from ccingest.models import (
    SNIPPET_LINES,
    Candidate,
    Chunk,
    Content,
    Contribution,
    Dataset,
    Explanation,
    Hit,
    Mode,
    Question,
    Snippet,
)
from ccingest.ranking import (
    Candidates,
    Found,
    ParsedQuery,
    Ranked,
    by_bm25,
    by_similarity,
    confidence,
    declaration_of,
    explain,
    fair_share,
    fold_copies,
    hybrid,
    patterns_of,
    title_of,
)
from ccingest.snippets import (
    best_lines,
    joined,
    shown_lines,
    symbol_at,
    whole_definition,
    with_context,
)
from ccingest.sources.links import link_to_lines
from ccingest.store import (
    KEPT_UP_TO,
    Lookup,
    QuestionStatistics,
    RowFilter,
    TableReader,
    TableStore,
    WordCounts,
    best_of_all,
)
from ccingest.terms import query_terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# How many candidates each method gives per dataset: enough that a chunk which one method ranks
# tenth and the other fiftieth can still win.
_CANDIDATES = 140
# One of those that are like a chunk is the chunk itself.
_OVERFETCH = 1
# Further places of a hit's file are named when they are among the first so many chunks.
_ALSO_AMONG = 30
_MOST_ALSO = 3
_ALONE = {"vector": "cosine similarity", "text": "BM25"}
# How often a reader looks again when a version was replaced between the catalogue and the table.
_LOOKS = 3
# Globs of a question. More than the files of a large pull request, and longer than a path can be.
_MOST_GLOBS = 5000
_LONGEST_GLOB = 4096


@dataclass(frozen=True, slots=True)
class _Open:
    version: int
    reader: TableReader
    kept: int  # chunks in memory


@dataclass(slots=True)
class _Span:
    """Chunks of a file that are shown as one hit; it grows while hits are merged into it."""

    item: Ranked
    chunks: Sequence[Chunk]  # of the file
    first: int
    last: int
    best: int  # the chunk that was found
    also: list[int]  # first lines of what else in the file may answer

    def touches(self, file: tuple[int, str], first: int, last: int) -> bool:
        return self.item.found.file == file and first <= self.last + 1 and last >= self.first - 1


class TitleVectors:
    """The vectors of titles, each made once: 1 KB a title. For any number of threads."""

    _MOST = 20_000

    def __init__(self) -> None:
        self._lock = Lock()
        self._row_of: dict[str, int] = {}
        self._rows: NDArray[np.float32] | None = None

    def of(self, titles: Sequence[str], model: Embedder) -> NDArray[np.float32]:
        """Shape (titles, dimensions)."""
        import numpy as np

        with self._lock:
            if len(self._row_of) > self._MOST:
                self._row_of, self._rows = {}, None
            new = [title for title in dict.fromkeys(titles) if title not in self._row_of]
            if new:
                vectors = model.embed_documents(new)
                first = len(self._row_of)
                self._row_of |= zip(new, range(first, first + len(new)), strict=True)
                known = [] if self._rows is None else [self._rows]
                self._rows = np.concatenate([*known, vectors])
            assert self._rows is not None
            found: NDArray[np.float32] = self._rows[[self._row_of[title] for title in titles]]
            return found


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
        self._titles = TitleVectors()

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
        asked = ParsedQuery.of(question.text)
        candidates = self._candidates(asked, question, datasets, where)
        ranked = _ranked(asked, candidates, question.mode)
        ranked, copies = fold_copies(ranked)
        spans = self._spans(ranked, question.k)
        reasons: Sequence[Explanation | None] = [None] * len(spans)
        if question.explain:
            reasons = _explanations([span.item for span in spans], asked, question.mode)
        wanted = _wanted(asked, candidates.rarity)
        return [
            replace(
                _span_hit(rank, span, question, wanted, asked),
                copies=copies.get(span.item.found.candidate.chunk.path, ()),
                explanation=why,
            )
            for rank, (span, why) in enumerate(zip(spans, reasons, strict=True), start=1)
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
            replace(
                _hit(
                    rank, item, item.found.candidate.chunk, _beginning(item.found.candidate.chunk)
                ),
                explanation=Explanation("similar", 1, (reason,)),
            )
            for rank, (item, reason) in enumerate(zip(ranked, why, strict=True), start=1)
        ]

    def _spans(self, ranked: Sequence[Ranked], k: int) -> list[_Span]:
        """The first `k` hits, as whole definitions; those of a file that touch become one."""
        files = self.files([item.found for item in ranked[:k]])
        spans: list[_Span] = []
        for place, item in enumerate(ranked):
            if len(spans) >= k and place >= _ALSO_AMONG:
                break
            if item.found.file not in files:
                if len(spans) >= k:
                    continue
                files |= self.files([item.found])
            chunks = files[item.found.file]
            index = chunks.index(item.found.candidate.chunk)
            first, last = whole_definition(chunks, index)
            of_file = [span for span in spans if span.item.found.file == item.found.file]
            near = next((s for s in of_file if s.touches(item.found.file, first, last)), None)
            if near and len(spans) < k:
                near.first, near.last = min(near.first, first), max(near.last, last)
            elif len(spans) < k:
                spans.append(_Span(item, chunks, first, last, index, []))
            elif of_file and not near:
                of_file[0].also.append(chunks[index].start_line)
        return spans

    def files(self, items: Sequence[Found]) -> dict[tuple[int, str], list[Chunk]]:
        """All chunks of the files that these are in."""
        by_dataset: dict[int, tuple[Dataset, list[str]]] = {}
        for item in items:
            dataset, chunk = item.dataset, item.candidate.chunk
            by_dataset.setdefault(dataset.dataset_id, (dataset, []))[1].append(chunk.path)
        return {
            (dataset.dataset_id, path): chunks
            for dataset, paths in by_dataset.values()
            for path, chunks in self._reader(dataset).files(list(dict.fromkeys(paths))).items()
        }

    def candidates(self, question: Question) -> Candidates:
        """What the searches find for a question, before it is ranked. Raises as `search` does."""
        asked = ParsedQuery.of(question.text)
        return self._candidates(asked, question, self._published(), row_filter(question))

    def _candidates(
        self,
        asked: ParsedQuery,
        question: Question,
        datasets: Sequence[Dataset],
        where: RowFilter,
    ) -> Candidates:
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
        if mode != "hybrid":
            return Candidates(
                [
                    Found(dataset, candidate)
                    for dataset, reader, rows in zip(datasets, readers, scored, strict=True)
                    for candidate in reader.read(rows)
                ]
            )
        words = [
            reader.words_in(asked.word_forms, rows)
            for reader, rows in zip(readers, scored, strict=True)
        ]
        read = [
            (dataset, candidate, counts, chunks)
            for dataset, reader, rows, held in zip(datasets, readers, scored, words, strict=True)
            for candidate, counts, chunks in zip(
                reader.read(rows), held.counts, held.file_chunks.tolist(), strict=True
            )
        ]
        titles = self._title_similarities(question.text, [candidate for _, candidate, _, _ in read])
        found = [
            Found(dataset, candidate, title, counts, int(chunks))
            for (dataset, candidate, counts, chunks), title in zip(read, titles, strict=True)
        ]
        return Candidates(found, _rarity(words))

    def _title_similarities(self, text: str, candidates: Sequence[Candidate]) -> list[float]:
        """Cosines of question and title, by the default model: it is always there, is quick, and
        makes chunks of different embedders comparable."""
        if not candidates:
            return []
        titles = [title_of(candidate.chunk) for candidate in candidates]
        near = self._titles.of(titles, self._embedder(DEFAULT_MODEL)) @ self._embedder(
            DEFAULT_MODEL
        ).embed_query(text)
        similarities: list[float] = near.tolist()
        return similarities

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


def _ranked(asked: ParsedQuery, candidates: Candidates, mode: Mode) -> list[Ranked]:
    if mode == "hybrid":
        return fair_share(hybrid(asked, candidates.found, candidates.rarity))
    return by_similarity(candidates.found) if mode == "vector" else by_bm25(candidates.found)


def _rarity(words: Sequence[WordCounts]) -> NDArray[np.float32] | None:
    """The inverse document frequency of each word over all versions, (words,), as BM25 has it."""
    import numpy as np

    if not words:
        return None
    documents = sum(held.documents for held in words)
    holding = np.minimum(sum(held.holding for held in words), documents)
    rarity: NDArray[np.float32] = np.log1p(
        (documents - holding + 0.5) / (holding + 0.5), dtype=np.float32
    )
    return rarity


def row_filter(question: Question) -> RowFilter:
    """The question's filters as the store takes them. Raises UsageError for a bad glob."""
    content = content_filter(question.content)
    if not question.paths:
        return replace(content, languages=question.languages)
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
    return RowFilter(
        question.languages,
        tuple(wanted),
        (*unwanted, *content.unwanted_paths),
        content.required_paths,
    )


def content_filter(content: Content | None) -> RowFilter:
    """Files of that content alone; all of them for none."""
    if content is None:
        return RowFilter()
    required, unwanted = patterns_of(content)
    return RowFilter(required_paths=required, unwanted_paths=unwanted)


def chunks_of(store: TableStore, dataset: Dataset, path: str) -> list[Chunk]:
    """All chunks of a file in order. Raises VersionGoneError when table or chunks are gone."""
    reader = store.read(dataset.table_name, dataset.table_version, dataset=dataset.name)
    chunks = reader.files([path]).get(path)
    if not chunks:
        raise VersionGoneError(f"{path} is gone from {dataset.name}.")
    return chunks


def _explanations(shown: Sequence[Ranked], asked: ParsedQuery, mode: Mode) -> list[Explanation]:
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


def _wanted(asked: ParsedQuery, rarity: NDArray[np.float32] | None) -> dict[str, tuple[int, float]]:
    """Form -> the number and the weight of the word of the question that it is a form of."""
    weights = [1.0] * len(asked.word_forms) if rarity is None else rarity.tolist()
    return {
        form: (number, weight)
        for number, (forms, weight) in enumerate(zip(asked.word_forms, weights, strict=True))
        for form in forms
    }


def _span_hit(
    rank: int,
    span: _Span,
    question: Question,
    wanted: Mapping[str, tuple[int, float]],
    asked: ParsedQuery,
) -> Hit:
    chunk = joined(span.chunks, span.first, span.last, span.best)
    best = span.chunks[span.best]
    declared = declaration_of(asked.name) if asked.name else None
    lines = best.start_line, best.end_line
    snippet = best_lines(chunk, wanted, question.snippet_lines, lines, declared)
    members = span.chunks[span.first : span.last + 1]
    chunk = replace(chunk, symbol=symbol_at(members, snippet.start_line, chunk.symbol))
    if question.context:
        chunk = with_context(chunk, span.chunks, question.context)
        snippet = Snippet(
            max(chunk.start_line, snippet.start_line - question.context),
            min(chunk.end_line, snippet.end_line + question.context),
        )
    hit = _hit(rank, span.item, chunk, snippet)
    return replace(hit, also=tuple(span.also[:_MOST_ALSO]))


def _beginning(chunk: Chunk) -> Snippet:
    last = min(chunk.end_line, chunk.start_line + SNIPPET_LINES - 1)
    return Snippet(chunk.start_line, last)


def _hit(rank: int, item: Ranked, chunk: Chunk, snippet: Snippet) -> Hit:
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
        snippet=replace(snippet, lines=tuple(shown_lines(chunk, snippet))),
        confidence=confidence(item),
    )
