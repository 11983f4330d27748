"""The signs of a vector's numbers, one bit each: to see quickly which vectors may be close.

Where signs differ from those of a question's vector, the product loses twice what that number of the
question is worth. How much that is, is taken in four steps, so it needs two bits a number of the
question, and one of each vector (an asymmetric distance of binary codes, as in Gordo et al.:
Asymmetric distances for binary embeddings, TPAMI 2014). A million vectors of 256 numbers are 32 MB of
signs, and 256 MB in one byte a number. The figures are in benchmarks/README.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ccingest.values import dataclass

_WORD = 64  # bits
# Numbers of the question that are at least this many times its usual one are worth the most.
_LARGE = np.float32(2.0)
_MOST = 3
_BLOCK = 256 * 1024  # bytes of signs looked at together: what is made of them stays in the cache
_COUNTED_AT_ONCE = 32 * 1024


@dataclass(frozen=True, slots=True)
class AskedSigns:
    """The signs of a question's vector, and which of its numbers are worth how much: (words,) each."""

    signs: NDArray[np.uint64]
    ones: NDArray[np.uint64]  # numbers worth 1 or 3
    twos: NDArray[np.uint64]  # numbers worth 2 or 3


def signs_of(numbers: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Which numbers are above 0, (vectors, dimensions), as bits: (vectors, words)."""
    count, dimensions = numbers.shape
    words = -(-dimensions // _WORD)
    found = np.zeros((count, words * _WORD // 8), dtype=np.uint8)
    size = max(1, _BLOCK // max(dimensions, 1))
    for start in range(0, count, size):
        bits = np.packbits(numbers[start : start + size] > 0, axis=1)
        found[start : start + size, : bits.shape[1]] = bits
    return found.view(np.uint64)


def asked_signs(vector: NDArray[np.float32]) -> AskedSigns:
    usual = np.sqrt(np.mean(np.square(vector))) or np.float32(1)
    worth = np.rint(np.minimum(np.abs(vector) / (_LARGE * usual), 1) * _MOST).astype(np.int8)
    signs, ones, twos = signs_of(
        np.stack([(vector > 0).astype(np.int8), worth & 1, worth & 2]).astype(np.int8)
    )
    return AskedSigns(signs, ones, twos)


def sign_distances(signs: NDArray[np.uint64], asked: AskedSigns) -> NDArray[np.uint16]:
    """What the numbers of the question whose sign differs are worth, for each vector: (vectors,)."""
    count, words = signs.shape
    found = np.zeros(count, dtype=np.uint16)
    size = max(1, min(count, _BLOCK // max(8 * words, 1)))
    # One long row is looked at faster than many short ones.
    flat = signs.reshape(-1)
    question, ones, twos = (np.tile(row, size) for row in (asked.signs, asked.ones, asked.twos))
    differing, chosen = np.empty_like(question), np.empty_like(question)
    worth, more = np.empty(len(question), np.uint8), np.empty(len(question), np.uint8)
    for start in range(0, count, size):
        end = min(start + size, count)
        bits = slice((end - start) * words)
        np.bitwise_xor(flat[start * words : end * words], question[bits], out=differing[bits])
        np.bitwise_and(differing[bits], twos[bits], out=chosen[bits])
        np.bitwise_count(chosen[bits], out=worth[bits])
        np.left_shift(worth[bits], 1, out=worth[bits])
        np.bitwise_and(differing[bits], ones[bits], out=chosen[bits])
        np.bitwise_count(chosen[bits], out=more[bits])
        np.add(worth[bits], more[bits], out=worth[bits])  # at most 3 * 64
        of_word = worth[bits].reshape(-1, words).T
        for number in range(words):
            np.add(found[start:end], of_word[number], out=found[start:end])
    return found


def histogram(distances: NDArray[np.uint16], largest: int) -> NDArray[np.int64]:
    """How many of the distances are 0, 1 and so on up to `largest`: (largest + 1,)."""
    found = np.zeros(largest + 1, dtype=np.int64)
    # bincount makes 8 bytes of each, which for all at once come from the system page by page.
    for start in range(0, len(distances), _COUNTED_AT_ONCE):
        found += np.bincount(distances[start : start + _COUNTED_AT_ONCE], minlength=largest + 1)
    return found


def largest_distance(dimensions: int) -> int:
    return _MOST * dimensions
