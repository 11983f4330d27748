"""Vectors in two bytes a number: one byte to compare all of them, both to rank the closest.

Scalar quantization (FAISS calls it SQ8): every vector has a scale of its own, by which its largest
number is 127. The first byte is the number rounded, the second what that left over, in 1/254. Products by the first
byte order vectors well enough that the closest are among twice as many; by both they differ from
those of the whole vectors by about 0.00001. Figures in benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_LARGEST = 127
_FINE = np.float32(1 / (2 * _LARGEST))
_TINY = np.float32(1e-30)  # the scale of a vector of zeros is not 0
_BLOCK = 4096  # vectors made floats at once: 4 MB, which stay in the processor's cache


@dataclass(frozen=True, slots=True)
class VectorCodes:
    """Of some chunks, which are numbered as in the postings beside them."""

    chunks: NDArray[np.uint32]  # (vectors,) ascending
    scales: NDArray[np.float32]  # (vectors,)
    coarse: NDArray[np.int8]  # (vectors, dimensions)
    fine: NDArray[np.int8]  # (vectors, dimensions)

    def after(self, chunks: int) -> VectorCodes:
        """The same when so many chunks are numbered before these."""
        return replace(self, chunks=self.chunks + np.uint32(chunks))

    def estimates(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Products with all of these, (vectors,), by the first byte."""
        found = np.empty(len(self.scales), dtype=np.float32)
        floats = np.empty((min(_BLOCK, len(found)), len(vector)), dtype=np.float32)
        for start in range(0, len(found), _BLOCK):
            block = self.coarse[start : start + _BLOCK]
            np.copyto(floats[: len(block)], block)
            np.dot(floats[: len(block)], vector, out=found[start : start + _BLOCK])
        found *= self.scales
        return found

    def products(
        self, places: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Products with the vectors at these places, (len(places),), by both bytes."""
        fine = self.fine[places].astype(np.float32) @ vector
        coarse = self.coarse[places].astype(np.float32) @ vector
        found: NDArray[np.float32] = (coarse + fine * _FINE) * self.scales[places]
        return found


def encode(vectors: NDArray[np.float32], chunks: NDArray[np.uint32]) -> VectorCodes:
    """`vectors` of shape (len(chunks), dimensions)."""
    scales = np.abs(vectors).max(axis=1, initial=_TINY) / np.float32(_LARGEST)
    numbers = vectors / scales[:, None]
    coarse = np.rint(numbers)
    fine = np.rint((numbers - coarse) * (2 * _LARGEST))
    return VectorCodes(chunks, scales, coarse.astype(np.int8), fine.astype(np.int8))


def choose(codes: VectorCodes, alive: NDArray[np.bool_]) -> VectorCodes:
    """Those of the chunks that are alive, shape (chunks of the postings,)."""
    kept = alive[codes.chunks]
    return VectorCodes(codes.chunks[kept], codes.scales[kept], codes.coarse[kept], codes.fine[kept])


class VectorIndex:
    """The vectors of a version by row. `rows[i]` has for each vector of `parts[i]` its row in the
    version, or -1: it is gone."""

    def __init__(
        self, parts: Sequence[VectorCodes], rows: Sequence[NDArray[np.int32]], size: int
    ) -> None:
        self._parts = list(zip(parts, rows, strict=True))
        self._part_of = np.full(size, -1, dtype=np.int32)
        self._place_of = np.zeros(size, dtype=np.int64)
        for number, (_, row_of) in enumerate(self._parts):
            places = np.flatnonzero(row_of >= 0)
            self._part_of[row_of[places]] = number
            self._place_of[row_of[places]] = places

    def estimates(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """About the similarity of every row to the unit vector, (rows,): to choose by."""
        found = np.zeros(len(self._part_of), dtype=np.float32)
        for codes, row_of in self._parts:
            here = row_of >= 0
            found[row_of[here]] = codes.estimates(vector)[here]
        return found

    def similarities(
        self, rows: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Cosine of each of these rows and the unit vector, shape (len(rows),)."""
        found = np.zeros(len(rows), dtype=np.float32)
        of = self._part_of[rows]
        for number, (codes, _) in enumerate(self._parts):
            here = of == number
            found[here] = codes.products(self._place_of[rows[here]], vector)
        return found
