"""Which chunks hold which term, how often and in which field: the postings of some writes.

Made once and never changed. Which of its chunks a version still has, the table says, so an index
can't disagree with it: a row names the write that it came with and its position there.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, chain, count, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.records import Chunk
from ccingest.terms import word_terms, words

FIELDS = ("text", "symbol", "defines", "name", "folder")
_SORTED_AT_ONCE = 1_000_000  # postings, about 50 MB
_MOST_COUNTED = 255  # of one term in one field of a chunk; BM25 is flat long before
# Exact look-ups: no word has such a first letter.
_NAME, _FILE = "=", "/"
# Marks that a definition's name carries beside the name itself: `$ZodType`, `_private`, `save!`.
_MARKS = "$_@!?"


@dataclass(frozen=True, slots=True)
class Postings:
    """Chunks are numbered from 0, those of each write together and in its order."""

    batches: NDArray[np.int64]  # (writes,)
    starts: NDArray[np.int64]  # (writes + 1,) the number of the first chunk of each
    terms: NDArray[np.uint64]  # (terms,) hashes, ascending
    offsets: NDArray[np.int64]  # (terms + 1,) where the postings of each begin
    chunks: NDArray[np.uint32]  # (postings,) ascending within a term
    counts: NDArray[np.uint8]  # (postings, fields)
    lengths: NDArray[np.uint32]  # (chunks, fields) how many terms
    files: NDArray[np.uint64]  # (chunks,) hash of the path

    def of(self, term: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """The chunks that hold the term with this hash, and how often: (n,) and (n, fields)."""
        at = int(np.searchsorted(self.terms, np.uint64(term)))
        if at == len(self.terms) or self.terms[at] != term:
            return self.chunks[:0], self.counts[:0]
        span = slice(self.offsets[at], self.offsets[at + 1])
        return self.chunks[span], self.counts[span]

    def of_all(
        self, terms: NDArray[np.uint64]
    ) -> Iterator[tuple[int, NDArray[np.uint32], NDArray[np.uint8]]]:
        """As `of` for each of these hashes that is here, with its place among them."""
        if not len(self.terms):
            return
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        for number in np.flatnonzero(self.terms[at] == terms).tolist():
            span = slice(self.offsets[at[number]], self.offsets[at[number] + 1])
            yield number, self.chunks[span], self.counts[span]


@lru_cache(maxsize=50_000)
def term_hash(term: str) -> int:
    """64 bits, the same in every process: among a million terms two share one with p = 3e-8."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")


def name_hash(name: str) -> int:
    """Of the chunks that define this bare name, in lower case."""
    return term_hash(_NAME + name)


def file_hash(name: str) -> int:
    """Of the chunks of files of this name, in lower case."""
    return term_hash(_FILE + name)


def bare_name(symbol: str) -> str:
    """`Router._route` -> `route`."""
    return symbol.rsplit(".", 1)[-1].strip(_MARKS).lower()


class _Codes(dict[str, tuple[int, ...]]):
    """The numbers of a word's terms; terms are numbered from 0 as they come."""

    def __init__(self) -> None:
        self.of_term: defaultdict[str, int] = defaultdict(count().__next__)

    def __missing__(self, word: str) -> tuple[int, ...]:
        self[word] = found = tuple(map(self.of_term.__getitem__, word_terms(word)))
        return found


def count_terms(batch: int, chunks: Sequence[Chunk]) -> Postings:
    """The postings of one write."""
    codes = _Codes()
    found = array("i")
    sizes: list[int] = []
    for chunk in chunks:
        for text in _fields(chunk):
            before = len(found)
            found.extend(chain.from_iterable(map(codes.__getitem__, words(text))))
            sizes.append(len(found) - before)
    code, holding, times = _counted(np.array(found), np.array(sizes, np.int64))
    del found
    hashes = np.array([term_hash(term) for term in codes.of_term], dtype=np.uint64)
    exact = [(key, number) for number, chunk in enumerate(chunks) for key in _exact(chunk)]
    terms, offsets, holders, counts = _sorted(
        np.concatenate([hashes[code], np.array([key for key, _ in exact], dtype=np.uint64)]),
        np.concatenate([holding, np.array([number for _, number in exact], dtype=np.int64)]),
        np.concatenate([times, np.zeros((len(exact), len(FIELDS)), dtype=np.uint8)]),
    )
    return Postings(
        batches=np.array([batch], dtype=np.int64),
        starts=np.array([0, len(chunks)], dtype=np.int64),
        terms=terms,
        offsets=offsets,
        chunks=holders,
        counts=counts,
        lengths=np.array(sizes, dtype=np.uint32).reshape(len(chunks), len(FIELDS)),
        files=np.array([term_hash(chunk.path) for chunk in chunks], dtype=np.uint64),
    )


