"""BM25 over the chunks of one version and over its files, from the postings of its writes.

BM25 with weighted fields (Robertson, Zaragoza and Taylor: Simple BM25 extension to multiple
weighted fields, CIKM 2004): a term counts in a field as if that were repeated as often as it
weighs, and a document is as long as its fields are then. A file is the document made of its chunks;
its path counts once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import FIELDS, Postings, term_hash

# How often a term counts in each field, and BM25's two numbers: benchmarks/README.md.
CHUNK_WEIGHTS: Mapping[str, float] = {
    "text": 1.0, "symbol": 2.0, "defines": 4.0, "name": 8.0, "folder": 2.0,
}  # fmt: skip
FILE_WEIGHTS: Mapping[str, float] = {**CHUNK_WEIGHTS, "symbol": 1.0, "defines": 2.0}
K1 = 1.5  # how soon more of the same term brings no more
B = 0.75  # how much a long document has to say a term more often

_OF_CHUNK = np.array([CHUNK_WEIGHTS[field] for field in FIELDS], dtype=np.float32)
_OF_FILE = np.array([FILE_WEIGHTS[field] for field in FIELDS], dtype=np.float32)
_IS_PATH = np.array([field in ("name", "folder") for field in FIELDS])

_Rows = NDArray[np.int32]
_Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of all documents that are asked together."""

    documents: int
    length: float  # of all, weighted, in terms
    holding: Mapping[str, int]  # term of the question -> in how many documents it is

    def __add__(self, other: Statistics) -> Statistics:
        """Of the documents of both, for the same question."""
        return Statistics(
            self.documents + other.documents,
            self.length + other.length,
            {term: held + other.holding[term] for term, held in self.holding.items()},
        )

    @property
    def average(self) -> float:
        """Length of a document."""
        return self.length / max(self.documents, 1) or 1.0

    def rarity(self, term: str) -> float:
        """The term's inverse document frequency, above 0."""
        held = self.holding.get(term, 0)
        return math.log(1 + (self.documents - held + 0.5) / (held + 0.5))


@dataclass(frozen=True, slots=True)
class QuestionStatistics:
    """Of the terms of a question, in chunks and in files; those of several versions may be added."""

    chunks: Statistics
    files: Statistics

    def __add__(self, other: QuestionStatistics) -> QuestionStatistics:
        return QuestionStatistics(self.chunks + other.chunks, self.files + other.files)


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How often some rows hold the words of a question, in any form."""

    counts: NDArray[np.uint16]  # (rows, words, fields)
    file_chunks: NDArray[np.float32]  # (rows,) how many chunks the file of the row has
    holding: NDArray[np.int64]  # (words,) how many chunks of the version do; some twice
    documents: int  # chunks in the version


class TextIndex:
    """The postings of a version's chunks, by row.

    `rows[i]` has for each chunk of `parts[i]` its row in the version, or -1: it is gone.
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
        chunks, files = {}, {}
        for term in terms:
            rows = self.holders(term_hash(term))
            chunks[term] = len(rows)
            holds = np.zeros(len(self._chunks_of), dtype=np.bool_)
            holds[self._file_of[rows]] = True
            files[term] = int(np.count_nonzero(holds))
        return QuestionStatistics(
            Statistics(len(self._lengths), float(self._chunk_lengths.sum()), chunks),
            Statistics(len(self._chunks_of), float(self._file_lengths.sum()), files),
        )

    def scores(self, statistics: QuestionStatistics) -> tuple[_Scores, _Scores]:
        """BM25 of every row and of the file of every row, (rows,) each; 0 where no term is."""
        of_chunks, of_files = statistics.chunks, statistics.files
        chunks = np.zeros(len(self._lengths), dtype=np.float32)
        files = np.zeros(len(self._chunks_of), dtype=np.float32)
        norms = _norms(self._chunk_lengths, of_chunks.average)
        file_norms = _norms(self._file_lengths, of_files.average)
        for term in of_chunks.holding:
            times_in_file = np.zeros(len(files), dtype=np.float32)
            for rows, counts in self._of(term_hash(term)):
                times = counts @ _OF_CHUNK
                chunks[rows] += of_chunks.rarity(term) * (K1 + 1) * times / (times + norms[rows])
                file_of = self._file_of[rows]
                said = self._in_file(counts, file_of)
                times_in_file += np.bincount(file_of, said, len(files)).astype(np.float32)
            said = of_files.rarity(term) * (K1 + 1) * times_in_file
            files += said / (times_in_file + file_norms)
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
                holding[word] += len(chunks)
                at = place[row_of[chunks]]
                # -1 as a row is the last one: such a chunk is gone.
                here = (at >= 0) & (row_of[chunks] >= 0)
                counts[at[here], word] += held[here]
        file_chunks = self._chunks_of[self._file_of[rows]]
        return WordCounts(counts, file_chunks, holding, len(self._lengths))

    def holders(self, key: int) -> NDArray[np.int64]:
        """The rows that hold the term, name or file of this hash."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *(rows for rows, _ in self._of(key))])

    @cached_property
    def _chunk_lengths(self) -> _Scores:
        return self._lengths @ _OF_CHUNK

    @cached_property
    def _file_lengths(self) -> _Scores:
        weighted = self._in_file(self._lengths, self._file_of)
        return np.bincount(self._file_of, weighted).astype(np.float32)

    def _in_file(self, counts: NDArray[np.generic], file_of: NDArray[np.int64]) -> _Scores:
        """What counts of chunks, (n, fields), add to those of their files, (n,)."""
        shared: _Scores = counts[:, _IS_PATH] @ _OF_FILE[_IS_PATH] / self._chunks_of[file_of]
        own: _Scores = counts[:, ~_IS_PATH] @ _OF_FILE[~_IS_PATH]
        return own + shared

    def _of(self, key: int) -> list[tuple[_Rows, NDArray[np.uint8]]]:
        """Rows and counts of a term, part by part: (n,) and (n, fields)."""
        found = []
        for part, row_of in self._parts:
            chunks, counts = part.of(key)
            rows = row_of[chunks]
            here = rows >= 0
            if here.all():
                found.append((rows, counts))
            else:
                found.append((rows[here], counts[here]))
        return found


def _norms(lengths: _Scores, average: float) -> _Scores:
    norms: _Scores = K1 * (1 - B + B / average * lengths)
    return norms
