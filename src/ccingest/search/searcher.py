"""A question to candidates, and candidates to hits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from ccingest.embedding import DEFAULT_MODEL, Embedder, load_vocabulary
from ccingest.errors import LineNotFoundError, UsageError, VersionGoneError
from ccingest.models import (
    Candidate,
    Chunk,
    Contribution,
    Dataset,
    Explanation,
    Hit,
    Mode,
    Question,
)
from ccingest.ranking import (
    REPEATED,
    Candidates,
    Found,
    ParsedQuery,
    Ranked,
    by_bm25,
    by_similarity,
    explain,
    fold_copies,
    hybrid,
)
from ccingest.ranking.ranker import load_ranker
from ccingest.search.answer import Answer, note_of
from ccingest.search.embedders import Asked, Embedders
from ccingest.search.filters import row_filter
from ccingest.search.open_tables import OpenTables
from ccingest.search.parts import Part
from ccingest.search.spans import beginning, hit_of, shared_out, span_hit, spans_of, wanted_words
from ccingest.search.titles import TitleVectors
from ccingest.store import (
    Lookup,
    QuestionStatistics,
    RowFilter,
    Scored,
    TableStore,
    WordCounts,
    best_of_all,
)
from ccingest.terms import query_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray


# How many candidates each method gives per dataset: enough that a chunk which one method ranks
# tenth and the other fiftieth can still win.
_CANDIDATES = 140
# A pasted file takes the longer the longer it is, and its beginning says what it is about.
MOST_LETTERS = 10_000
# One of those that are like a chunk is the chunk itself.
_OVERFETCH = 1
_ALONE = {"vector": "cosine similarity", "text": "BM25"}
# How often a reader looks again when a version was replaced between the catalogue and the table.
_LOOKS = 3


class Searcher:
    """Answers questions about the datasets that `published` returns; holds models and tables open.

    `published` is asked again for every question, so a long-lived searcher follows new versions.
    Any number of threads may search at the same time.
    """

    def __init__(
        self,
        store: TableStore,
        published: Callable[[], Sequence[Dataset]],
        embedder_for: Callable[[str], Embedder],
    ) -> None:
        self._published = published
        self._embedders = Embedders(embedder_for)
        self._tables = OpenTables(store)
        self._titles = TitleVectors()

    def over(self, published: Callable[[], Sequence[Dataset]]) -> Searcher:
        """A searcher of other datasets, which shares with this one what is loaded and open."""
        other = copy(self)
        other._published = published
        return other

    def warm_up(self, model: str) -> None:
        """Load a model and the ranker, which else the first question does."""
        self._embedders.of(model).embed_query("warm up")
        load_ranker()

    def search(self, question: Question) -> list[Hit]:
        """At most `question.k` hits, best first. Raises as `answer` does."""
        return list(self.answer(question).hits)

    def answer(self, question: Question) -> Answer:
        """At most `question.k` hits, best first.

        Where the model of a dataset fails, it is searched by words. Raises UsageError for an empty
        question or a bad glob, VersionGoneError when a table is missing, and in the mode `vector`
        what the datasets' embedders raise.
        """
        if not question.text.strip():
            raise UsageError("The question is empty; say what to look for.")
        if len(question.text) > MOST_LETTERS:
            answer = self.answer(replace(question, text=question.text.strip()[:MOST_LETTERS]))
            note = f"Only the first {MOST_LETTERS:,} letters of the question were searched for."
            return replace(answer, note=" ".join(filter(None, (note, answer.note))))
        where = row_filter(question)
        for _ in range(_LOOKS - 1):
            try:
                return self._answer(question, self._published(), where)
            except VersionGoneError:
                # Replaced while we were reading: the next look finds the new version.
                self._tables.clear()
        return self._answer(question, self._published(), where)

    def _answer(self, question: Question, datasets: Sequence[Dataset], where: RowFilter) -> Answer:
        asked = ParsedQuery.of(question.text)
        parts = self._tables.parts(datasets)
        models = self._ask_models(question, parts)
        if models.failures and not models.vectors:
            question = replace(question, mode="text")
        candidates = self._candidates(asked, question, parts, where, models.vectors)
        ranked = _ranked(asked, candidates, question.mode)
        ranked, copies = fold_copies(ranked)
        spans = spans_of(ranked, question.k, self.files)
        reasons: Sequence[Explanation | None] = [None] * len(spans)
        if question.explain:
            reasons = _explanations([span.item for span in spans], asked, question.mode)
        wanted = wanted_words(asked, candidates.rarity)
        shares = shared_out(question.snippet_lines, [span.lines for span in spans])
        hits = [
            span_hit(
                rank,
                span,
                question,
                wanted,
                asked,
                most,
                copies.get(span.item.found.candidate.chunk.path, ()),
                why,
            )
            for rank, (span, why, most) in enumerate(
                zip(spans, reasons, shares, strict=True), start=1
            )
        ]
        return Answer(tuple(hits), question.mode, note_of(models, datasets))

    def _ask_models(self, question: Question, parts: Sequence[Part]) -> Asked:
        """The question's vectors. In the mode `vector`, raises the error of a model that fails."""
        if question.mode == "text":
            return Asked()
        models = self._embedders.ask({part.dataset.embedder for part in parts}, question.text)
        for part in parts:
            models.require(part.dataset, part.reader.dimensions)
        if question.mode == "vector":
            for error in models.failures.values():
                raise error
        return models

    def similar(self, dataset: Dataset, path: str, line: int, question: Question) -> list[Hit]:
        """Chunks of any dataset of the same embedder that are like the one at this line, by vector.

        `question` has the filters; its text and mode don't count. Raises LineNotFoundError.
        """
        found = self._tables.reader(dataset).at(path, line)
        if found is None:
            raise LineNotFoundError(f"{path} has no line {line} in {dataset.name}.")
        ordinal, vector = found
        where, limit = row_filter(question), question.k + _OVERFETCH
        parts = [
            part
            for part in self._tables.parts(self._published())
            if part.dataset.embedder == dataset.embedder and part.reader.dimensions == len(vector)
        ]
        near = _found(parts, [part.reader.search(Lookup(vector), limit, where) for part in parts])
        itself = dataset.dataset_id, path, ordinal
        ranked = by_similarity([item for item in near if item.key != itself])[: question.k]
        why = [Contribution("vector", _ALONE["vector"], item.score, item.score) for item in ranked]
        return [
            hit_of(
                rank,
                item,
                item.found.candidate.chunk,
                beginning(item.found.candidate.chunk),
                why=Explanation("similar", 1, (reason,)),
            )
            for rank, (item, reason) in enumerate(zip(ranked, why, strict=True), start=1)
        ]

    def files(self, items: Sequence[Found]) -> dict[tuple[int, str], list[Chunk]]:
        """All chunks of the files that these are in."""
        # By table: base and overlay are one dataset.
        by_table: dict[str, tuple[Dataset, list[str]]] = {}
        for item in items:
            dataset, chunk = item.dataset, item.candidate.chunk
            by_table.setdefault(dataset.table_name, (dataset, []))[1].append(chunk.path)
        return {
            (dataset.dataset_id, path): chunks
            for dataset, paths in by_table.values()
            for path, chunks in self._tables.files(dataset, list(dict.fromkeys(paths))).items()
        }

    def candidates(self, question: Question) -> Candidates:
        """What the searches find for a question, before it is ranked. Raises as `search` does."""
        asked = ParsedQuery.of(question.text)
        parts = self._tables.parts(self._published())
        models = self._ask_models(question, parts)
        return self._candidates(asked, question, parts, row_filter(question), models.vectors)

    def _candidates(
        self,
        asked: ParsedQuery,
        question: Question,
        parts: Sequence[Part],
        where: RowFilter,
        vectors: Mapping[str, NDArray[np.float32]],
    ) -> Candidates:
        limit = max(_CANDIDATES, question.k)
        mode = question.mode
        terms = _statistics(question.text, parts) if mode != "vector" else None
        named = (tuple(asked.names), asked.paths) if mode == "hybrid" else ((), ())
        scored = [
            part.reader.search(
                Lookup(vectors.get(part.dataset.embedder), terms, *named), limit, where
            )
            for part in parts
        ]
        if len(parts) > 1 or any(part.is_many for part in parts):
            embedders = [part.dataset.embedder for part in parts]
            each = list(zip(parts, scored, strict=True))
            scored = best_of_all(
                scored,
                embedders,
                limit,
                lambda: [part.order(rows.rows) for part, rows in each],
            )
        if mode != "hybrid":
            return Candidates(_found(parts, scored))
        words = [
            part.reader.words_in(asked.word_forms, rows)
            for part, rows in zip(parts, scored, strict=True)
        ]
        title_vector = self._embedders.vector(DEFAULT_MODEL, question.text)
        found: list[Found] = []
        places: list[NDArray[np.int64]] = []
        counts: list[NDArray[np.uint16]] = []
        for part, rows, held in zip(parts, scored, words, strict=True):
            if not len(rows.rows):
                continue
            read = part.reader.read(rows)
            found += map(
                Found,
                part.datasets_of(rows.rows),
                read,
                self._title_similarities(title_vector, read),
                held.file_chunks.astype(np.int64).tolist(),
                *part.uses_of(read, rows).T.tolist(),
            )
            places.append(part.places(rows.rows))
            counts.append(held.counts)
        if not found:
            return Candidates([])
        order = _in_order(found, np.concatenate(places))
        ordered = [found[place] for place in order]
        of_words = np.concatenate(counts)[order]
        return Candidates(ordered, _rarity(words), of_words, load_vocabulary())

    def _title_similarities(
        self, asked: NDArray[np.float32], candidates: Sequence[Candidate]
    ) -> list[float]:
        """Cosines of question and title, by the default model: it is always there, is quick, and
        makes chunks of different embedders comparable."""
        import numpy as np

        if not candidates:
            return []
        chunks = [candidate.chunk for candidate in candidates]
        vectors = self._titles.of(chunks, self._embedders.of(DEFAULT_MODEL))
        # Not BLAS: it would tell equal titles apart by where they stand.
        similarities: list[float] = np.einsum("ij,j->i", vectors, asked).tolist()
        return similarities


