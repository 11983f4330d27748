"""Vectors in two bytes a number: one byte to compare all of them, both to rank the closest.

This is scalar quantization (FAISS calls it SQ8). Each vector has its own scale, which makes its
largest number 127. The first byte is the number, rounded. The second is what rounding left over, in
steps of 1/254. Products with the first byte alone order the vectors well: the closest are among
twice as many estimates. Products with both bytes differ from those of the float vectors by about
0.00001. Where there are very many, the signs of the numbers choose which are compared by the first
byte. The figures are in benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccingest.store.arrays import Kind
from ccingest.store.signs import (
    asked_signs,
    histogram,
    largest_distance,
    sign_distances,
    signs_of,
)

_LARGEST = 127
_FINE = np.float32(1 / (2 * _LARGEST))
_TINY = np.float32(1e-30)  # instead of 0 as the scale of a vector of zeros
# Vectors are converted to floats so many bytes at once: they fit in the processor's cache, and the
# allocator has them at hand. Larger ones it takes from the system each time, page by page.
_BLOCK = 192 * 1024
# Up to so many vectors all are compared by the first byte; of more those that the signs choose.
_COMPARED_WITHOUT_SIGNS = 100_000
_CHOSEN_BY_SIGNS = 8_192
_CHOSEN_SHARE = 128  # and one of so many
_MEASURED = 100  # vectors of a part whose lengths tell those of all
_Places: TypeAlias = "NDArray[np.int64] | None"  # of vectors in a part; None for all of them


@dataclass(frozen=True, slots=True)
class VectorCodes:
    """The vectors of some chunks, which are numbered as in the postings of the same segment."""

    chunks: NDArray[np.uint32]  # (vectors,) ascending
    scales: NDArray[np.float32]  # (vectors,)
    coarse: NDArray[np.int8]  # (vectors, dimensions)
    fine: NDArray[np.int8]  # (vectors, dimensions)
    signs: NDArray[np.uint64]  # (vectors, words), of the first byte, see `signs.py`

    KINDS: ClassVar[Sequence[Kind]] = (
        (np.uint32, 1), (np.float32, 1), (np.int8, 2), (np.int8, 2), (np.uint64, 2),
    )  # fmt: skip

    def shifted(self, by: int) -> VectorCodes:
        """The same vectors, with `by` added to the number of each chunk."""
        return replace(self, chunks=self.chunks + np.uint32(by))

    def have_unit_length(self) -> bool:
        """Whether the vectors have the length 1 or 0, as far as some of them tell: signs do not order
        those of any length, which some models have."""
        some = slice(None, None, len(self.scales) // _MEASURED + 1)
        squares = np.square(self.coarse[some].astype(np.float32)).sum(axis=1)
        lengths = self.scales[some] * np.sqrt(squares)
        return bool(np.all((np.abs(lengths - 1) < 0.1) | (lengths < _TINY)))

    def estimates(self, vector: NDArray[np.float32], places: _Places = None) -> NDArray[np.float32]:
        """The product of the vectors at these places, or of all, with `vector`, from the first byte
        alone: (places,)."""
        count = len(self.scales) if places is None else len(places)
        found = np.empty(count, dtype=np.float32)
        size = max(1, _BLOCK // vector.nbytes)
        floats = np.empty((min(size, count), len(vector)), dtype=np.float32)
        for start in range(0, count, size):
            span = slice(start, start + size)
            block = self.coarse[span if places is None else places[span]]
            np.copyto(floats[: len(block)], block)
            np.dot(floats[: len(block)], vector, out=found[span])
        found *= self.scales if places is None else self.scales[places]
        return found

    def products(
        self, places: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The products of the vectors at these places with `vector`, from both bytes: (places,)."""
        # Not BLAS: with that, a product depends a little on where among others it is computed, and
        # copies of a chunk would differ by that.
        fine = np.einsum("ij,j->i", self.fine[places].astype(np.float32), vector)
        coarse = np.einsum("ij,j->i", self.coarse[places].astype(np.float32), vector)
        found: NDArray[np.float32] = (coarse + fine * _FINE) * self.scales[places]
        return found


