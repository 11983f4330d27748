"""The words of many texts as numbers, worked out with NumPy: each different word has one.

An ingest looks at each word of a repository several times. The same words come again and again, and
to make a string of each takes most of the time. So a word is known here by a hash of its bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCK = 24 * 1024  # bytes looked at together: eight times as many still fit in the cache
_SLOT_BITS = 18
_HASH_BITS = 64
_FIRST_ROOM = 1024  # words


class WordNumbers:
    """Numbers words from 1, as they come.

    A word is a run of bytes that `in_words` has. The chance that two of 100,000 words share a hash is
    below 1e-7. The hash has random parts, so that nobody can write a file with words that do.
    """

    def __init__(self, in_words: bytes) -> None:
        """`in_words`: for each of the 256 bytes 1 if it is in words, else 0. 32, a blank, is in none."""
        self._letters = bytes(byte if is_in else 0 for byte, is_in in enumerate(in_words))
        self._factors = _random_numbers(64)  # one for each place in a word
        self.forget()

    def forget(self) -> None:
        """Begin anew with 1."""
        self._number_of: dict[int, int] = {}  # by hash
        self._hashes = np.zeros(_FIRST_ROOM, dtype=np.uint64)  # by number; none is 0
        # By the first bits of the hash. Of words that share them, it has the first one.
        self._numbers = np.zeros(2**_SLOT_BITS, dtype=np.int32)

    def __len__(self) -> int:
        """The number of the next new word."""
        return len(self._number_of) + 1

    def of(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64], list[bytes]]:
        """The numbers of the words of all texts, in order: (words,); how many each text has: (texts,);
        and those of the words that are new, the first of which has the number `len(self)` had."""
        numbers, counts, new = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)], list[bytes]()
        for block in _blocks(texts):
            found, of_texts = self._numbers_of(block, new)
            numbers.append(found)
            counts.append(of_texts)
        return np.concatenate(numbers), np.concatenate(counts), new

    def _numbers_of(
        self, texts: list[bytes], new: list[bytes]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        data = b" ".join([b"", *texts, b""])
        # Without letters 0, to add up a word's letters up to the next word.
        letters = np.frombuffer(data.translate(self._letters), dtype=np.uint8)
        is_word = letters != 0
        edges = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            return np.zeros(0, np.int32), np.zeros(len(texts), np.int64)
        hashes = self._hashes_of(letters, starts, int((ends - starts).max()))
        numbers = self._numbers[hashes >> np.uint64(_HASH_BITS - _SLOT_BITS)]
        for word in np.flatnonzero(self._hashes[numbers] != hashes).tolist():
            key = int(hashes[word])
            number = self._number_of.get(key)
            if number is None:
                number = self._add(key)
                new.append(data[starts[word] : ends[word]])
            numbers[word] = number
        sizes = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        return numbers, np.diff(np.searchsorted(starts, np.cumsum(sizes)), prepend=0)

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
        if number >= len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._hashes[number] = key
        slot = key >> (_HASH_BITS - _SLOT_BITS)
        if not self._numbers[slot]:
            self._numbers[slot] = number
        return number


def _random_numbers(count: int) -> NDArray[np.uint64]:
    return np.frombuffer(os.urandom(8 * count), dtype=np.uint64) | np.uint64(1)


def _blocks(texts: Sequence[str]) -> Iterator[list[bytes]]:
    block, size = list[bytes](), 0
    for text in texts:
        data = text.encode()
        if block and size + len(data) > _BLOCK:
            yield block
            block, size = [], 0
        block.append(data)
        size += len(data) + 1
    if block:
        yield block
