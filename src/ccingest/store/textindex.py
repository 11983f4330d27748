"""BM25 over the chunks of one version, or of a shard, and over their files, from the postings.

This is BM25 with weighted fields, called BM25F (Robertson, Zaragoza and Taylor: Simple BM25
extension to multiple weighted fields, CIKM 2004). A field of weight 4 counts as if it were written
four times, in the number of times a term occurs and in the length of the document. The document of
a file is all of its chunks; its path counts once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import FIELDS, Postings, term_hash
from ccingest.store.products import product
from ccingest.values import dataclass

# The weights of the fields and BM25's two parameters are explained in benchmarks/README.md.
CHUNK_WEIGHTS: Mapping[str, float] = {
    "text": 1.0, "symbol": 2.0, "defines": 4.0, "name": 8.0, "folder": 2.0,
}  # fmt: skip
FILE_WEIGHTS: Mapping[str, float] = {**CHUNK_WEIGHTS, "symbol": 1.0, "defines": 2.0}
K1 = 1.5  # the lower, the less a term counts that occurs again
B = 0.75  # how much the length of a document counts: 0 not at all, 1 fully

_OF_CHUNK = np.array([CHUNK_WEIGHTS[field] for field in FIELDS], dtype=np.float32)
_OF_FILE = np.array([FILE_WEIGHTS[field] for field in FIELDS], dtype=np.float32)
_IS_PATH = np.array([field in ("name", "folder") for field in FIELDS])

# Of terms that questions had is kept what does not depend on the question, for so many postings.
_MOST_KEPT = 500_000

_Rows = NDArray[np.int32]
_Scores = NDArray[np.float32]
_Holders = NDArray[np.integer[Any]]
_Kept = NDArray[np.bool_] | slice


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


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How often some rows hold the words of a question, in any form."""

    counts: NDArray[np.uint16]  # (rows, words, fields)
    file_chunks: NDArray[np.float32]  # (rows,) how many chunks the file of the row has
    holding: NDArray[np.int64]  # (words,) how many chunks of the version do
    documents: int  # chunks in the version


@dataclass(frozen=True, slots=True)
class Documents:
    """What BM25 needs to know of each chunk and file. Chunks are rows, files are numbered from 0."""

    lengths: _Scores  # (rows,) of the chunk, in terms, weighted
    file_of: NDArray[np.integer[Any]]  # (rows,)
    chunks_of: _Scores  # (files,) how many chunks it has
    file_lengths: _Scores  # (files,) in terms, weighted


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """Where a term is, whatever else is asked. Rows and files are those that hold it."""

    rows: _Holders  # (rows,)
    times: _Scores  # (rows,) how often, weighted
    lengths: _Scores  # (rows,) of the chunks, as in Documents
    files: NDArray[np.int64]  # (files,)
    times_in_file: _Scores  # (files,) how often, weighted


@dataclass(frozen=True, slots=True)
class Counted:
    """The documents that a question searches of an index, where it does not search all."""

    rows: NDArray[np.bool_]  # (rows,) which they are
    chunks: int
    length: float  # of the chunks together
    files: int
    file_length: float  # of the files together


def documents_of(parts: Sequence[Postings], rows: Sequence[_Rows], size: int) -> Documents:
    """Of the chunks of a version. `rows` and `size` as for TextIndex."""
    lengths = np.zeros((size, len(FIELDS)), dtype=np.float32)
    paths = np.zeros(size, dtype=np.uint64)
    for part, row in zip(parts, rows, strict=True):
        here = row >= 0
        lengths[row[here]] = part.lengths[here]
        paths[row[here]] = part.files[here]
    _, file_of = np.unique(paths, return_inverse=True)
    chunks_of = np.bincount(file_of).astype(np.float32)
    weighted = _in_file(lengths, chunks_of[file_of])
    return Documents(
        product(lengths, _OF_CHUNK),
        file_of,
        chunks_of,
        np.bincount(file_of, weighted).astype(np.float32),
    )


