"""Chunks to the postings of a write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Chunk
from ccingest.store.postings import FIELDS, Postings, file_hash, name_hash, term_hash
from ccingest.symbols import bare_name
from ccingest.terms import word_terms, words
from ccingest.word_numbers import WordNumbers, WordParts

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
        texts = _fields(chunks)
        terms_, fields_ = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
        for words_ in self._words.of(texts):
            self._parts.add([self._terms_of(word.decode()) for word in words_.new])
            found, field_of = self._parts.of(words_)
            terms_.append(found)
            fields_.append(field_of)
        found, field_of = np.concatenate(terms_), np.concatenate(fields_)
        lengths = np.bincount(field_of, minlength=len(texts))
        exact = list(_exact_hashes(chunks))
        terms, offsets, holders, times = _counted(
            np.array(self._hashes, dtype=np.uint64),
            (found, field_of),
            (
                np.array([key for key, _ in exact], dtype=np.uint64),
                np.array([place for _, place in exact], dtype=np.int32),
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
        self._parts = WordParts()  # their terms, whose numbers begin with 0
        self._number_of: dict[str, int] = {}
        self._hashes: list[int] = []

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
    exact: tuple[NDArray[np.uint64], NDArray[np.int32]],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]]:
    """The terms, offsets, chunks and counts of a write.

    `hashes` has that of each term. `found`: the number of each term and in which field of all fields
    of all chunks it is, in their order. `exact`: the hash of each exact name, and its chunk.
    """
    ascending, rank_of = np.unique(np.concatenate([hashes, exact[0]]), return_inverse=True)
    rank_of = rank_of.astype(np.int32)
    ranks = np.concatenate([rank_of[found[0]], rank_of[len(hashes) :]])
    fields = np.concatenate([found[1], exact[1] * np.int32(len(FIELDS))])
    order = _order(ranks)
    ranks, fields = ranks[order], fields[order]
    starts = np.flatnonzero(_is_first(ranks) | _is_first(fields))
    times = np.diff(starts, append=len(order))
    del order
    ranks, fields = ranks[starts], fields[starts]
    is_exact = np.zeros(len(ascending), dtype=np.bool_)
    is_exact[rank_of[len(hashes) :]] = True
    times[is_exact[ranks]] = 0
    chunk_of = fields // len(FIELDS)
    is_first = _is_first(ranks) | _is_first(chunk_of)
    posting = np.cumsum(is_first, dtype=np.int32) - 1
    counts = np.zeros((np.count_nonzero(is_first), len(FIELDS)), dtype=np.uint8)
    counts[posting, fields - chunk_of * len(FIELDS)] = np.minimum(times, _MOST_COUNTED)
    ranks, chunk_of = ranks[is_first], chunk_of[is_first]
    firsts = np.flatnonzero(_is_first(ranks))
    offsets = np.append(firsts, len(ranks)).astype(np.int64)
    return ascending[ranks[firsts]], offsets, chunk_of.astype(np.uint32), counts


def _order(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """The stable order of numbers from 0. NumPy sorts those of 16 bits by radix, which takes a third
    of the time."""
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    if numbers.max(initial=0) < 2**16:
        return order
    high = (numbers >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")]


def _is_first(numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which numbers are not the same as the one before."""
    found = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=found[1:])
    return found


def _fields(chunks: Sequence[Chunk]) -> list[str]:
    """The text of each of FIELDS of each chunk."""
    texts: list[str] = []
    path, folder, name = None, "", ""
    for chunk in chunks:
        if chunk.path != path:
            path = chunk.path
            folder, _, file = path.rpartition("/")
            name = file.rpartition(".")[0] or file
        texts += (chunk.text, chunk.symbol, " ".join(chunk.defines), name, folder)
    return texts


def _exact_hashes(chunks: Sequence[Chunk]) -> Iterator[tuple[int, int]]:
    """The hashes under which the names that a chunk defines, and its file's name, are found; each with
    the number of the chunk."""
    path, of_file = None, 0
    for number, chunk in enumerate(chunks):
        if chunk.path != path:  # chunks of a file follow each other
            path = chunk.path
            of_file = file_hash(path.rpartition("/")[2].lower())
        yield of_file, number
        if chunk.defines:
            for name in set(map(bare_name, chunk.defines)):
                yield name_hash(name), number
