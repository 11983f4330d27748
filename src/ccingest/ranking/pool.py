"""All candidates of a question, with what the signals need to know of each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TypeAlias

from ccingest.ranking.question import Asked
from ccingest.records import Candidate, Chunk, DatasetVersion
from ccingest.terms import document_terms, stem

FileKey: TypeAlias = tuple[int, str]  # dataset id, path
ChunkKey: TypeAlias = tuple[int, str]  # dataset id, chunk id

# Marks that a definition's name carries beside the name itself: `$ZodType`, `_private`, `save!`.
_MARKS = "$_@!?"
_VERSION_FOLDER = re.compile(r"(?:^|/)v(\d{1,3})/")
# A word that short is found inside many others: it has to stand alone, or begin with a capital.
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and the dataset it was found in."""

    dataset: DatasetVersion
    candidate: Candidate

    @property
    def key(self) -> ChunkKey:
        return self.dataset.dataset_id, self.candidate.chunk_id

    @property
    def file(self) -> FileKey:
        return self.dataset.dataset_id, self.candidate.chunk.path


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk that one of the searches found. Scores are relative to the best: 0 to 1."""

    found: Found
    vector: float
    text: float
    said: frozenset[str]  # the question's terms that path, symbol or text hold
    share_said: float  # how much of the question those are, rare terms counting more: 0 to 1
    defines: frozenset[str]  # the bare names defined here, in lower case
    symbol_words: frozenset[str]  # stems of the words in those, or in the enclosing symbol

    @property
    def chunk(self) -> Chunk:
        return self.found.candidate.chunk


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the candidates of one file say together."""

    name_words: frozenset[str]  # stems of the words in its name
    vector: float  # sum over its candidates, relative to the file with the highest
    text: float
    share_said: float  # how much of the question they hold together
    name_said: float  # the share of the name's words that the question says, in any form
    path_said: float  # the share of the question that folders and name say
    is_older: bool  # in a folder v3 where another candidate is in the same at v4


@dataclass(frozen=True, slots=True)
class Pool:
    """What the signals look at."""

    asked: Asked
    entries: tuple[Entry, ...]
    files: Mapping[FileKey, FileFacts]
    rarity: Mapping[str, float]  # term -> how telling it is among the candidates; they sum to 1

    def share(self, said: frozenset[str]) -> float:
        """How much of the question these terms are, rare ones counting more: 0 to 1."""
        return _share(self.rarity, said)


def make_pool(
    asked: Asked,
    found: Mapping[ChunkKey, Found],
    vector: Mapping[ChunkKey, float],
    text: Mapping[ChunkKey, float],
) -> Pool:
    """A pool of what the searches found; `vector` and `text` are their scores, from 0 to 1."""
    finders = [_term_finder(term) for term in asked.terms]
    said = {key: frozenset(_said(finders, item.candidate.chunk)) for key, item in found.items()}
    rarity = _rarity(asked.terms, tuple(said.values()))
    # Many chunks hold the same few terms.
    shares = {terms: _share(rarity, terms) for terms in set(said.values())}
    entries = tuple(
        Entry(
            found=item,
            vector=vector.get(key, 0.0),
            text=text.get(key, 0.0),
            said=said[key],
            share_said=shares[said[key]],
            defines=_bare_names(item.candidate.chunk.defines),
            symbol_words=_words(_named(item.candidate.chunk)),
        )
        for key, item in found.items()
    )
    return Pool(asked, entries, _file_facts(asked.terms, entries, rarity), rarity)


def _rarity(terms: frozenset[str], said: Sequence[frozenset[str]]) -> dict[str, float]:
    """The idf of BM25 among the candidates, which stand in for the dataset they come from."""
    weights = {}
    for term in terms:
        holding = sum(term in of_chunk for of_chunk in said)
        weights[term] = math.log(1 + (len(said) - holding + 0.5) / (holding + 0.5))
    total = sum(weights.values()) or 1.0
    return {term: weight / total for term, weight in weights.items()}


def _share(rarity: Mapping[str, float], said: frozenset[str]) -> float:
    return sum(rarity.get(term, 0.0) for term in said)


def _file_facts(
    terms: frozenset[str], entries: Sequence[Entry], rarity: Mapping[str, float]
) -> dict[FileKey, FileFacts]:
    by_file: dict[FileKey, list[Entry]] = {}
    for entry in entries:
        by_file.setdefault(entry.found.file, []).append(entry)
    vectors = {file: sum(entry.vector for entry in group) for file, group in by_file.items()}
    texts = {file: sum(entry.text for entry in group) for file, group in by_file.items()}
    top_vector = max(vectors.values(), default=0.0) or 1.0
    top_text = max(texts.values(), default=0.0) or 1.0
    newest = _newest_versions(by_file)
    facts = {}
    for file, group in by_file.items():
        name, folder = _path_words(file[1])
        facts[file] = FileFacts(
            name_words=name,
            vector=vectors[file] / top_vector,
            text=texts[file] / top_text,
            share_said=_share(rarity, frozenset[str]().union(*(entry.said for entry in group))),
            name_said=sum(_is_said(word, terms) for word in name) / len(name) if name else 0.0,
            path_said=len(terms & (name | folder)) / len(terms) if terms else 0.0,
            is_older=any(number < newest[at] for at, number in _versions(file)),
        )
    return facts


@lru_cache(maxsize=20_000)
def _path_words(path: str) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of the words in the name, and in the folders."""
    whole = PurePosixPath(path)
    return _words(whole.stem), _words(str(whole.parent))


def _is_said(word: str, terms: frozenset[str]) -> bool:
    """Whether a term is the word, or one of them begins with the other, three letters at least."""
    return word in terms or any(
        min(len(word), len(term)) >= 3 and (word.startswith(term) or term.startswith(word))
        for term in terms
    )


def _versions(file: FileKey) -> list[tuple[tuple[int, str], int]]:
    """(dataset and folder, number) of each folder named v1, v2, ... in the path."""
    dataset, path = file
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


def _term_finder(term: str) -> tuple[str, re.Pattern[str] | None]:
    if len(term) > _SHORT:
        return term, None
    escaped = re.escape(term)
    return term, re.compile(
        rf"(?<![A-Za-z]){escaped}|{re.escape(term.capitalize())}|{re.escape(term.upper())}"
    )


def _said(finders: Sequence[tuple[str, re.Pattern[str] | None]], chunk: Chunk) -> list[str]:
    text = f"{chunk.path} {chunk.symbol} {chunk.text}"
    lower = text.lower()
    return [
        term
        for term, pattern in finders
        if term in lower and (pattern is None or pattern.search(text))
    ]


def _named(chunk: Chunk) -> str:
    return " ".join(chunk.defines) or chunk.symbol


@lru_cache(maxsize=20_000)
def last_parts(symbols: tuple[str, ...]) -> frozenset[str]:
    """`("Mux.handle",)` -> `{"handle"}`."""
    return frozenset(symbol.rsplit(".", 1)[-1] for symbol in symbols)


@lru_cache(maxsize=20_000)
def _bare_names(symbols: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.strip(_MARKS).lower() for name in last_parts(symbols))


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(map(stem, document_terms(text).split()))