class TextIndex:
    """The postings of some chunks, by row.

    `rows[i]` has the row of each chunk of `parts[i]`; -1 for a chunk that was deleted, and None where
    the row is the number of the chunk.
    """

    def __init__(
        self, parts: Sequence[Postings], rows: Sequence[_Rows | None], documents: Documents
    ) -> None:
        self._parts = list(zip(parts, rows, strict=True))
        self._have_gone = [row_of is not None and bool((row_of < 0).any()) for row_of in rows]
        self._documents = documents
        self._kept: dict[int, _Occurrences] = {}
        self._kept_postings = 0
        self._all = Counted(
            np.zeros(0, dtype=np.bool_),
            len(documents.lengths),
            float(documents.lengths.sum(dtype=np.float64)),
            len(documents.file_lengths),
            float(documents.file_lengths.sum(dtype=np.float64)),
        )

    def statistics(
        self, terms: Iterable[str], counted: Counted | None = None
    ) -> QuestionStatistics:
        """In how many chunks and files each term is, and how long these are: of those `counted`."""
        chunks, files = {}, {}
        for term in terms:
            found = self._occurrences(term_hash(term))
            if counted is None:
                chunks[term], files[term] = len(found.rows), len(found.files)
                continue
            rows = found.rows[counted.rows[found.rows]]
            holds = np.zeros(len(self._documents.chunks_of), dtype=np.bool_)
            holds[self._documents.file_of[rows]] = True
            chunks[term], files[term] = len(rows), int(np.count_nonzero(holds))
        whole = counted or self._all
        return QuestionStatistics(
            Statistics(whole.chunks, whole.length, chunks),
            Statistics(whole.files, whole.file_length, files),
        )

    def scores(self, statistics: QuestionStatistics) -> tuple[_Scores, _Scores]:
        """BM25 of each row and of its file, shape (rows,) each. 0 without any of the terms."""
        of_chunks, of_files = statistics.chunks, statistics.files
        known = self._documents
        chunks = np.zeros(len(known.lengths), dtype=np.float32)
        files = np.zeros(len(known.chunks_of), dtype=np.float32)
        file_norms = _norms(known.file_lengths, of_files.average)
        for term in of_chunks.holding:
            found = self._occurrences(term_hash(term))
            norms = _norms(found.lengths, of_chunks.average)
            gain = of_chunks.rarity(term) * (K1 + 1) * found.times
            chunks[found.rows] += gain / (found.times + norms)
            gain = of_files.rarity(term) * (K1 + 1) * found.times_in_file
            files[found.files] += gain / (found.times_in_file + file_norms[found.files])
        return chunks, files[known.file_of]

    def words_in(
        self,
        words: Sequence[Sequence[str]],
        rows: NDArray[np.int64],
        counted: Counted | None = None,
    ) -> WordCounts:
        """How often each of these rows holds each word, in any of the forms given for it."""
        shape = len(rows), len(words), len(FIELDS)
        counts = np.zeros(shape, dtype=np.uint16)
        holding = np.zeros(len(words), dtype=np.int64)
        place = np.full(self._all.chunks, -1, dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        keys = np.array([term_hash(form) for forms in words for form in forms], dtype=np.uint64)
        word_of = np.repeat(np.arange(len(words)), [len(forms) for forms in words])
        for part, row_of in self._parts:
            postings, form = _all_of(*part.spans(keys))
            if not len(postings):
                continue
            holders, kept = _live(part.chunks[postings], row_of)
            postings, word = postings[kept], word_of[form[kept]]
            counted_words = word if counted is None else word[counted.rows[holders]]
            holding += np.bincount(counted_words, minlength=len(words))
            at = place[holders]
            here = np.flatnonzero(at >= 0)
            cells = at[here] * len(words) + word[here]
            for field, times in enumerate(part.counts[postings[here]].T):
                found = np.bincount(cells, times, len(rows) * len(words))
                counts[:, :, field] += found.reshape(shape[:2]).astype(np.uint16)
        file_chunks = self._documents.chunks_of[self._documents.file_of[rows]]
        documents = (counted or self._all).chunks
        return WordCounts(counts, file_chunks, holding, documents)

    def holding(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """How many chunks hold the term or name with each of these hashes, (keys,)."""
        found = np.zeros(len(keys), dtype=np.int64)
        for (part, row_of), has_gone in zip(self._parts, self._have_gone, strict=True):
            firsts, ends = part.spans(keys)
            sizes = ends - firsts
            if has_gone and row_of is not None:
                for number in np.flatnonzero(sizes).tolist():
                    holders = part.chunks[firsts[number] : ends[number]]
                    sizes[number] = np.count_nonzero(row_of[holders] >= 0)
            found += sizes
        return found

    def rows_with(self, key: int) -> NDArray[np.int64]:
        """The rows that hold the term, name or file with this hash, shape (n,)."""
        found = [rows for rows, _ in self._postings(key)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *found])

    def _occurrences(self, key: int) -> _Occurrences:
        """Of the term with this hash. Questions have many words in common, so it is kept."""
        found = self._kept.get(key)
        if found is None:
            found = self._count(key)
            if self._kept_postings > _MOST_KEPT:
                self._kept, self._kept_postings = {}, 0
            self._kept[key] = found
            self._kept_postings += len(found.rows)
        return found

    def _count(self, key: int) -> _Occurrences:
        known = self._documents
        in_file = np.zeros(len(known.chunks_of), dtype=np.float32)
        each, times = [np.zeros(0, dtype=np.uint32)], [np.zeros(0, dtype=np.float32)]
        for rows, counts in self._postings(key):
            file_of = known.file_of[rows]
            weighted = _in_file(counts, known.chunks_of[file_of])
            in_file += np.bincount(file_of, weighted, len(in_file)).astype(np.float32)
            each.append(rows.astype(np.uint32))
            times.append(product(counts, _OF_CHUNK))
        holders, files = np.concatenate(each), np.flatnonzero(in_file)
        return _Occurrences(
            holders, np.concatenate(times), known.lengths[holders], files, in_file[files]
        )

    def _postings(self, key: int) -> Iterator[tuple[_Holders, NDArray[np.uint8]]]:
        """The rows that hold a term and its counts there, part by part: (n,) and (n, fields)."""
        for part, row_of in self._parts:
            chunks, counts = part.of(key)
            if len(chunks):
                rows, kept = _live(chunks, row_of)
                yield rows, counts[kept]


def _live(chunks: NDArray[np.uint32], row_of: _Rows | None) -> tuple[_Holders, _Kept]:
    """The rows of those of these chunks of a part that were not deleted, and which these are."""
    if row_of is None:
        return chunks, slice(None)
    rows = row_of[chunks]
    is_live = rows >= 0
    return (rows, slice(None)) if is_live.all() else (rows[is_live], is_live)


def _all_of(
    firsts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers from each first to before each end, one after the other, and of which they are."""
    sizes = ends - firsts
    before = np.cumsum(sizes) - sizes
    return (
        np.arange(sizes.sum()) + np.repeat(firsts - before, sizes),
        np.repeat(np.arange(len(sizes)), sizes),
    )


def _in_file(counts: NDArray[np.generic], chunks_of_file: _Scores) -> _Scores:
    """What each chunk adds to its file: `counts` (n, fields), weighted and summed up, (n,).

    The path is in every chunk of a file, but the file has it once: each chunk adds its share.
    """
    shared = product(counts[:, _IS_PATH], _OF_FILE[_IS_PATH]) / chunks_of_file
    return product(counts[:, ~_IS_PATH], _OF_FILE[~_IS_PATH]) + shared


def _norms(lengths: _Scores, average: float) -> _Scores:
    """BM25's penalty for the length of each document, shape as given."""
    norms: _Scores = K1 * (1 - B + B / average * lengths)
    return norms
