"""Which rows of an index may answer a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Candidate
from ccingest.store.columns import ChunkColumns
from ccingest.store.content import Numbered
from ccingest.store.postings import file_hash, name_hash, term_hash
from ccingest.store.rowmap import distinct
from ccingest.store.scored import Order, Scored, highest
from ccingest.store.statistics import QuestionStatistics
from ccingest.store.textindex import TextIndex
from ccingest.symbols import bare_name, names_in

_ESTIMATED_PER_RESULT = 2  # rows that the estimate chooses for each row that is wanted
_MOST_NAMED = 50  # rows of a dataset that a search finds by name
_MOST_OF_A_FILE_NAME = 2000  # rows of files of one name, such as index.js, whose paths are compared
_Rows: TypeAlias = "NDArray[np.int64]"
_Mask: TypeAlias = "NDArray[np.bool_] | None"
First: TypeAlias = Callable[[_Rows, int], _Rows]
"""The first so many of some ascending rows, of each dataset that is in the index, by path."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look for. Without a vector, or without terms, that part of the search is left out."""

    vector: NDArray[np.float32] | None  # of the question, unit length, (dimensions,)
    terms: QuestionStatistics | None = None  # over all versions that the question searches
    names: tuple[str, ...] = ()  # bare, in lower case: chunks that define one of them
    paths: tuple[str, ...] = ()  # in lower case: chunks of files whose path ends with one


class Vectors(Protocol):
    """The vectors of an index, by row."""

    def estimates(
        self, vector: NDArray[np.float32], allowed: _Mask = None
    ) -> tuple[_Rows, NDArray[np.float32]]:
        """Rows, ascending, of those that are `allowed`, (rows,), and the estimated cosine of each and
        the unit vector: all, or of very many those that may be closest."""

    def similarities(self, rows: _Rows, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine of each of these rows and the unit vector, shape (len(rows),)."""


def find(
    text: TextIndex,
    vectors: Vectors,
    wanted: Lookup,
    named: _Rows,
    limit: int,
    allowed: _Mask,
    order: Order | None = None,
) -> Scored:
    """The `named` rows, and the `limit` of the highest similarity and of the highest BM25 that are
    `allowed`, each with all its scores, by row. Of equal ones the first in `order` count."""
    bm25 = of_files = None
    rows = [named]
    if wanted.terms:
        bm25, of_files = text.scores(wanted.terms)
        rows.append(_matching(bm25, limit, allowed, order))
    if wanted.vector is not None:
        rows.append(_nearest(vectors, wanted.vector, limit, allowed, order))
    found = distinct(np.concatenate(rows))
    nothing = np.zeros(len(found), dtype=np.float32)
    similar = nothing
    if wanted.vector is not None:
        similar = vectors.similarities(found, wanted.vector)
    is_named = np.isin(found, named, assume_unique=True)
    if bm25 is None or of_files is None:
        return Scored(found, similar, nothing, nothing, is_named)
    return Scored(found, similar, bm25[found], of_files[text.files_of(found)], is_named)


def named_rows(
    text: TextIndex, chunks: ChunkColumns, wanted: Lookup, allowed: _Mask, first: First
) -> _Rows:
    """The allowed rows that define one of the names, or belong to one of the paths, ascending."""
    found = [text.rows_with(name_hash(bare_name(name))) for name in wanted.names]
    for path in wanted.paths:
        folder, _, file = path.rpartition("/")
        rows = first(np.sort(text.rows_with(file_hash(file))), _MOST_OF_A_FILE_NAME)
        if folder and len(rows):
            paths = chunks.paths(rows)
            ends = [f"/{one.lower()}".endswith(f"/{path}") for one in paths]
            rows = rows[np.array(ends, dtype=np.bool_)]
        found.append(rows)
    rows = distinct(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    return first(rows if allowed is None else rows[allowed[rows]], _MOST_NAMED)


def candidates_of(scored: Scored, chunks: Sequence[Numbered]) -> list[Candidate]:
    """The chunks of these rows, with their scores."""
    scores = (scored.similarity, scored.bm25, scored.file_bm25, scored.is_named)
    ordinals, each = zip(*chunks, strict=True)
    return list(map(Candidate, each, ordinals, *(column.tolist() for column in scores)))


def uses_of(
    candidates: Sequence[Candidate],
    counts_of: Callable[[NDArray[np.uint64], _Rows], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """Of what each defines, the name that most chunks say: how many say it, and how many define one
    of its names, (candidates, 2).

    `counts_of` gets hashes, and the place of the candidate of each; it returns how many chunks of that
    candidate's dataset hold each.
    """
    names = [_hashes(names_in(one.chunk.defines, one.chunk.symbol)) for one in candidates]
    sizes = np.array([len(of_chunk) for of_chunk in names], dtype=np.int64)
    flat = np.array([pair for of_chunk in names for pair in of_chunk], dtype=np.uint64)
    found = np.zeros((len(names), 2), dtype=np.int64)
    owner = np.repeat(np.arange(len(names)), sizes)
    for column, keys in enumerate(flat.reshape(-1, 2).T):
        np.maximum.at(found[:, column], owner, counts_of(keys, owner))
    return found


@lru_cache(maxsize=20_000)
def _hashes(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Of each name, under what it is said and under what it is defined in the text index."""
    return tuple((term_hash(name.replace("_", "")), name_hash(name)) for name in names)


def _matching(bm25: NDArray[np.float32], limit: int, allowed: _Mask, order: Order | None) -> _Rows:
    """The allowed rows of the `limit` highest BM25 scores above 0, in no order."""
    rows = np.flatnonzero(bm25 > 0 if allowed is None else (bm25 > 0) & allowed)
    return rows[highest(bm25[rows], limit, rows, order)]


def _nearest(
    vectors: Vectors,
    vector: NDArray[np.float32],
    limit: int,
    allowed: _Mask,
    order: Order | None,
) -> _Rows:
    """The allowed rows of the `limit` highest similarities, in no order."""
    rows, estimates = vectors.estimates(vector, allowed)
    rows = rows[highest(estimates, _ESTIMATED_PER_RESULT * limit, rows, order)]
    return rows[highest(vectors.similarities(rows, vector), limit, rows, order)]