def _counted(
    codes: NDArray[np.intc], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Code, chunk and counts of each posting, by code and chunk.

    `sizes`: how many of the codes each field of each chunk has. Sorted in place, since there are a
    million of them: NumPy's unique takes three times the memory.
    """
    keys = codes.astype(np.int64)
    keys *= len(sizes)
    keys += np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    keys.sort()
    starts = _starts(keys)
    times = np.diff(starts, append=len(keys))
    pairs, field = np.divmod(keys[starts], len(FIELDS))  # code * chunks + chunk
    del keys
    starts = _starts(pairs)
    counts = np.zeros((len(starts), len(FIELDS)), dtype=np.uint8)
    posting = np.repeat(np.arange(len(starts), dtype=np.int32), np.diff(starts, append=len(pairs)))
    counts[posting, field] = np.minimum(times, _MOST_COUNTED)
    code, chunk = np.divmod(pairs[starts], max(len(sizes) // len(FIELDS), 1))
    return code, chunk, counts


def _starts(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each number begins."""
    is_first = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


def _fields(chunk: Chunk) -> tuple[str, ...]:
    """The texts of FIELDS."""
    folder, _, file = chunk.path.rpartition("/")
    name, _, _ = file.rpartition(".")
    return chunk.text, chunk.symbol, " ".join(chunk.defines), name or file, folder


def spread(postings: Postings, positions: NDArray[np.int32]) -> Postings:
    """The postings of one write of which only the chunks at these positions were counted."""
    size = int(positions.max(initial=-1)) + 1
    lengths = np.zeros((size, len(FIELDS)), dtype=np.uint32)
    lengths[positions] = postings.lengths
    files = np.zeros(size, dtype=np.uint64)
    files[positions] = postings.files
    return replace(
        postings,
        starts=np.array([0, size], dtype=np.int64),
        chunks=positions[postings.chunks].astype(np.uint32),
        lengths=lengths,
        files=files,
    )


def merge(parts: Sequence[Postings]) -> Postings:
    """The same postings in one; the chunks of each part after those of the part before."""
    bases = [0, *accumulate(len(part.lengths) for part in parts)]
    starts = [part.starts[:-1] + base for part, base in zip(parts, bases, strict=False)]
    return replace(
        _joined(parts, bases[:-1]),
        batches=np.concatenate([part.batches for part in parts]),
        starts=np.concatenate([*starts, [bases[-1]]]).astype(np.int64),
        lengths=np.concatenate([part.lengths for part in parts]),
        files=np.concatenate([part.files for part in parts]),
    )


def compact(postings: Postings, alive: NDArray[np.bool_]) -> Postings:
    """Without what the chunks that are not alive hold; these keep their numbers."""
    return _joined([postings], [0], alive)


def _joined(
    parts: Sequence[Postings], bases: Sequence[int], alive: NDArray[np.bool_] | None = None
) -> Postings:
    """What is in the first part, but with the postings of all, their chunks counted from `bases`,
    without those of chunks that are not alive.

    Range after range of the hashes, which are spread evenly: so only the result takes much memory.
    """
    total = sum(len(part.chunks) for part in parts)
    chunks = np.empty(total, dtype=np.uint32)
    counts = np.empty((total, len(FIELDS)), dtype=np.uint8)
    terms: list[NDArray[np.uint64]] = []
    offsets: list[NDArray[np.int64]] = []
    filled = 0
    ranges = total // _SORTED_AT_ONCE + 1
    edges = [number * 2**64 // ranges for number in range(ranges + 1)]
    for first, beyond in pairwise(edges):
        lists = [_between(*each, first, beyond - 1) for each in zip(parts, bases, strict=True)]
        found = [np.concatenate(columns) for columns in zip(*lists, strict=True)]
        if alive is not None:
            kept = alive[found[1]]
            found = [column[kept] for column in found]
        of_range, begins, holders, times = _sorted(*found)
        end = filled + len(holders)
        chunks[filled:end], counts[filled:end] = holders, times
        terms.append(of_range)
        offsets.append(begins[:-1] + filled)
        filled = end
    return replace(
        parts[0],
        terms=np.concatenate(terms),
        offsets=np.concatenate([*offsets, [filled]]).astype(np.int64),
        chunks=chunks[:filled],
        counts=counts[:filled],
    )


def _between(
    part: Postings, base: int, first: int, last: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint8]]:
    """The postings of the hashes `first` to `last`: term, chunk counted from `base`, counts."""
    low = int(np.searchsorted(part.terms, np.uint64(first)))
    high = int(np.searchsorted(part.terms, np.uint64(last), side="right"))
    offsets = part.offsets[low : high + 1]
    span = slice(offsets[0], offsets[-1])
    terms = np.repeat(part.terms[low:high], np.diff(offsets))
    return terms, part.chunks[span] + np.uint32(base), part.counts[span]


def _sorted(
    terms: NDArray[np.uint64], chunks: NDArray[Any], counts: NDArray[np.uint8]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]]:
    """Given one row of each a posting: terms once, offsets, and the postings in their order.

    Those of a term stay in the order they are given in: that of chunks.
    """
    order = np.argsort(terms, kind="stable")
    unique, first = np.unique(terms[order], return_index=True)
    offsets = np.append(first, len(order)).astype(np.int64)
    return unique, offsets, chunks[order].astype(np.uint32), counts[order]


def _exact(chunk: Chunk) -> set[int]:
    names = {bare_name(symbol) for symbol in chunk.defines}
    return {*map(name_hash, names), file_hash(chunk.path.rpartition("/")[2].lower())}
