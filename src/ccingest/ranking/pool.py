"""All candidates of a question, with what the signals need to know of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from ccingest.models import Candidate, Chunk, Dataset
from ccingest.ranking.facts import Facts, facts_of
from ccingest.ranking.names import stems_in
from ccingest.ranking.question import ParsedQuery
from ccingest.ranking.words import Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column: TypeAlias = NDArray[np.float64]

FileKey: TypeAlias = tuple[int, str]  # dataset id, path
ChunkKey: TypeAlias = tuple[int, str, int]  # dataset id, path, ordinal

_VERSION_FOLDER = re.compile(r"(?:^|/)v(\d{1,3})/")
_FIELDS = 5  # of the text index
_FORM = 3  # letters that forms of a word share at least
_CLOSEST = 3  # chunks of a file that speak for each other


class Found(NamedTuple):
    """A candidate and the dataset it was found in. A named tuple: hundreds are made a question."""

    dataset: Dataset
    candidate: Candidate
    title: float = 0.0  # cosine of the question and the candidate's title, -1 to 1
    file_chunks: int = 1  # how many chunks its file has
    said: int = 0  # how many chunks of its version say a name that it defines
    defined: int = 0  # how many define one of that name

    @property
    def key(self) -> ChunkKey:
        return *self.file, self.candidate.ordinal

    @property
    def file(self) -> FileKey:
        return self.dataset.dataset_id, self.candidate.chunk.path

    @property
    def ordinal(self) -> int:
        """Its place among the chunks of its file, from 0."""
        return self.candidate.ordinal


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that the searches found for a question."""

    found: Sequence[Found]
    rarity: NDArray[np.float32] | None = None  # of each word of the question, (words,); None: 1
    # How often each candidate holds each word of the question in each field of the text index,
    # (candidates, words, fields). None: unknown.
    words: NDArray[np.uint16] | None = None
    vocabulary: Vocabulary | None = None  # None: the second stage of the learned ranker is left out


@dataclass(frozen=True, slots=True)
class Pool:
    """What the signals look at: column by column, one value for each candidate, (candidates,).

    Scores are relative to the best: 0 to 1.
    """

    asked: ParsedQuery
    found: Sequence[Found]
    chunks: Sequence[Chunk]
    facts: Facts
    vectors: Column
    texts: Column
    titles: Column
    files: Sequence[FileKey]  # each once
    file_of: NDArray[np.int64]  # which of the files the candidate is in
    ordinals: NDArray[np.int64]  # the place among the chunks of the file, from 0
    # Of the file that the candidate is in:
    file_vectors: Column  # sum over the three candidates in it that are closest
    file_texts: Column  # sum over all candidates in it
    file_bm25s: Column  # of the whole file, among files
    names_said: Column  # the share of the words of its name that the question says, in any form
    are_older: NDArray[np.bool_]  # in a folder v3 where another candidate is in the same at v4
    word_counts: NDArray[np.uint16]  # (candidates, words of the question, fields)
    rarity: NDArray[np.float32]  # of each word, (words,)
    nothing: Column  # what a signal says that has nothing to say


def make_pool(asked: ParsedQuery, candidates: Candidates) -> Pool:
    """A pool of what the searches found."""
    found = candidates.found
    chunks = [item.candidate.chunk for item in found]
    vectors = _similarities(found)
    texts = _relative(np.array([item.candidate.bm25 for item in found], dtype=np.float64))
    files: dict[FileKey, int] = {}
    file_of = np.array([files.setdefault(item.file, len(files)) for item in found], dtype=np.int64)
    keys = [*files]
    first = np.zeros(len(keys), dtype=np.int64)
    first[file_of[::-1]] = np.arange(len(found))[::-1]
    file_bm25s = np.array(
        [found[at].candidate.file_bm25 for at in first.tolist()], dtype=np.float64
    )
    shape = len(found), len(asked.word_forms), _FIELDS
    counts, rarity = candidates.words, candidates.rarity
    return Pool(
        asked=asked,
        found=found,
        chunks=chunks,
        facts=facts_of(chunks),
        vectors=vectors,
        texts=texts,
        titles=_relative(np.array([item.title for item in found], dtype=np.float64)),
        files=keys,
        file_of=file_of,
        ordinals=np.array([item.ordinal for item in found], dtype=np.int64),
        file_vectors=_relative(_sums_of_closest(vectors, file_of, len(keys)))[file_of],
        file_texts=_relative(_sums(texts, file_of, len(keys)))[file_of],
        file_bm25s=_relative(file_bm25s)[file_of],
        names_said=np.array(_names_said(keys, asked.terms), dtype=np.float64)[file_of],
        are_older=np.array(_are_older(keys), dtype=np.bool_)[file_of],
        word_counts=np.zeros(shape, dtype=np.uint16) if counts is None else counts,
        rarity=np.ones(shape[1], dtype=np.float32) if rarity is None else rarity,
        nothing=np.zeros(len(found)),
    )


