"""The files of a table's index: which there are, which are too many, which nobody needs.

They lie in a folder of the table's own, so that dropping it drops them. Each holds the postings and
the vectors of one write or of several. Only the rows of a version say which it needs; one that is
missing or damaged is made again from them.
"""

from __future__ import annotations

import errno
import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ccingest.errors import TooManyOpenFilesError
from ccingest.store.arrays import read_arrays, write_arrays
from ccingest.store.postings import Postings, compact, merge
from ccingest.store.vectorcodes import VectorCodes, choose

_log = logging.getLogger(__name__)

_FOLDER = "_index"
_SUFFIX = ".segment"
# A query looks into each file; the postings of 65,536 chunks take 100 MB to merge.
_MOST_FILES = 8
_LARGEST = 65_536  # chunks
_OF_POSTINGS = [field.name for field in fields(Postings)]
_OF_VECTORS = [field.name for field in fields(VectorCodes)]


@dataclass(frozen=True, slots=True)
class Segment:
    """What searches look into: postings number the chunks, vectors go by these numbers."""

    postings: Postings
    vectors: VectorCodes
    path: Path | None = None  # None: in memory only


class Segments:
    """The index files of the table in this folder."""

    def __init__(self, table: Path) -> None:
        self._folder = table / _FOLDER

    def covering(self, batches: NDArray[np.int64]) -> list[Segment]:
        """Files with as many of these writes as there are, each in one of them."""
        missing = set(batches.tolist())
        found = []
        # A merged file goes first: what it was made of may still be there.
        for segment in sorted(self._read(), key=lambda segment: -len(segment.postings.batches)):
            here = missing & set(segment.postings.batches.tolist())
            if here:
                found.append(segment)
                missing -= here
        return found

    def write(self, segment: Segment) -> None:
        self._write(segment.postings, [segment.vectors])

    def merge_small(self, batches: NDArray[np.int64]) -> None:
        """Make one file of many of about the same size; those stay for the ones who read them."""
        while crowd := _crowd(self.covering(batches)):
            bases = accumulate((len(one.postings.lengths) for one in crowd), initial=0)
            vectors = [one.vectors.after(base) for one, base in zip(crowd, bases, strict=False)]
            self._write(merge([one.postings for one in crowd]), vectors)

    def prune(self, rows: Mapping[int, NDArray[np.int32]], grace: timedelta) -> None:
        """Remove what these rows do not need, unless it was written within `grace`.

        `rows`: for each write, the positions in it that the version still has.
        """
        covering = self.covering(np.array(list(rows), dtype=np.int64))
        needed = {segment.path: segment for segment in covering}
        for path, segment in needed.items():
            alive = _alive(segment.postings, rows)
            if path and 2 * alive[segment.vectors.chunks].sum() < len(segment.vectors.chunks):
                kept = choose(segment.vectors, alive)
                self.write(Segment(compact(segment.postings, alive), kept))
                path.unlink(missing_ok=True)
        oldest = time.time() - grace.total_seconds()
        for path in self._folder.glob("*"):
            try:
                if path not in needed and path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue

    def _write(self, postings: Postings, vectors: Sequence[VectorCodes]) -> None:
        self._folder.mkdir(exist_ok=True)
        arrays = [[getattr(postings, name)] for name in _OF_POSTINGS]
        arrays += [[getattr(part, name) for part in vectors] for name in _OF_VECTORS]
        write_arrays(self._folder / f"{uuid.uuid4().hex}{_SUFFIX}", arrays)

    def _read(self) -> Iterator[Segment]:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                arrays = read_arrays(path, len(_OF_POSTINGS) + len(_OF_VECTORS))
            except FileNotFoundError:  # merged meanwhile
                continue
            except (OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
                    raise TooManyOpenFilesError(
                        "The process may open no more files, and the datasets have more; raise its "
                        "limit, as with `ulimit -n 4096`."
                    ) from error
                _log.warning("The index file %s is damaged, it is made again: %s", path, error)
                continue
            split = len(_OF_POSTINGS)
            yield Segment(Postings(*arrays[:split]), VectorCodes(*arrays[split:]), path)


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
