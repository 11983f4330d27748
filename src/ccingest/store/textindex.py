"""BM25 over the chunks of one version, or of a shard, and over their files, from the postings.

This is BM25 with weighted fields, called BM25F (Robertson, Zaragoza and Taylor: Simple BM25
extension to multiple weighted fields, CIKM 2004). A field of weight 4 counts as if it were written
four times, in the number of times a term occurs and in the length of the document. The document of
a file is all of its chunks; its path counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.store.parts import Counted, Holders, IndexPart, Places, Rows, places_of
from ccingest.store.postings import FIELDS, Postings, term_hash
from ccingest.store.products import product
from ccingest.store.statistics import QuestionStatistics, Statistics

# The weights of the fields and BM25's two parameters are explained in benchmarks/README.md.
CHUNK_WEIGHTS: Mapping[str, float] = {
    "text": 1.0, "symbol": 2.0, "defines": 4.0, "name": 8.0, "folder": 2.0,
}  # fmt: skip
FILE_WEIGHTS: Mapping[str, float] = {**CHUNK_WEIGHTS, "symbol": 1.0, "defines": 2.0}
K1 = 1.5  # the lower, the less a term counts that occurs again
B = 0.75  # how much the length of a document counts: 0 not at all, 1 fully

_PATH = ("name", "folder")
# Of each field: in a chunk, in a file but for its path, and in the path.
_WEIGHTS = np.array(
    [
        (
            CHUNK_WEIGHTS[field],
            FILE_WEIGHTS[field] * (field not in _PATH),
            FILE_WEIGHTS[field] * (field in _PATH),
        )
        for field in FIELDS
    ],
    dtype=np.float32,
)
_NO_COUNTS = np.zeros((0, len(FIELDS)), dtype=np.uint8)

# Of terms that earlier questions had is kept what does not depend on the question: for so many
# postings, which take 12 bytes each, or for so many times the rows, whatever is more.
_MOST_KEPT = 500_000
_MOST_KEPT_OF_A_ROW = 2

_Scores = NDArray[np.float32]


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

    rows: Holders  # (rows,)
    times: _Scores  # (rows,) how often, weighted
    lengths: _Scores  # (rows,) of the chunks, as in Documents
    files: NDArray[np.int64]  # (files,)
    times_in_file: _Scores  # (files,) how often, weighted


def documents_of(parts: Sequence[Postings], rows: Sequence[Rows], size: int) -> Documents:
    """Of the chunks of a version. `rows` and `size` as for TextIndex."""
    lengths = np.zeros((size, len(FIELDS)), dtype=np.float32)
    paths = np.zeros(size, dtype=np.uint64)
    for part, row in zip(parts, rows, strict=True):
        here = row >= 0
        lengths[row[here]] = part.lengths[here]
        paths[row[here]] = part.files[here]
    _, file_of = np.unique(paths, return_inverse=True)
    chunks_of = np.bincount(file_of).astype(np.float32)
    in_chunk, in_file = _weighted(lengths, chunks_of[file_of])
    return Documents(in_chunk, file_of, chunks_of, np.bincount(file_of, in_file).astype(np.float32))


class TextIndex:
    """The postings of some chunks, by row.

    `rows[i]` has the row of each chunk of `parts[i]`; -1 for a chunk that was deleted, and None where
    the row is the number of the chunk.
    """

    def __init__(
        self, parts: Sequence[Postings], rows: Sequence[Rows | None], documents: Documents
    ) -> None:
        self._parts = list(map(IndexPart.of, parts, rows))
        self._documents = documents
        self._places: Places | None = None
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
        self._make_room()
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
        """BM25 of each row, (rows,), and of each file, (files,). 0 without any of the terms."""
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
        return chunks, files

    def files_of(self, rows: NDArray[np.int64]) -> NDArray[np.integer[Any]]:
        """The numbers of the files of these rows, (len(rows),)."""
        return self._documents.file_of[rows]

    def words_in(
        self,
        words: Sequence[Sequence[str]],
        rows: NDArray[np.int64],
        counted: Counted | None = None,
    ) -> WordCounts:
        """How often each of these rows holds each word, in any of the forms given for it."""
        counts = np.zeros((len(rows), len(words), len(FIELDS)), dtype=np.uint16)
        holding = np.zeros(len(words), dtype=np.int64)
        keys = np.array([term_hash(form) for forms in words for form in forms], dtype=np.uint64)
        word_of = [word for word, forms in enumerate(words) for _ in forms]
        for part, (places, chunks) in zip(self._parts, self._in_parts(rows), strict=True):
            for word, *span in zip(word_of, *part.postings.spans(keys), strict=True):
                holders = part.postings.chunks[slice(*span)]
                if not len(holders):
                    continue
                holding[word] += part.count(holders, counted)
                at = np.minimum(np.searchsorted(holders, chunks), len(holders) - 1)
                here = np.flatnonzero(holders[at] == chunks)
                counts[places[here], word] += part.postings.counts[span[0] + at[here]]
        file_chunks = self._documents.chunks_of[self._documents.file_of[rows]]
        documents = (counted or self._all).chunks
        return WordCounts(counts, file_chunks, holding, documents)

    def holding(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """How many chunks hold the term or name with each of these hashes, (keys,)."""
        # In order: one search looks at the same memory as the one before it.
        keys, place = np.unique(keys, return_inverse=True)
        found = np.zeros(len(keys), dtype=np.int64)
        for part in self._parts:
            firsts, ends = part.postings.spans(keys)
            sizes = ends - firsts
            if part.has_gone:
                for number in np.flatnonzero(sizes).tolist():
                    sizes[number] = part.count(part.postings.chunks[firsts[number] : ends[number]])
            found += sizes
        return found[place]

    def rows_with(self, key: int) -> NDArray[np.int64]:
        """The rows that hold the term, name or file with this hash, shape (n,)."""
        found = [rows for rows, _ in self._postings(key)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *found])

    def _occurrences(self, key: int) -> _Occurrences:
        """Of the term with this hash. Questions have many words in common, so it is kept."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._count(key)
            self._kept_postings += len(found.rows)
        return found

    def _make_room(self) -> None:
        """At the start of a question, so that none of its own terms is counted twice."""
        if self._kept_postings > max(_MOST_KEPT, _MOST_KEPT_OF_A_ROW * self._all.chunks):
            self._kept, self._kept_postings = {}, 0

    def _count(self, key: int) -> _Occurrences:
        known = self._documents
        found = list(self._postings(key))
        rows = np.concatenate([np.zeros(0, dtype=np.uint32), *(rows for rows, _ in found)])
        counts = np.concatenate([_NO_COUNTS, *(counts for _, counts in found)])
        file_of = known.file_of[rows]
        in_chunk, in_file = _weighted(counts, known.chunks_of[file_of])
        of_files = np.bincount(file_of, in_file, len(known.chunks_of)).astype(np.float32)
        files = np.flatnonzero(of_files)
        return _Occurrences(
            rows.astype(np.uint32), in_chunk, known.lengths[rows], files, of_files[files]
        )

    def _postings(self, key: int) -> Iterator[tuple[Holders, NDArray[np.uint8]]]:
        """The rows that hold a term and its counts there, part by part: (n,) and (n, fields)."""
        for part in self._parts:
            chunks, counts = part.postings.of(key)
            if len(chunks):
                rows, kept = part.live(chunks)
                yield rows, counts[kept]

    def _in_parts(
        self, rows: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32]]]:
        """Of each part, the places in `rows` of those that are in it, and their chunks there."""
        if self._places is None:
            self._places = places_of(self._parts, self._all.chunks)
        part_of, chunk_of = self._places.part_of[rows], self._places.chunk_of[rows]
        for number in range(len(self._parts)):
            places = np.flatnonzero(part_of == number)
            yield places, chunk_of[places]


def _weighted(counts: NDArray[Any], chunks_of_file: _Scores) -> tuple[_Scores, _Scores]:
    """`counts` (n, fields), weighted and summed up: in each chunk, and what it adds to its file, (n,)
    each.

    The path is in every chunk of a file, but the file has it once: each chunk adds its share.
    """
    in_chunk, in_file, in_path = product(counts.astype(np.float32), _WEIGHTS).T
    return np.ascontiguousarray(in_chunk), in_file + in_path / chunks_of_file


def _norms(lengths: _Scores, average: float) -> _Scores:
    """BM25's penalty for the length of each document, shape as given."""
    norms: _Scores = K1 * (1 - B + B / average * lengths)
    return norms