def quantize(vectors: NDArray[np.float32], chunks: NDArray[np.uint32]) -> VectorCodes:
    """The codes of `vectors`, shape (chunks, dimensions). `chunks` has their chunks' numbers."""
    scales = np.empty(len(vectors), dtype=np.float32)
    coarse = np.empty(vectors.shape, dtype=np.int8)
    fine = np.empty(vectors.shape, dtype=np.int8)
    size = max(1, _BLOCK // max(vectors.shape[1] * vectors.itemsize, 1))
    for start in range(0, len(vectors), size):
        span = slice(start, start + size)
        scales[span] = np.abs(vectors[span]).max(axis=1, initial=_TINY) / np.float32(_LARGEST)
        numbers = vectors[span] / scales[span, None]
        rounded = np.rint(numbers)
        coarse[span] = rounded
        fine[span] = np.rint((numbers - rounded) * (2 * _LARGEST))
    return codes_of(chunks, scales, coarse, fine)


def codes_of(
    chunks: NDArray[np.uint32],
    scales: NDArray[np.float32],
    coarse: NDArray[np.int8],
    fine: NDArray[np.int8],
    signs: NDArray[np.uint64] | None = None,
) -> VectorCodes:
    """These codes, with their signs, which files of an earlier ccingest do not have."""
    return VectorCodes(chunks, scales, coarse, fine, signs_of(coarse) if signs is None else signs)


def drop_dead_vectors(codes: VectorCodes, is_live: NDArray[np.bool_]) -> VectorCodes:
    """The vectors of live chunks alone. `is_live` has shape (chunks of the postings,)."""
    kept = is_live[codes.chunks]
    return VectorCodes(*(getattr(codes, field.name)[kept] for field in fields(VectorCodes)))


def to_compare(
    parts: Sequence[VectorCodes], among: Sequence[_Places], vector: NDArray[np.float32]
) -> Sequence[_Places]:
    """Which of these vectors are compared with the unit vector, part by part: all of them, or of very
    many those whose signs are closest to its signs, and all that are as close as the last of them."""
    sizes = [
        len(codes.scales) if places is None else len(places)
        for codes, places in zip(parts, among, strict=True)
    ]
    largest = max(parts, key=lambda codes: len(codes.scales), default=None)
    if sum(sizes) <= _COMPARED_WITHOUT_SIGNS or not largest or not largest.have_unit_length():
        return among
    asked = asked_signs(vector)
    distances = [
        sign_distances(codes.signs, asked)[slice(None) if places is None else places]
        for codes, places in zip(parts, among, strict=True)
    ]
    most = largest_distance(len(vector))
    counts = np.sum([histogram(of_part, most) for of_part in distances], axis=0)
    wanted = _CHOSEN_BY_SIGNS + sum(sizes) // _CHOSEN_SHARE
    last = np.searchsorted(np.cumsum(counts), wanted)
    near = [np.flatnonzero(of_part <= last) for of_part in distances]
    return [
        chosen if places is None else places[chosen]
        for chosen, places in zip(near, among, strict=True)
    ]


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
        # Of each part, the places of the vectors whose row is there. None when all are.
        self._there: list[_Places] = []
        for number, (_, row_of) in enumerate(self._parts):
            places = np.flatnonzero(row_of >= 0)
            self._there.append(None if len(places) == len(row_of) else places)
            self._part_of[row_of[places]] = number
            self._place_of[row_of[places]] = places

    def estimates(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows, ascending, of those that are `allowed`, (rows,), and the estimated cosine of each and
        the unit vector: all that have a vector, or of very many those that may be closest."""
        among = [self._places(number, allowed) for number in range(len(self._parts))]
        chosen = to_compare([codes for codes, _ in self._parts], among, vector)
        estimates, rows = [np.zeros(0, np.float32)], [np.zeros(0, np.int32)]
        for (codes, row_of), places in zip(self._parts, chosen, strict=True):
            estimates.append(codes.estimates(vector, places))
            rows.append(row_of if places is None else row_of[places])
        found = np.concatenate(rows).astype(np.int64)
        if (found[1:] > found[:-1]).all():  # as those of one part are
            return found, np.concatenate(estimates)
        order = np.argsort(found, kind="stable")
        return found[order], np.concatenate(estimates)[order]

    def _places(self, number: int, allowed: NDArray[np.bool_] | None) -> _Places:
        """The places in a part of the vectors whose row is there and `allowed`."""
        _, row_of = self._parts[number]
        there = self._there[number]
        if allowed is None:
            return there
        if there is None:
            return np.flatnonzero(allowed[row_of])
        return there[allowed[row_of[there]]]

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
