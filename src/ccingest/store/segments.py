"""The files of a table's text index: which there are, which are too many, which nobody needs.

They lie in a folder of the table's own, so that dropping it drops them. Each holds the postings of
one write or of several. Only the rows of a version say which it needs; one that is missing or
damaged is made again from them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ccingest.store.postings import Postings, compact, merge, read_postings, write_postings

_FOLDER = "_terms"
_SUFFIX = ".postings"
# A query looks into each file; one of 65,536 chunks takes 100 MB.
_MOST_FILES = 8
_LARGEST = 65_536  # chunks


@dataclass(frozen=True, slots=True)
class Segment:
    path: Path
    postings: Postings


class Segments:
    """The text index files of the table in this folder."""

    def __init__(self, table: Path) -> None:
        self._folder = table / _FOLDER

    def covering(self, batches: NDArray[np.int64]) -> list[Segment]:
        """Files with the postings of as many of these writes as there are, each in one of them."""
        missing = set(batches.tolist())
        found = []
        # A merged file goes first: what it was made of may still be there.
        for segment in sorted(self._read(), key=lambda segment: -len(segment.postings.batches)):
            here = missing & set(segment.postings.batches.tolist())
            if here:
                found.append(segment)
                missing -= here
        return found

    def write(self, postings: Postings) -> None:
        self._folder.mkdir(exist_ok=True)
        write_postings(postings, self._folder / f"{uuid.uuid4().hex}{_SUFFIX}")

    def merge_small(self, batches: NDArray[np.int64]) -> None:
        """Make one file of many of about the same size; those stay for the ones who read them."""
        while crowd := _crowd(self.covering(batches)):
            self.write(merge([segment.postings for segment in crowd]))

    def prune(self, rows: Mapping[int, NDArray[np.int32]], grace: timedelta) -> None:
        """Remove what these rows do not need, unless it was written within `grace`.

        `rows`: for each write, the positions in it that the version still has.
        """
        needed = {s.path: s for s in self.covering(np.array(list(rows), dtype=np.int64))}
        for segment in needed.values():
            alive = _alive(segment.postings, rows)
            if 2 * alive[segment.postings.chunks].sum() < len(segment.postings.chunks):
                self.write(compact(segment.postings, alive))
                segment.path.unlink(missing_ok=True)
        oldest = time.time() - grace.total_seconds()
        for path in self._folder.glob("*"):
            try:
                if path not in needed and path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue

    def _read(self) -> Iterator[Segment]:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                yield Segment(path, read_postings(path))
            except (OSError, ValueError):  # removed meanwhile, or damaged: made again
                continue


def _crowd(segments: list[Segment]) -> list[Segment]:
    """More files than there should be of one size, if there are."""
    by_size: dict[int, list[Segment]] = {}
    for segment in segments:
        size = len(segment.postings.lengths)
        if size < _LARGEST:
            by_size.setdefault(size.bit_length() // 3, []).append(segment)
    return next((some[:_MOST_FILES] for some in by_size.values() if len(some) > _MOST_FILES), [])


def _alive(postings: Postings, rows: Mapping[int, NDArray[np.int32]]) -> NDArray[np.bool_]:
    alive = np.zeros(len(postings.lengths), dtype=np.bool_)
    for batch, start in zip(postings.batches.tolist(), postings.starts.tolist(), strict=False):
        alive[start + rows.get(batch, np.zeros(0, dtype=np.int32))] = True
    return alive