def _found(parts: Sequence[Part], each: Sequence[Scored]) -> list[Found]:
    """The chunks of these rows, dataset by dataset."""
    found = [
        (order, Found(dataset, candidate))
        for part, scored in zip(parts, each, strict=True)
        if len(scored.rows)
        for order, dataset, candidate in zip(
            part.order(scored.rows).tolist(),
            part.datasets_of(scored.rows),
            part.reader.read(scored),
            strict=True,
        )
    ]
    return [one for _, one in sorted(found, key=itemgetter(0))]


def _in_order(found: Sequence[Found], places: NDArray[np.int64]) -> list[int]:
    """The candidates dataset by dataset, each by path and place in the file.

    The ranker takes the first of equal ones for the better one. The order of the rows would not do:
    it shows which files an ingest found there already, so the same files would have other scores.
    """
    datasets: dict[int, int] = {}
    for place in np.argsort(places, kind="stable").tolist():
        datasets.setdefault(found[place].dataset.dataset_id, len(datasets))
    keys = [
        (datasets[one.dataset.dataset_id], one.candidate.chunk.path, one.ordinal) for one in found
    ]
    return sorted(range(len(found)), key=keys.__getitem__)


def _statistics(text: str, parts: Sequence[Part]) -> QuestionStatistics | None:
    """Over all datasets, so that a score of one means the same as that of another."""
    terms = query_terms(text).split()
    each = [part.reader.statistics(terms) for part in parts]
    return sum(each[1:], each[0]) if each else None


def _ranked(asked: ParsedQuery, candidates: Candidates, mode: Mode) -> list[Ranked]:
    if mode == "hybrid":
        return hybrid(asked, candidates, REPEATED)
    return by_similarity(candidates.found) if mode == "vector" else by_bm25(candidates.found)


def _rarity(words: Sequence[WordCounts]) -> NDArray[np.float32] | None:
    """The inverse document frequency of each word over all versions, (words,), as BM25 has it."""
    if not words:
        return None
    documents = sum(held.documents for held in words)
    holding = np.minimum(sum(held.holding for held in words), documents)
    rarity: NDArray[np.float32] = np.log1p(
        (documents - holding + 0.5) / (holding + 0.5), dtype=np.float32
    )
    return rarity


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
