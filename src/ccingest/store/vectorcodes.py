"""Vectors in two bytes a number: one byte to compare all of them, both to rank the closest.

This is scalar quantization (FAISS calls it SQ8). Each vector has its own scale, which makes its
largest number 127. The first byte is the number, rounded. The second is what rounding left over, in
steps of 1/254. Products with the first byte alone order the vectors well: the closest are among
twice as many estimates. Products with both bytes differ from those of the float vectors by about
0.00001. The figures are in benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

_LARGEST = 127
_FINE = np.float32(1 / (2 * _LARGEST))
_TINY = np.float32(1e-30)  # instead of 0 as the scale of a vector of zeros
# Vectors are converted to floats so many bytes at once: they fit in the processor's cache, and the
# allocator has them at hand. Larger ones it takes from the system each time, page by page.
_BLOCK = 192 * 1024


@dataclass(frozen=True, slots=True)
class VectorCodes:
    """The vectors of some chunks, which are numbered as in the postings of the same segment."""

    chunks: NDArray[np.uint32]  # (vectors,) ascending
    scales: NDArray[np.float32]  # (vectors,)
    coarse: NDArray[np.int8]  # (vectors, dimensions)
    fine: NDArray[np.int8]  # (vectors, dimensions)

    def shifted(self, by: int) -> VectorCodes:
        """The same vectors, with `by` added to the number of each chunk."""
        return replace(self, chunks=self.chunks + np.uint32(by))

    def estimates(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The product of each vector with `vector`, from the first byte alone: (vectors,)."""
        found = np.empty(len(self.scales), dtype=np.float32)
        size = max(1, _BLOCK // vector.nbytes)
        floats = np.empty((min(size, len(found)), len(vector)), dtype=np.float32)
        for start in range(0, len(found), size):
            block = self.coarse[start : start + size]
            np.copyto(floats[: len(block)], block)
            np.dot(floats[: len(block)], vector, out=found[start : start + size])
        found *= self.scales
        return found

    def products(
        self, places: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The products of the vectors at these places with `vector`, from both bytes: (places,)."""
        # Not BLAS: with that, a product depends a little on where among others it is computed, and
        # copies of a chunk would be told apart by that.
        fine = np.einsum("ij,j->i", self.fine[places].astype(np.float32), vector)
        coarse = np.einsum("ij,j->i", self.coarse[places].astype(np.float32), vector)
        found: NDArray[np.float32] = (coarse + fine * _FINE) * self.scales[places]
        return found


def quantize(vectors: NDArray[np.float32], chunks: NDArray[np.uint32]) -> VectorCodes:
    """The codes of `vectors`, shape (chunks, dimensions). `chunks` has their chunks' numbers."""
    scales = np.abs(vectors).max(axis=1, initial=_TINY) / np.float32(_LARGEST)
    numbers = vectors / scales[:, None]
    coarse = np.rint(numbers)
    fine = np.rint((numbers - coarse) * (2 * _LARGEST))
    return VectorCodes(chunks, scales, coarse.astype(np.int8), fine.astype(np.int8))


def drop_dead_vectors(codes: VectorCodes, is_live: NDArray[np.bool_]) -> VectorCodes:
    """The vectors of live chunks alone. `is_live` has shape (chunks of the postings,)."""
    kept = is_live[codes.chunks]
    return VectorCodes(codes.chunks[kept], codes.scales[kept], codes.coarse[kept], codes.fine[kept])


class VectorIndex:
    """The vectors of a version, by row.

    `rows[i]` has the row of each vector of `parts[i]`; -1 for a vector whose row was deleted.
    """

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
        """The estimated cosine of every row and the unit vector, shape (rows,)."""
        found = np.zeros(len(self._part_of), dtype=np.float32)
        for codes, row_of in self._parts:
            here = row_of >= 0
            found[row_of[here]] = codes.estimates(vector)[here]
        return found

    def in_order(self) -> VectorCodes:
        """The vectors of all rows in their order, numbered by row. There is at least one."""
        names = [field.name for field in fields(VectorCodes) if field.name != "chunks"]
        starts = np.cumsum([0, *(len(one.scales) for one, _ in self._parts)])
        places = starts[self._part_of] + self._place_of
        rows = np.arange(len(places), dtype=np.uint32)
        columns = ([getattr(one, name) for one, _ in self._parts] for name in names)
        return VectorCodes(rows, *(np.concatenate(column)[places] for column in columns))

    @property
    def dimensions(self) -> int:
        """0 without any vector."""
        return max((codes.coarse.shape[1] for codes, _ in self._parts), default=0)

    def at(self, row: int) -> NDArray[np.float32]:
        """The vector of a row, within 0.00001 of what it was: (dimensions,)."""
        codes, _ = self._parts[self._part_of[row]]
        place = self._place_of[row]
        coarse, fine = codes.coarse[place].astype(np.float32), codes.fine[place] * _FINE
        vector: NDArray[np.float32] = (coarse + fine) * codes.scales[place]
        return vector

    def similarities(
        self, rows: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The cosine of each of these rows and the unit vector, shape (len(rows),)."""
        found = np.zeros(len(rows), dtype=np.float32)
        of = self._part_of[rows]
        for number, (codes, _) in enumerate(self._parts):
            here = of == number
            found[here] = codes.products(self._place_of[rows[here]], vector)
        return found