def _relative(scores: Column) -> Column:
    best = scores.max(initial=0.0)
    relative: Column = np.maximum(scores, 0.0) / (best or 1.0)
    return relative


def _similarities(found: Sequence[Found]) -> Column:
    """Relative to the best of their model: those of different models have no common scale."""
    similarities = np.array([item.candidate.similarity for item in found], dtype=np.float64)
    embedders = [item.dataset.embedder for item in found]
    if len(set(embedders)) == 1:
        return _relative(similarities)
    for embedder in set(embedders):
        of_model = np.array([one == embedder for one in embedders])
        similarities[of_model] = _relative(similarities[of_model])
    return similarities


def _sums_of_closest(vectors: Column, file_of: NDArray[np.int64], files: int) -> Column:
    """Of each file, over the few candidates in it that are closest, (files,)."""
    order = np.lexsort((-vectors, file_of))
    sizes = np.bincount(file_of, minlength=files)
    first = np.cumsum(sizes) - sizes
    among_closest = order[np.arange(len(order)) - first[file_of[order]] < _CLOSEST]
    return _sums(vectors[among_closest], file_of[among_closest], files)


def _sums(values: Column, file_of: NDArray[np.int64], files: int) -> Column:
    return np.bincount(file_of, values, files).astype(np.float64, copy=False)


def _names_said(files: Sequence[FileKey], terms: frozenset[str]) -> list[float]:
    beginnings = frozenset(term[:_FORM] for term in terms)
    shares = []
    for _, path in files:
        name = name_words(path)
        said = sum([word[:_FORM] in beginnings and _is_said(word, terms) for word in name])
        shares.append(said / max(len(name), 1))
    return shares


def _are_older(files: Sequence[FileKey]) -> list[bool]:
    newest = _newest_versions(files)
    return [
        any(number < newest[at] for at, number in _versions(file)) if newest else False
        for file in files
    ]


@lru_cache(maxsize=20_000)
def name_words(path: str) -> frozenset[str]:
    """Stems of the words in the name of a file."""
    return stems_in(PurePosixPath(path).stem)


def _is_said(word: str, terms: frozenset[str]) -> bool:
    """Whether a term is the word, or one of them begins with the other, three letters at least."""
    return word in terms or any(
        min(len(word), len(term)) >= _FORM and (word.startswith(term) or term.startswith(word))
        for term in terms
    )


def _versions(file: FileKey) -> Iterable[tuple[tuple[int, str], int]]:
    """(dataset and folder, number) of each folder named v1, v2, ... in the path."""
    dataset, path = file
    # Looking for "v" first spares most paths the expression.
    if "v" not in path:
        return ()
    return [
        ((dataset, path[: found.start(1)]), int(found[1]))
        for found in _VERSION_FOLDER.finditer(path)
    ]


def _newest_versions(files: Iterable[FileKey]) -> dict[tuple[int, str], int]:
    newest: dict[tuple[int, str], int] = {}
    for file in files:
        for at, number in _versions(file):
            newest[at] = max(newest.get(at, 0), number)
    return newest


def names_of(dataset: Dataset) -> frozenset[str]:
    """What one may call it, in lower case: `org-express` of `org/express` is `express` too."""
    repository = dataset.repository.rpartition("/")[2]
    return frozenset({dataset.name.lower(), repository.lower().removesuffix(".git")})
