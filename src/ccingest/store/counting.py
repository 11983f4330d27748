"""Chunks to the postings of a write."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Chunk
from ccingest.store.postings import FIELDS, Postings, file_hash, name_hash, term_hash
from ccingest.symbols import bare_name
from ccingest.terms import word_terms, words
from ccingest.word_numbers import WordNumbers

_MOST_COUNTED = 255  # of one term in one field of a chunk; BM25 is almost flat long before
# 1 for the bytes of words: ASCII letters and digits, "_", and all that is not ASCII.
_IN_WORDS = bytes(chr(code).isalnum() or chr(code) == "_" for code in range(128)) + bytes([1] * 128)
_MOST_WORDS = 100_000  # about 400 bytes each; then all are dropped, and frequent ones are soon back


class TermCounter:
    """Makes the postings of writes. It knows the terms of the words of earlier ones."""

    def __init__(self) -> None:
        self._forget()

    def count(self, write_id: int, chunks: Sequence[Chunk]) -> Postings:
        """The postings of one write, whose chunks are given in their order."""
        if len(self._words) > _MOST_WORDS:
            self._forget()
        texts = [text for chunk in chunks for text in _fields(chunk)]
        words, counts, new = self._words.of(texts)
        self._add(new)
        sizes = self._sizes[words]
        field_of = np.repeat(np.arange(len(texts), dtype=np.int32), counts)
        ends = np.cumsum(sizes)
        places = np.arange(ends[-1] if len(ends) else 0)
        places += np.repeat(self._starts[words] - ends + sizes, sizes)
        found, lengths = self._terms[places], np.bincount(field_of, sizes, len(texts))
        exact = [(key, place) for place, chunk in enumerate(chunks) for key in _exact_hashes(chunk)]
        terms, offsets, holders, times = _counted(
            np.array(self._hashes, dtype=np.uint64),
            (found, np.repeat(field_of, sizes)),
            (
                np.array([key for key, _ in exact], dtype=np.uint64),
                np.array([place for _, place in exact], dtype=np.int64),
            ),
        )
        return Postings(
            write_ids=np.array([write_id], dtype=np.int64),
            starts=np.array([0, len(chunks)], dtype=np.int64),
            terms=terms,
            offsets=offsets,
            chunks=holders,
            counts=times,
            lengths=lengths.astype(np.uint32).reshape(len(chunks), len(FIELDS)),
            files=np.array([term_hash(chunk.path) for chunk in chunks], dtype=np.uint64),
        )

    def _forget(self) -> None:
        self._words = WordNumbers(_IN_WORDS)
        # Of each word, by its number, which begin with 1: where its terms begin in _terms, and how
        # many it has.
        self._starts = self._sizes = np.zeros(1, dtype=np.int64)
        self._terms = np.zeros(0, dtype=np.int32)  # by their numbers, which begin with 0
        self._number_of: dict[str, int] = {}
        self._hashes: list[int] = []

    def _add(self, words_: Sequence[bytes]) -> None:
        """Add words that follow those that are known."""
        if not words_:
            return
        found = [self._terms_of(word.decode()) for word in words_]
        sizes = np.array(list(map(len, found)), dtype=np.int64)
        starts = len(self._terms) + np.cumsum(sizes) - sizes
        self._starts = np.concatenate([self._starts, starts])
        self._sizes = np.concatenate([self._sizes, sizes])
        terms = np.fromiter(chain.from_iterable(found), dtype=np.int32)
        self._terms = np.concatenate([self._terms, terms])

    def _terms_of(self, word: str) -> list[int]:
        """The numbers of the terms of a word, which may be several where it is not ASCII."""
        parts = (word,) if word.isascii() else words(word)
        return [self._number(term) for part in parts for term in word_terms(part)]

    def _number(self, term: str) -> int:
        number = self._number_of.get(term)
        if number is None:
            number = self._number_of[term] = len(self._hashes)
            self._hashes.append(term_hash(term))
        return number


def count_terms(write_id: int, chunks: Sequence[Chunk]) -> Postings:
    """The postings of one write, whose chunks are given in their order."""
    return TermCounter().count(write_id, chunks)


def _counted(
    hashes: NDArray[np.uint64],
    found: tuple[NDArray[np.int32], NDArray[np.int32]],
    exact: tuple[NDArray[np.uint64], NDArray[np.int64]],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]]:
    """The terms, offsets, chunks and counts of a write.

    `hashes` has that of each term. `found`: the number of each term and in which field of all fields
    of all chunks it is, in their order. `exact`: the hash of each exact name, and its chunk.
    """
    ascending, rank = np.unique(np.concatenate([hashes, exact[0]]), return_inverse=True)
    ranks = np.concatenate([rank[found[0]], rank[len(hashes) :]])
    fields = np.concatenate([found[1], exact[1] * len(FIELDS)])
    bits = int(fields.max(initial=0)).bit_length()
    keys = ((ranks << bits) | fields)[_order(ranks)]
    starts = _starts(keys)
    times = np.diff(starts, append=len(keys))
    keys = keys[starts]
    ranks = keys >> bits
    keys &= (1 << bits) - 1
    chunk_of = keys // len(FIELDS)
    field = keys - chunk_of * len(FIELDS)
    is_exact = np.zeros(len(ascending), dtype=np.bool_)
    is_exact[rank[len(hashes) :]] = True
    times[is_exact[ranks]] = 0
    is_first = _is_first(ranks) | _is_first(chunk_of)
    posting = np.cumsum(is_first, dtype=np.int32) - 1
    counts = np.zeros((np.count_nonzero(is_first), len(FIELDS)), dtype=np.uint8)
    counts[posting, field] = np.minimum(times, _MOST_COUNTED)
    ranks, chunk_of = ranks[is_first], chunk_of[is_first]
    firsts = _starts(ranks)
    offsets = np.append(firsts, len(ranks)).astype(np.int64)
    return ascending[ranks[firsts]], offsets, chunk_of.astype(np.uint32), counts


def _order(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The stable order of numbers below 2**32: NumPy sorts those of 16 bits by radix, which takes a
    third of the time."""
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    if numbers.max(initial=0) < 2**16:
        return order
    high = (numbers >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")]


def _starts(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the first of each run of equal numbers."""
    return np.flatnonzero(_is_first(ascending))


def _is_first(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which numbers are not the same as the one before."""
    found = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=found[1:])
    return found


def _fields(chunk: Chunk) -> tuple[str, ...]:
    """The text of each of FIELDS."""
    folder, _, file = chunk.path.rpartition("/")
    name, _, _ = file.rpartition(".")
    return chunk.text, chunk.symbol, " ".join(chunk.defines), name or file, folder


def _exact_hashes(chunk: Chunk) -> set[int]:
    """The hashes under which the names that the chunk defines, and its file's name, are found."""
    names = {bare_name(symbol) for symbol in chunk.defines}
    return {*map(name_hash, names), file_hash(chunk.path.rpartition("/")[2].lower())}
