"""BM25 over the chunks of one version and over its files, from the postings of its writes.

This is BM25 with weighted fields, called BM25F (Robertson, Zaragoza and Taylor: Simple BM25
extension to multiple weighted fields, CIKM 2004). A field of weight 4 counts as if it were written
four times, in the number of times a term occurs and in the length of the document. The document of
a file is all of its chunks; its path counts once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import FIELDS, Postings, term_hash
from ccingest.store.products import product

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

_Rows = NDArray[np.int32]
_Scores = NDArray[np.float32]


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


class TextIndex:
    """The postings of a version's chunks, by row.

    `rows[i]` has the row of each chunk of `parts[i]`; -1 for a chunk that was deleted. `size` is
    the number of rows.
    """

    def __init__(self, parts: Sequence[Postings], rows: Sequence[_Rows], size: int) -> None:
        self._parts = list(zip(parts, rows, strict=True))
        self._lengths = np.zeros((size, len(FIELDS)), dtype=np.float32)
        paths = np.zeros(size, dtype=np.uint64)
        for part, row in self._parts:
            here = row >= 0
            self._lengths[row[here]] = part.lengths[here]
            paths[row[here]] = part.files[here]
        _, file_of = np.unique(paths, return_inverse=True)
        self._file_of: NDArray[np.int64] = file_of  # row -> file
        self._chunks_of = np.bincount(file_of).astype(np.float32)  # file -> how many

    def statistics(self, terms: Iterable[str]) -> QuestionStatistics:
        """In how many chunks and files of the version each term is, and how long these are."""
        chunks, files = {}, {}
        for term in terms:
            rows = self.rows_with(term_hash(term))
            chunks[term] = len(rows)
            holds = np.zeros(len(self._chunks_of), dtype=np.bool_)
            holds[self._file_of[rows]] = True
            files[term] = int(np.count_nonzero(holds))
        return QuestionStatistics(
            Statistics(len(self._lengths), float(self._chunk_lengths.sum()), chunks),
            Statistics(len(self._chunks_of), float(self._file_lengths.sum()), files),
        )

    def scores(self, statistics: QuestionStatistics) -> tuple[_Scores, _Scores]:
        """BM25 of each row and of its file, shape (rows,) each. 0 without any of the terms."""
        of_chunks, of_files = statistics.chunks, statistics.files
        chunks = np.zeros(len(self._lengths), dtype=np.float32)
        files = np.zeros(len(self._chunks_of), dtype=np.float32)
        norms = _norms(self._chunk_lengths, of_chunks.average)
        file_norms = _norms(self._file_lengths, of_files.average)
        for term in of_chunks.holding:
            times_in_file = np.zeros(len(files), dtype=np.float32)
            for rows, counts in self._postings(term_hash(term)):
                times = product(counts, _OF_CHUNK)
                chunks[rows] += of_chunks.rarity(term) * (K1 + 1) * times / (times + norms[rows])
                file_of = self._file_of[rows]
                weighted = self._in_file(counts, file_of)
                times_in_file += np.bincount(file_of, weighted, len(files)).astype(np.float32)
            gain = of_files.rarity(term) * (K1 + 1) * times_in_file
            files += gain / (times_in_file + file_norms)
        return chunks, files[self._file_of]

    def words_in(self, words: Sequence[Sequence[str]], rows: NDArray[np.int64]) -> WordCounts:
        """How often each of these rows holds each word, in any of the forms given for it."""
        counts = np.zeros((len(rows), len(words), len(FIELDS)), dtype=np.uint16)
        holding = np.zeros(len(words), dtype=np.int64)
        place = np.full(len(self._lengths), -1, dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        keys = np.array([term_hash(form) for forms in words for form in forms], dtype=np.uint64)
        word_of = np.repeat(np.arange(len(words)), [len(forms) for forms in words])
        for part, row_of in self._parts:
            for number, chunks, held in part.of_all(keys):
                word = word_of[number]
                is_live = row_of[chunks] >= 0  # -1 as a row is the last one: such a chunk is gone
                holding[word] += np.count_nonzero(is_live)
                at = place[row_of[chunks]]
                here = (at >= 0) & is_live
                counts[at[here], word] += held[here]
        file_chunks = self._chunks_of[self._file_of[rows]]
        return WordCounts(counts, file_chunks, holding, len(self._lengths))

    def holding(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """How many chunks hold the term or name with each of these hashes, (keys,)."""
        found = np.zeros(len(keys), dtype=np.int64)
        for (part, row_of), has_gone in zip(self._parts, self._have_gone, strict=True):
            if not len(part.terms):
                continue
            at = np.minimum(np.searchsorted(part.terms, keys), len(part.terms) - 1)
            sizes = part.offsets[at + 1] - part.offsets[at]
            sizes = np.where(part.terms[at] == keys, sizes, 0)
            if has_gone:
                for number in np.flatnonzero(sizes).tolist():
                    first, end = part.offsets[at[number]], part.offsets[at[number] + 1]
                    sizes[number] = np.count_nonzero(row_of[part.chunks[first:end]] >= 0)
            found += sizes
        return found

    def rows_with(self, key: int) -> NDArray[np.int64]:
        """The rows that hold the term, name or file with this hash, shape (n,)."""
        found = (rows for rows, _ in self._postings(key))
        return np.concatenate([np.zeros(0, dtype=np.int64), *found])

    @cached_property
    def _have_gone(self) -> list[bool]:
        """Whether each part has chunks that were deleted, or that are hidden."""
        return [bool((row_of < 0).any()) for _, row_of in self._parts]

    @cached_property
    def _chunk_lengths(self) -> _Scores:
        return product(self._lengths, _OF_CHUNK)

    @cached_property
    def _file_lengths(self) -> _Scores:
        weighted = self._in_file(self._lengths, self._file_of)
        return np.bincount(self._file_of, weighted).astype(np.float32)

    def _in_file(self, counts: NDArray[np.generic], file_of: NDArray[np.int64]) -> _Scores:
        """What each chunk adds to its file: `counts` (n, fields), weighted and summed up, (n,).

        The path is in every chunk of a file, but the file has it once: each chunk adds its share.
        """
        shared = product(counts[:, _IS_PATH], _OF_FILE[_IS_PATH]) / self._chunks_of[file_of]
        return product(counts[:, ~_IS_PATH], _OF_FILE[~_IS_PATH]) + shared

    def _postings(self, key: int) -> list[tuple[_Rows, NDArray[np.uint8]]]:
        """The rows that hold a term and its counts there, part by part: (n,) and (n, fields)."""
        found = []
        for part, row_of in self._parts:
            chunks, counts = part.of(key)
            rows = row_of[chunks]
            is_live = rows >= 0
            if is_live.all():
                found.append((rows, counts))
            else:
                found.append((rows[is_live], counts[is_live]))
        return found


def _norms(lengths: _Scores, average: float) -> _Scores:
    """BM25's penalty for the length of each document, shape as given."""
    norms: _Scores = K1 * (1 - B + B / average * lengths)
    return norms
