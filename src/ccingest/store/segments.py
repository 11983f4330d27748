"""The segments of a table's index: reading, writing, merging and removing their files.

A segment holds the postings and the vectors of one write, or of several. Beside it lie its chunks.
And for each version that was published lies there which rows it has. So a question needs no Lance. Segments lie in the
table's own folder, so that dropping the table drops them. The rows of a version say which writes it
needs. A segment that is missing or damaged is made again from the rows (see indexing.py).
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

from ccingest.errors import StoreError, TooManyOpenFilesError
from ccingest.store import content
from ccingest.store.arrays import Kind, MappedFile, read_arrays, require_kinds, write_arrays
from ccingest.store.content import Content, read_content, write_content
from ccingest.store.integrity import CheckedFiles
from ccingest.store.postings import Postings, drop_dead_postings, merge, term_hash
from ccingest.store.rowmap import RowMap, distinct
from ccingest.store.vectorcodes import VectorCodes, codes_of, drop_dead_vectors

_log = logging.getLogger(__name__)

_FOLDER = "_index"
_SUFFIX = ".segment"
_ROWS_SUFFIX = ".rows"  # its name is the number of the version
# A question looks into each segment, so there should be few.
_MOST_OF_A_SIZE = 8
_LARGEST_MERGED = 65_536  # chunks; to merge more takes over 100 MB
_POSTINGS_ARRAYS = [field.name for field in fields(Postings)]
_VECTOR_ARRAYS = [field.name for field in fields(VectorCodes)]
_KINDS: Sequence[Kind] = (*Postings.KINDS, *VectorCodes.KINDS)
_FEWEST = len(_KINDS) - 1  # arrays of a file, which of an earlier ccingest has no signs
_ROWS_KINDS: Sequence[Kind] = ((np.int64, 1), (np.int32, 1))


@dataclass(frozen=True, slots=True)
class Segment:
    """The postings, vectors and chunks of some writes. All number the chunks in the same way."""

    postings: Postings
    vectors: VectorCodes
    content: Content | None  # None when the file is missing or damaged
    path: Path | None = None  # None when it is in memory only
    mapping: MappedFile | None = None  # None when all of it is in memory


class Segments:
    """The segments of the table in this folder."""

    def __init__(self, table: Path, files: CheckedFiles) -> None:
        self._folder = table / _FOLDER
        self._files = files

    def covering(self, write_ids: NDArray[np.int64]) -> list[Segment]:
        """The segments that hold these writes, each write in one of them.

        A write that no readable segment holds is left out. Raises TooManyOpenFilesError.
        """
        missing = set(write_ids.tolist())
        found = []
        # A merged segment goes first: the segments it was made of may still be there.
        for segment in sorted(self._read(), key=lambda segment: -len(segment.postings.write_ids)):
            here = missing & set(segment.postings.write_ids.tolist())
            if here:
                found.append(segment)
                missing -= here
        return found

    def have(self, version: int, rows: RowMap) -> bool:
        """Whether all of the index of this version is here, which has these rows. Raises
        TooManyOpenFilesError."""
        noted, write_ids = self.rows(version), distinct(rows.write_ids)
        covering = self.covering(write_ids)
        covered = {one for segment in covering for one in segment.postings.write_ids.tolist()}
        return (
            noted is not None
            and noted.is_same(rows)
            and covered.issuperset(write_ids.tolist())
            and all(segment.content for segment in covering)
        )

    def unreadable(self) -> list[Path]:
        """The files of damaged segments, and of those of an earlier layout."""
        readable = {segment.path for segment in self._read()}
        lost = [path for path in self._folder.glob(f"*{_SUFFIX}") if path not in readable]
        return [*lost, *(path.with_suffix(content.SUFFIX) for path in lost)]

    def write(self, segment: Segment) -> None:
        """Write the segment to a new file. Raises OSError."""
        self._write(segment.postings, [segment.vectors], [whole_content(segment)])

    def write_content_of(self, segment: Segment) -> None:
        """Write the chunks of a segment that lies here without them. Raises OSError."""
        if segment.path:
            write_content(segment.path.with_suffix(content.SUFFIX), [whole_content(segment)])

    def rows(self, version: int) -> RowMap | None:
        """The rows of a version; None when nobody noted them, or the note is damaged."""
        path = self._rows_path(version)
        try:
            arrays = read_arrays(path, len(_ROWS_KINDS)).arrays
            require_kinds(arrays, _ROWS_KINDS)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _raise_if_too_many(error)
            _log.warning("The index file %s is damaged and is made again: %s", path, error)
            return None
        return RowMap(*arrays)

    def write_rows(self, version: int, rows: RowMap) -> None:
        """Note which rows a version has. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        write_arrays(self._rows_path(version), [[rows.write_ids], [rows.positions]])

    def merge_small(
        self, write_ids: NDArray[np.int64], there: Sequence[Segment]
    ) -> Sequence[Segment]:
        """Merge segments of about the same size until there are few. Raises OSError.

        `there` are those that cover these writes; returns those that do so then. The merged files stay,
        because readers may have them open; `prune` removes them later.
        """
        while small := _too_many_of_a_size(there):
            bases = accumulate((len(one.postings.lengths) for one in small), initial=0)
            vectors = [one.vectors.shifted(base) for one, base in zip(small, bases, strict=False)]
            contents = [whole_content(one) for one in small]
            self._write(merge([one.postings for one in small]), vectors, contents)
            there = self.covering(write_ids)
        return there

    def prune(
        self,
        version: int,
        rows: Mapping[int, NDArray[np.int32]],
        grace: timedelta,
        covering: Sequence[Segment],
    ) -> None:
        """Remove what this version does not need, unless it was written within `grace`.

        `rows` has the positions in each write that the version still has, and `covering` has its
        segments. One of which more than half was deleted is written again without that. Raises OSError.
        """
        needed = {segment.path: segment for segment in covering}
        for path, segment in needed.items():
            live = _live_chunks(segment.postings, rows)
            if path and 2 * live[segment.vectors.chunks].sum() < len(segment.vectors.chunks):
                self.write(_without_dead(segment, live))
                path.unlink(missing_ok=True)
        wanted = {path.stem for path in needed if path} | {str(version)}
        oldest = time.time() - grace.total_seconds()
        for path in self._folder.glob("*"):
            try:
                if path.stem not in wanted and path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                _log.info("The index file %s was removed by another process meanwhile.", path)

    def _rows_path(self, version: int) -> Path:
        return self._folder / f"{version}{_ROWS_SUFFIX}"

    def _write(
        self,
        postings: Postings,
        vectors: Sequence[VectorCodes],
        contents: Sequence[Content],
    ) -> None:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{uuid.uuid4().hex}{_SUFFIX}"
        # First, so that no crash leaves a segment without its chunks.
        write_content(path.with_suffix(content.SUFFIX), contents)
        arrays = [[getattr(postings, name)] for name in _POSTINGS_ARRAYS]
        arrays += [[getattr(part, name) for part in vectors] for name in _VECTOR_ARRAYS]
        write_arrays(path, arrays)

    def _read(self) -> Iterator[Segment]:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                file = read_arrays(path, len(_KINDS), is_known=self._files.is_known(path))
                require_kinds(file.arrays, _KINDS[: max(len(file.arrays), _FEWEST)])
                self._files.note_compared(path)
            except FileNotFoundError:
                _log.info("The index file %s was removed by another process meanwhile.", path)
                continue
            except (OSError, ValueError) as error:
                _raise_if_too_many(error)
                _log.warning("The index file %s is damaged and is made again: %s", path, error)
                continue
            split = len(_POSTINGS_ARRAYS)
            postings, vectors = Postings(*file.arrays[:split]), codes_of(*file.arrays[split:])
            yield Segment(postings, vectors, self._content(path, postings), path, file.mapping)

    def _content(self, segment: Path, postings: Postings) -> Content | None:
        path = segment.with_suffix(content.SUFFIX)
        try:
            is_known = self._files.is_known(path)
            found = read_content(path, is_known=is_known)
            if not is_known:
                _require_same_chunks(found, postings)
            self._files.note_compared(path)
            return found
        except FileNotFoundError:
            return None  # of an earlier ccingest
        except (OSError, ValueError) as error:
            _raise_if_too_many(error)
            _log.warning("The index file %s is damaged and is made again: %s", path, error)
            return None


