"""Postings of some writes: which chunks hold which term, how often and in which field.

Postings are made once and never changed. They do not know which of their chunks a version still
has. The rows of the table do: each names the write that added it and its position in that write.
So the index can't disagree with the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ccingest.store.arrays import Kind

FIELDS = ("text", "symbol", "defines", "name", "folder")
_SORTED_AT_ONCE = 1_000_000  # postings, about 50 MB
# Exact names are terms too. No word begins with one of these, so they can't be mixed up.
_NAME, _FILE = "=", "/"


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of one or more writes.

    Chunks are numbered from 0, write after write, in the order of each write.
    """

    write_ids: NDArray[np.int64]  # (writes,)
    starts: NDArray[np.int64]  # (writes + 1,) the number of the first chunk of each write
    terms: NDArray[np.uint64]  # (terms,) hashes, ascending
    offsets: NDArray[np.int64]  # (terms + 1,) where the postings of each term begin
    chunks: NDArray[np.uint32]  # (postings,) ascending within a term
    counts: NDArray[np.uint8]  # (postings, fields)
    lengths: NDArray[np.uint32]  # (chunks, fields) how many terms a field has
    files: NDArray[np.uint64]  # (chunks,) hash of the path

    KINDS: ClassVar[Sequence[Kind]] = (
        (np.int64, 1), (np.int64, 1), (np.uint64, 1), (np.int64, 1), (np.uint32, 1), (np.uint8, 2),
        (np.uint32, 2), (np.uint64, 1),
    )  # fmt: skip

    def of(self, term: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """The chunks that hold the term with this hash, and how often: (n,) and (n, fields)."""
        at = int(np.searchsorted(self.terms, np.uint64(term)))
        if at == len(self.terms) or self.terms[at] != term:
            return self.chunks[:0], self.counts[:0]
        span = slice(self.offsets[at], self.offsets[at + 1])
        return self.chunks[span], self.counts[span]

    def spans(self, terms: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the postings of each of these hashes begin and end, (terms,) each. Both are 0 for
        one that is not here."""
        if not len(self.terms):
            return np.zeros(len(terms), dtype=np.int64), np.zeros(len(terms), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        is_here = self.terms[at] == terms
        return np.where(is_here, self.offsets[at], 0), np.where(is_here, self.offsets[at + 1], 0)

    def count_within(
        self, terms: NDArray[np.uint64], firsts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """How many of the chunks from `firsts[i]` to before `ends[i]` hold `terms[i]`, (terms,)."""
        low, high = (np.tile(edge, 2) for edge in self.spans(terms))
        chunks = np.concatenate([firsts, ends])
        unsure = np.flatnonzero(low < high)
        while len(unsure):  # a binary search for all of them at once
            middle = (low[unsure] + high[unsure]) // 2
            is_less = self.chunks[middle] < chunks[unsure]
            low[unsure[is_less]] = middle[is_less] + 1
            high[unsure[~is_less]] = middle[~is_less]
            unsure = unsure[low[unsure] < high[unsure]]
        begins, beyond = low[: len(terms)], low[len(terms) :]
        return beyond - begins


@lru_cache(maxsize=50_000)
def term_hash(term: str) -> int:
    """A hash of 64 bits, the same in every process.

    The chance that two of a million terms share one is 3e-8.
    """
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")


def name_hash(name: str) -> int:
    """The hash of the term of chunks that define this bare name, see `symbols.bare_name`."""
    return term_hash(_NAME + name)


def file_hash(name: str) -> int:
    """The hash of the term of chunks in files of this name, which is in lower case."""
    return term_hash(_FILE + name)


def renumber_chunks(postings: Postings, positions: NDArray[np.int32]) -> Postings:
    """The postings of one write, counted when only some of its chunks were left.

    `positions` has the position in the write of each chunk of `postings`, shape (chunks,). It is
    the chunk's number in the result.
    """
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
    """All postings in one. The chunks of each part are numbered after those of the part before."""
    bases = [0, *accumulate(len(part.lengths) for part in parts)]
    starts = [part.starts[:-1] + base for part, base in zip(parts, bases, strict=False)]
    numbers = [np.arange(*span, dtype=np.int32) for span in pairwise(bases)]
    return replace(
        merge_terms(parts, numbers),
        write_ids=np.concatenate([part.write_ids for part in parts]),
        starts=np.concatenate([*starts, [bases[-1]]]).astype(np.int64),
        lengths=np.concatenate([part.lengths for part in parts]),
        files=np.concatenate([part.files for part in parts]),
    )


def drop_dead_postings(postings: Postings, is_live: NDArray[np.bool_]) -> Postings:
    """The postings of live chunks, which keep their numbers. `is_live` has shape (chunks,)."""
    numbers = np.where(is_live, np.arange(len(is_live), dtype=np.int32), np.int32(-1))
    return merge_terms([postings], [numbers])


def merge_terms(parts: Sequence[Postings], numbers: Sequence[NDArray[np.int32]]) -> Postings:
    """The first part, with the terms, offsets, chunks and counts of all parts merged.

    `numbers[i]` has the new number of each chunk of `parts[i]`; -1 for one that is left out. It goes
    through the hashes range by range. They are distributed evenly, so each range takes little
    memory beside the result.
    """
    total = sum(len(part.chunks) for part in parts)
    chunks = np.empty(total, dtype=np.uint32)
    counts = np.empty((total, len(FIELDS)), dtype=np.uint8)
    terms: list[NDArray[np.uint64]] = []
    offsets: list[NDArray[np.int64]] = []
    filled = 0
    ranges = total // _SORTED_AT_ONCE + 1
    edges = [number * 2**64 // ranges for number in range(ranges + 1)]
    is_ordered = _is_ordered(numbers)
    for first, beyond in pairwise(edges):
        lists = [
            _postings_in_range(*each, first, beyond - 1)
            for each in zip(parts, numbers, strict=True)
        ]
        found = [np.concatenate(columns) for columns in zip(*lists, strict=True)]
        if not is_ordered:
            order = np.argsort(found[1], kind="stable")
            found = [column[order] for column in found]
        of_range, begins, holders, times = _group_by_term(*found)
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


def _is_ordered(numbers: Sequence[NDArray[np.int32]]) -> bool:
    """Whether the chunks of all parts, one part after the other, ascend."""
    all_numbers = np.concatenate([one[one >= 0] for one in numbers])
    return bool((all_numbers[1:] > all_numbers[:-1]).all())


def _postings_in_range(
    part: Postings, numbers: NDArray[np.int32], first: int, last: int
) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint8]]:
    """The postings whose terms have the hashes `first` to `last`, both included.

    Term, new number of the chunk, and counts: (n,), (n,) and (n, fields).
    """
    low = int(np.searchsorted(part.terms, np.uint64(first)))
    high = int(np.searchsorted(part.terms, np.uint64(last), side="right"))
    offsets = part.offsets[low : high + 1]
    span = slice(offsets[0], offsets[-1])
    terms = np.repeat(part.terms[low:high], np.diff(offsets))
    found = numbers[part.chunks[span]]
    is_kept = found >= 0
    if is_kept.all():
        return terms, found, part.counts[span]
    return terms[is_kept], found[is_kept], part.counts[span][is_kept]


def _group_by_term(
    terms: NDArray[np.uint64], chunks: NDArray[Any], counts: NDArray[np.uint8]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]]:
    """Sort postings by term. Each array has one row a posting, in the order of the chunks.

    Returns each term once, the offsets of their postings, and the chunks and counts. The postings
    of a term stay in the order of the chunks.
    """
    order = np.argsort(terms, kind="stable")
    unique, first = np.unique(terms[order], return_index=True)
    offsets = np.append(first, len(order)).astype(np.int64)
    return unique, offsets, chunks[order].astype(np.uint32), counts[order]
