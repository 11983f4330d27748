"""All candidates of a question, with what the signals need to know of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ccingest.models import Candidate, Chunk, Dataset
from ccingest.ranking.question import ParsedQuery
from ccingest.terms import document_terms, stem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FileKey: TypeAlias = tuple[int, str]  # dataset id, path
ChunkKey: TypeAlias = tuple[int, str]  # dataset id, chunk id

# Marks that a definition's name carries beside the name itself: `$ZodType`, `_private`, `save!`.
_MARKS = "$_@!?"
_VERSION_FOLDER = re.compile(r"(?:^|/)v(\d{1,3})/")
_FIELDS = 5  # of the text index
_FORM = 3  # letters that forms of a word share at least
_CLOSEST = 3  # chunks of a file that speak for each other


class Found(NamedTuple):
    """A candidate and the dataset it was found in. A named tuple: hundreds are made a question."""

    dataset: Dataset
    candidate: Candidate
    title: float = 0.0  # cosine of the question and the candidate's title, -1 to 1
    # How often it holds each word of the question in each field of the text index, (words, fields);
    # None: unknown.
    words: NDArray[np.uint16] | None = None
    file_chunks: int = 1  # how many chunks its file has
    said: int = 0  # how many chunks of its version say a name that it defines
    defined: int = 0  # how many define one of that name

    @property
    def key(self) -> ChunkKey:
        return self.dataset.dataset_id, self.candidate.chunk_id

    @property
    def file(self) -> FileKey:
        return self.dataset.dataset_id, self.candidate.chunk.path

    @property
    def folder(self) -> FileKey:
        return self.dataset.dataset_id, self.candidate.chunk.path.rpartition("/")[0]

    @property
    def ordinal(self) -> int:
        """Its place among the chunks of its file, from 0."""
        return int(self.candidate.chunk_id.rpartition("#")[2])


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that the searches found for a question."""

    found: Sequence[Found]
    rarity: NDArray[np.float32] | None = None  # of each word of the question, (words,)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file, relative to the best of all."""

    name_words: frozenset[str]  # stems of the words in its name
    vector: float  # sum over the three candidates in it that are closest
    text: float  # sum over all candidates in it
    bm25: float  # of the whole file, among files
    name_said: float  # the share of the name's words that the question says, in any form
    is_older: bool  # in a folder v3 where another candidate is in the same at v4


@dataclass(frozen=True, slots=True)
class Pool:
    """What the signals look at: column by column, one value for each candidate.

    Scores are relative to the best: 0 to 1.
    """

    asked: ParsedQuery
    found: Sequence[Found]
    vectors: Sequence[float]
    texts: Sequence[float]
    titles: Sequence[float]
    files: Sequence[FileFacts]  # of the file that the candidate is in
    chunks: Sequence[Chunk]
    file_of: NDArray[np.int64]  # (candidates,) equal for those of one file, from 0
    ordinals: NDArray[np.int64]  # (candidates,) the place among the chunks of the file, from 0
    word_counts: NDArray[np.uint16]  # (candidates, words of the question, fields)
    rarity: NDArray[np.float32]  # of each word, (words,)
    nothing: Sequence[float]  # what a signal says that has nothing to say


def title_of(chunk: Chunk) -> str:
    """What a chunk is called: its path, and what it defines or is in."""
    return f"{chunk.path} {symbol_of(chunk)}"


def make_pool(
    asked: ParsedQuery, found: Sequence[Found], rarity: NDArray[np.float32] | None = None
) -> Pool:
    """A pool of what the searches found. `rarity`, shape (words,): of each word of the question,
    all the same without it."""
    import numpy as np

    vectors = [0.0] * len(found)
    # Similarities of different models have no common scale.
    for embedder in {item.dataset.embedder for item in found}:
        of_model = [i for i, item in enumerate(found) if item.dataset.embedder == embedder]
        relative = _relative([found[i].candidate.similarity for i in of_model])
        for i, value in zip(of_model, relative, strict=True):
            vectors[i] = value
    texts = _relative([item.candidate.bm25 for item in found])
    titles = _relative([item.title for item in found])
    keys = [item.file for item in found]
    facts = _file_facts(asked.terms, found, keys, vectors, texts)
    numbers = {key: number for number, key in enumerate(facts)}
    words = len(asked.word_forms)
    nothing = np.zeros((words, _FIELDS), dtype=np.uint16)
    counts = [nothing if item.words is None else item.words for item in found]
    return Pool(
        asked=asked,
        found=found,
        vectors=vectors,
        texts=texts,
        titles=titles,
        files=[facts[key] for key in keys],
        chunks=[item.candidate.chunk for item in found],
        file_of=np.array([numbers[key] for key in keys], dtype=np.int64),
        ordinals=np.array([item.ordinal for item in found], dtype=np.int64),
        word_counts=np.array(counts, dtype=np.uint16).reshape(len(found), words, _FIELDS),
        rarity=np.ones(words, dtype=np.float32) if rarity is None else rarity,
        nothing=[0.0] * len(found),
    )