def whole_content(segment: Segment) -> Content:
    """The chunks of a segment that has them. Raises StoreError for one whose file was lost."""
    if segment.content is None:
        raise StoreError("A part of the index is without its chunks.", hint="add_again_whole")
    return segment.content


def _require_same_chunks(found: Content, postings: Postings) -> None:
    """Raises ValueError for the chunks of another segment, as a file in the place of its own has."""
    hash_of = [term_hash(path) if path else 0 for path in found.values.all()]
    files = np.array(hash_of, dtype=np.uint64)[found.shared[:, 0]]
    if len(files) != len(postings.files) or (files[files > 0] != postings.files[files > 0]).any():
        raise ValueError("it has the chunks of another segment")


def _without_dead(segment: Segment, live: NDArray[np.bool_]) -> Segment:
    return Segment(
        drop_dead_postings(segment.postings, live),
        drop_dead_vectors(segment.vectors, live),
        content.kept(whole_content(segment), live),
    )


def _raise_if_too_many(error: Exception) -> None:
    """Raises TooManyOpenFilesError when this error says that."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        raise TooManyOpenFilesError(
            "The process may open no more files, and the datasets have more; raise its limit, as "
            "with `ulimit -n 4096`."
        ) from error


def _too_many_of_a_size(segments: Sequence[Segment]) -> list[Segment]:
    """Segments of about the same size to merge; none when there are few of each size."""
    by_size: dict[int, list[Segment]] = {}
    for segment in segments:
        size = len(segment.postings.lengths)
        if size < _LARGEST_MERGED:
            by_size.setdefault(size.bit_length() // 3, []).append(segment)
    for same_size in by_size.values():
        if len(same_size) > _MOST_OF_A_SIZE:
            return same_size[:_MOST_OF_A_SIZE]
    return []


def _live_chunks(postings: Postings, rows: Mapping[int, NDArray[np.int32]]) -> NDArray[np.bool_]:
    """Which chunks of the postings the version still has, shape (chunks,). `rows`: see `prune`."""
    is_live = np.zeros(len(postings.lengths), dtype=np.bool_)
    for write_id, start in zip(postings.write_ids.tolist(), postings.starts.tolist(), strict=False):
        is_live[start + rows.get(write_id, np.zeros(0, dtype=np.int32))] = True
    return is_live
