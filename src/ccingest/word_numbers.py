"""The words of many texts as numbers, worked out with NumPy: each different word has one.

An ingest looks at each word of a repository several times. The same words come again and again, and
to make a string of each takes most of the time. So a word is known here by a hash of its bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

_BLOCK = 24 * 1024  # bytes looked at together: eight times as many still fit in the cache
_SLOT_BITS = 18
_HASH_BITS = 64
_FIRST_ROOM = 1024  # words

T = TypeVar("T", bound=np.generic)


class NumberedWords(NamedTuple):
    """The words of some texts, in their order."""

    numbers: NDArray[np.int32]  # (words,)
    owners: NDArray[np.int32]  # (words,) which of all texts has the word
    new: list[bytes]  # those that no text had before, in the order of their numbers


class WordNumbers:
    """Numbers words from 1, as they come.

    A word is a run of bytes that `in_words` has. The chance that two of 100,000 words share a hash is
    below 1e-7. The hash has random parts, so that nobody can write a file with words that do.
    """

    def __init__(self, in_words: bytes) -> None:
        """`in_words`: for each of the 256 bytes 1 if it is in words, else 0. 32, a blank, is in none."""
        self._letters = bytes(byte if is_in else 0 for byte, is_in in enumerate(in_words))
        self._factors = _random_numbers(64)  # one for each place in a word
        self._number_of: dict[int, int] = {}  # by hash
        self._hashes = np.zeros(_FIRST_ROOM, dtype=np.uint64)  # by number; none is 0
        # By the first bits of the hash. Of words that share them, it has the first one.
        self._numbers = np.zeros(2**_SLOT_BITS, dtype=np.int32)

    def __len__(self) -> int:
        """The number of the next new word."""
        return len(self._number_of) + 1

    def of(self, texts: Sequence[str]) -> Iterator[NumberedWords]:
        """The words of these texts, some texts at a time."""
        first = 0
        for block in _blocks(texts):
            numbers, counts, new = self._numbers_of(block)
            owners = np.repeat(np.arange(first, first + len(block), dtype=np.int32), counts)
            yield NumberedWords(numbers, owners, new)
            first += len(block)

    def _numbers_of(
        self, texts: Sequence[str]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], list[bytes]]:
        """The numbers of all words, how many each text has, and the words that are new."""
        data, lengths = _joined(texts)
        # Without letters 0, to add up a word's letters up to the next word.
        letters = np.frombuffer(data.translate(self._letters), dtype=np.uint8)
        is_word = letters != 0
        edges = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            return np.zeros(0, np.int32), np.zeros(len(texts), np.int64), []
        hashes = self._hashes_of(letters, starts, int((ends - starts).max()))
        numbers = self._numbers[hashes >> np.uint64(_HASH_BITS - _SLOT_BITS)]
        new = list[bytes]()
        for word in np.flatnonzero(self._hashes[numbers] != hashes).tolist():
            key = int(hashes[word])
            number = self._number_of.get(key)
            if number is None:
                number = self._add(key)
                new.append(data[starts[word] : ends[word]])
            numbers[word] = number
        bounds = np.searchsorted(starts, np.cumsum(lengths + 1))
        return numbers, np.diff(bounds, prepend=0), new

    def _hashes_of(
        self, letters: NDArray[np.uint8], starts: NDArray[np.int64], longest: int
    ) -> NDArray[np.uint64]:
        """Of the words that begin at `starts`, of which the longest has so many bytes: (words,).

        A sum of the letters, each times the factor of its place: see Lemire and Kaser, Strongly
        universal string hashing is fast (2014).
        """
        if longest > len(self._factors):
            more = _random_numbers(2 * longest - len(self._factors))
            self._factors = np.concatenate([self._factors, more])
        first = starts[0]
        begun = np.repeat(starts, np.diff(starts, append=len(letters)))
        places = np.arange(first, len(letters)) - begun
        # What is after a word adds nothing, so any factor will do.
        factors: NDArray[np.uint64] = self._factors.take(places, mode="clip")
        factors *= letters[first:]
        found: NDArray[np.uint64] = np.add.reduceat(factors, starts - first)
        return found

    def _add(self, key: int) -> int:
        number = len(self)
        self._number_of[key] = number
        self._hashes = _with_room(self._hashes, number + 1)
        self._hashes[number] = key
        slot = key >> (_HASH_BITS - _SLOT_BITS)
        if not self._numbers[slot]:
            self._numbers[slot] = number
        return number


class WordParts:
    """What each word stands for, by its number: some numbers, such as its tokens."""

    def __init__(self) -> None:
        self._count = 1  # of words, whose numbers begin with 1
        self._used = 0
        self._starts = np.zeros(_FIRST_ROOM, dtype=np.int32)  # where its parts begin in _parts
        self._sizes = np.zeros(_FIRST_ROOM, dtype=np.int32)  # how many it has
        self._parts = np.zeros(_FIRST_ROOM, dtype=np.int32)

    def add(self, parts: Sequence[Sequence[int]]) -> None:
        """Those of the words that follow those that are known."""
        if not parts:
            return
        sizes = np.fromiter(map(len, parts), np.int32, len(parts))
        ends = self._used + np.cumsum(sizes, dtype=np.int32)
        words, used = slice(self._count, self._count + len(parts)), int(ends[-1])
        self._starts = _with_room(self._starts, words.stop)
        self._sizes = _with_room(self._sizes, words.stop)
        self._parts = _with_room(self._parts, used)
        self._starts[words], self._sizes[words] = ends - sizes, sizes
        self._parts[self._used : used] = list(chain.from_iterable(parts))
        self._count, self._used = words.stop, used

    def of(self, words: NumberedWords) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The parts of all words, in order, and which text has the word: (parts,) each."""
        sizes = self._sizes[words.numbers]
        ends = np.cumsum(sizes, dtype=np.int32)
        places = np.arange(ends[-1] if len(ends) else 0, dtype=np.int32)
        places += np.repeat(self._starts[words.numbers] - ends + sizes, sizes)
        return self._parts[places], np.repeat(words.owners, sizes)


def _with_room(array: NDArray[T], size: int) -> NDArray[T]:
    """The array with room for so many numbers, twice as long if it has not."""
    if size <= len(array):
        return array
    more = np.zeros(max(size, 2 * len(array)) - len(array), dtype=array.dtype)
    return np.concatenate([array, more])


def _random_numbers(count: int) -> NDArray[np.uint64]:
    found: NDArray[np.uint64] = np.frombuffer(os.urandom(8 * count), dtype=np.uint64)
    return found


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in parts of about _BLOCK characters."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    parts = np.cumsum(sizes) // _BLOCK
    bounds = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(texts)]
    for first, end in pairwise(bounds):
        if first < end:
            yield texts[first:end]


def _joined(texts: Sequence[str]) -> tuple[bytes, NDArray[np.int64]]:
    """All texts with a blank before each and after the last; and how many bytes each has: (texts,)."""
    joined = " ".join(["", *texts, ""])
    if joined.isascii():
        return joined.encode(), np.fromiter(map(len, texts), np.int64, len(texts))
    encoded = [text.encode() for text in texts]
    return b" ".join([b"", *encoded, b""]), np.fromiter(map(len, encoded), np.int64, len(texts))