def _relative(scores: Sequence[float]) -> list[float]:
    best = max(scores, default=0.0)
    if best <= 0:
        return [0.0] * len(scores)
    return [score / best if score > 0 else 0.0 for score in scores]


def _file_facts(
    terms: frozenset[str],
    found: Sequence[Found],
    keys: Sequence[FileKey],
    vectors: Sequence[float],
    texts: Sequence[float],
) -> dict[FileKey, FileFacts]:
    by_file: dict[FileKey, list[int]] = {}
    for place, key in enumerate(keys):
        by_file.setdefault(key, []).append(place)
    groups = list(by_file.values())
    closest = _relative([_sum_of_closest([vectors[i] for i in group]) for group in groups])
    said = _relative([sum([texts[i] for i in group]) for group in groups])
    bm25s = _relative([found[group[0]].candidate.file_bm25 for group in groups])
    newest = _newest_versions(by_file)
    beginnings = frozenset(term[:_FORM] for term in terms)
    facts = {}
    for file, vector, text, bm25 in zip(by_file, closest, said, bm25s, strict=True):
        name = _name_words(file[1])
        facts[file] = FileFacts(
            name_words=name,
            vector=vector,
            text=text,
            bm25=bm25,
            name_said=sum(_is_said(word, terms, beginnings) for word in name) / max(len(name), 1),
            is_older=any(number < newest[at] for at, number in _versions(file)),
        )
    return facts


def _sum_of_closest(similar: list[float]) -> float:
    return sum(similar if len(similar) <= _CLOSEST else nlargest(_CLOSEST, similar))


@lru_cache(maxsize=20_000)
def _name_words(path: str) -> frozenset[str]:
    return _words(PurePosixPath(path).stem)


def _is_said(word: str, terms: frozenset[str], beginnings: frozenset[str]) -> bool:
    """Whether a term is the word, or one of them begins with the other, three letters at least.

    `beginnings`: the first three letters of the terms.
    """
    if word[:_FORM] not in beginnings:
        return False
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


def _newest_versions(files: Mapping[FileKey, object]) -> dict[tuple[int, str], int]:
    newest: dict[tuple[int, str], int] = {}
    for file in files:
        for at, number in _versions(file):
            newest[at] = max(newest.get(at, 0), number)
    return newest


def names_of(dataset: Dataset) -> frozenset[str]:
    """What one may call it, in lower case: `org-express` of `org/express` is `express` too."""
    repository = dataset.repository.rpartition("/")[2]
    return frozenset({dataset.name.lower(), repository.lower().removesuffix(".git")})


def symbol_words(chunk: Chunk) -> frozenset[str]:
    """Stems of the words in the names it defines, or in the enclosing symbol."""
    return _symbol_words(chunk.defines, chunk.symbol)


@lru_cache(maxsize=20_000)
def _symbol_words(defines: tuple[str, ...], symbol: str) -> frozenset[str]:
    return _words(" ".join(defines) or symbol)


@lru_cache(maxsize=20_000)
def flat_symbol(defines: tuple[str, ...], symbol: str) -> str:
    """What it defines, or is in, in lower case and without underscores."""
    return (" ".join(defines) or symbol).lower().replace("_", "")


def symbol_of(chunk: Chunk) -> str:
    """What it defines, or else what it is in."""
    return " ".join(chunk.defines) or chunk.symbol


@lru_cache(maxsize=20_000)
def last_parts(symbols: tuple[str, ...]) -> frozenset[str]:
    """`("Mux.handle",)` -> `{"handle"}`."""
    return frozenset(symbol.rsplit(".", 1)[-1] for symbol in symbols)


@lru_cache(maxsize=20_000)
def bare_names(symbols: tuple[str, ...]) -> frozenset[str]:
    """`("core.$ZodType",)` -> `{"zodtype"}`."""
    return frozenset(name.strip(_MARKS).lower() for name in last_parts(symbols))


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(map(stem, document_terms(text).split()))
