"""The segments of a table's index: reading and writing their files.

A segment holds the postings and the vectors of one write, or of several. Beside it lie its chunks.
And for each version that was published lies there which rows it has. So a question needs no Lance. Segments lie in the
table's own folder, so that dropping the table drops them. The rows of a version say which writes it
needs. A segment that is missing or damaged is made again from the rows (see indexing.py).
"""

from __future__ import annotations

import errno
import logging
import uuid
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ccingest.errors import StoreError, TooManyOpenFilesError
from ccingest.store import content
from ccingest.store.arrays import (
    Kind,
    MappedFile,
    first_arrays,
    read_arrays,
    require_kinds,
    write_arrays,
)
from ccingest.store.content import Content, read_content, write_content
from ccingest.store.integrity import CheckedFiles
from ccingest.store.postings import Postings, term_hash
from ccingest.store.rowmap import RowMap, distinct
from ccingest.store.vectorcodes import VectorCodes, codes_of

_log = logging.getLogger(__name__)

_FOLDER = "_index"
_SUFFIX = ".segment"
_ROWS_SUFFIX = ".rows"  # its name is the number of the version
_POSTINGS_ARRAYS = [field.name for field in fields(Postings)]
_VECTOR_ARRAYS = [field.name for field in fields(VectorCodes)]
_KINDS: Sequence[Kind] = (*Postings.KINDS, *VectorCodes.KINDS)
_FEWEST = len(_KINDS) - 1  # arrays of a file, which of an earlier ccingest has no signs
# Of an earlier ccingest it is without the last: the number of the version, and the table.
_ROWS_KINDS: Sequence[Kind] = ((np.int64, 1), (np.int32, 1), (np.int64, 1))
_OUTLINE_KINDS = Postings.KINDS[:2]
# An index of more bytes takes more memory than a process should. Its segments are mapped, but for the
# small ones, which would need many open files.
_LARGE_INDEX = 128 * 1024 * 1024
_READ_OF_LARGE = 16 * 1024 * 1024
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Segment:
    """The postings, vectors and chunks of some writes. All number the chunks in the same way."""

    postings: Postings
    vectors: VectorCodes
    content: Content | None  # None when the file is missing or damaged
    path: Path | None = None  # None when it is in memory only
    mapping: MappedFile | None = None  # None when all of it is in memory


@dataclass(frozen=True, eq=False, slots=True)
class Outline:
    """Which writes a segment on the disk has. All segments of a large table take too much memory."""

    path: Path
    write_ids: NDArray[np.int64]  # (writes,)
    starts: NDArray[np.int64]  # (writes + 1,) the number of the first chunk of each write
    has_content: bool = True

    @property
    def size(self) -> int:
        """Its chunks."""
        return int(self.starts[-1])


class Segments:
    """The segments of the table in this folder."""

    def __init__(self, table: Path, files: CheckedFiles) -> None:
        self.folder = table / _FOLDER
        self._table_key = zlib.crc32(table.stem.encode())
        self._files = files

    def covering(self, write_ids: NDArray[np.int64]) -> list[Segment]:
        """The segments that hold these writes, each write in one of them.

        A write that no readable segment holds is left out. Raises TooManyOpenFilesError.
        """
        return self._readable(write_ids, self._read)

    def outlines(self, write_ids: NDArray[np.int64]) -> list[Outline]:
        """The same, but only one segment is in memory at a time."""
        return self._readable(write_ids, self.checked)

    def have(self, version: int, rows: RowMap) -> bool:
        """Whether all of the index of this version is here, which has these rows. Raises
        TooManyOpenFilesError."""
        noted, write_ids = self.rows(version), distinct(rows.write_ids)
        covering = self.outlines(write_ids)
        covered = {write_id for one in covering for write_id in one.write_ids.tolist()}
        return (
            noted is not None
            and noted.is_same(rows)
            and covered.issuperset(write_ids.tolist())
            and all(one.has_content for one in covering)
        )

    def unreadable(self) -> list[Path]:
        """The files of damaged segments, and of those of an earlier layout."""
        lost = [path for path in self.folder.glob(f"*{_SUFFIX}") if not self.checked(path)]
        return [*lost, *(path.with_suffix(content.SUFFIX) for path in lost)]

    def checked(self, path: Path, is_large: bool = True) -> Outline | None:
        """The outline of a segment that was read; None for a damaged one or one that is gone."""
        segment = self._read(path, is_large)
        if segment is None:
            return None
        # Copies, because an array in a file keeps all of the file in memory.
        write_ids, starts = segment.postings.write_ids.copy(), segment.postings.starts.copy()
        return Outline(path, write_ids, starts, segment.content is not None)

    def read(self, outline: Outline) -> Segment:
        """Raises StoreError when it is not there any more."""
        segment = self._read(outline.path, is_large=True)
        if segment is None:
            raise StoreError("A part of the index is gone.", hint="add_again_whole")
        return segment

    def remove(self, outlines: Sequence[Outline]) -> None:
        """Raises OSError."""
        for outline in outlines:
            outline.path.unlink(missing_ok=True)
            outline.path.with_suffix(content.SUFFIX).unlink(missing_ok=True)

    def write(self, segment: Segment) -> None:
        """Write the segment to a new file. Raises OSError."""
        self.write_parts(segment.postings, [segment.vectors], [whole_content(segment)])

    def write_parts(
        self,
        postings: Postings,
        vectors: Sequence[VectorCodes],
        contents: Sequence[Content],
    ) -> Path:
        """Write one segment, whose vectors and chunks come in parts, to a new file. Raises OSError."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{uuid.uuid4().hex}{_SUFFIX}"
        # First, so that no crash leaves a segment without its chunks.
        write_content(path.with_suffix(content.SUFFIX), contents)
        arrays = [[getattr(postings, name)] for name in _POSTINGS_ARRAYS]
        arrays += [[getattr(part, name) for part in vectors] for name in _VECTOR_ARRAYS]
        write_arrays(path, arrays)
        return path

    def write_content_of(self, segment: Segment) -> None:
        """Write the chunks of a segment that lies here without them. Raises OSError."""
        if segment.path:
            path = segment.path.with_suffix(content.SUFFIX)
            write_content(path, [whole_content(segment)])
            self._files.note_compared(path)  # it may differ from what was stamped

    def rows(self, version: int) -> RowMap | None:
        """The rows of a version; None when nobody noted them, or the note is damaged.

        Raises OtherTableError.
        """
        path = self._rows_path(version)
        try:
            stamped = self._files.checksum_of(path)
            write_ids, positions, *own = read_arrays(path, len(_ROWS_KINDS), stamped=stamped).arrays
            require_kinds([write_ids, positions, *own], _ROWS_KINDS[: 2 + len(own)])
            if own and own[0][:1].tolist() != [version]:
                raise ValueError("it has the rows of another version")
            is_named = bool(own) and own[0][1:].tolist() == [self._table_key]
            if not is_named and not self._files.has_noted(path):
                raise ValueError("nothing says that it is of this table")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _raise_if_too_many(error)
            _log.warning("The index file %s is damaged and is made again: %s", path, error)
            return None
        return RowMap(write_ids, positions)

    def write_rows(self, version: int, rows: RowMap) -> None:
        """Note which rows a version has. Raises OSError."""
        self.folder.mkdir(exist_ok=True)
        own = np.array([version, self._table_key], dtype=np.int64)
        write_arrays(self._rows_path(version), [[rows.write_ids], [rows.positions], [own]])
        self._files.note_compared(self._rows_path(version))

    def _rows_path(self, version: int) -> Path:
        return self.folder / f"{version}{_ROWS_SUFFIX}"

    def _readable(
        self, write_ids: NDArray[np.int64], read: Callable[[Path, bool], _Read | None]
    ) -> list[_Read]:
        """What `read` returns of the segments that hold these writes and can be read."""
        lost: set[Path] = set()
        while True:
            outlines = [outline for outline in self._outlines() if outline.path not in lost]
            paths = [outline.path for outline in _chosen(outlines, write_ids)]
            is_large = sum(map(_bytes_of, paths)) > _LARGE_INDEX
            found = [(path, read(path, is_large)) for path in paths]
            if all(one for _, one in found):
                return [one for _, one in found if one]
            lost.update(path for path, one in found if one is None)

    def _outlines(self) -> list[Outline]:
        """Of all segments."""
        paths = sorted(self.folder.glob(f"*{_SUFFIX}"))
        found = [_whole(path, partial(_outline, path)) for path in paths]
        return [outline for outline in found if outline]

    def _read(self, path: Path, is_large: bool) -> Segment | None:
        return _whole(path, partial(self._segment, path, is_large))

    def _segment(self, path: Path, is_large: bool) -> Segment:
        most = _READ_OF_LARGE if is_large else None
        file = read_arrays(path, len(_KINDS), is_known=self._files.is_known(path), most=most)
        require_kinds(file.arrays, _KINDS[: max(len(file.arrays), _FEWEST)])
        self._files.note_compared(path)
        split = len(_POSTINGS_ARRAYS)
        postings, vectors = Postings(*file.arrays[:split]), codes_of(*file.arrays[split:])
        return Segment(postings, vectors, self._content(path, postings), path, file.mapping)

    def _content(self, segment: Path, postings: Postings) -> Content | None:
        path = segment.with_suffix(content.SUFFIX)
        try:
            is_known = self._files.is_known(path)
            stamped = None if is_known else self._files.checksum_of(path)
            found = read_content(path, is_known=is_known, stamped=stamped)
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


def _whole(path: Path, read: Callable[[], _Read]) -> _Read | None:
    """What `read` returns of this file; None for a damaged one or one that is gone."""
    try:
        return read()
    except FileNotFoundError:
        _log.info("The index file %s was removed by another process meanwhile.", path)
    except (OSError, ValueError) as error:
        _raise_if_too_many(error)
        _log.warning("The index file %s is damaged and is made again: %s", path, error)
    return None


def _outline(path: Path) -> Outline:
    """Its checksum is not compared. Raises OSError, and ValueError for a damaged file."""
    arrays = first_arrays(path, len(_OUTLINE_KINDS))
    require_kinds(arrays, _OUTLINE_KINDS)
    write_ids, starts = arrays
    return Outline(path, write_ids, starts)


def _chosen(outlines: Sequence[Outline], write_ids: NDArray[np.int64]) -> list[Outline]:
    """Those that hold these writes, each write in one of them."""
    missing = set(write_ids.tolist())
    found = []
    # A merged segment goes first: the segments it was made of may still be there.
    for outline in sorted(outlines, key=lambda outline: -len(outline.write_ids)):
        here = missing & set(outline.write_ids.tolist())
        if here:
            found.append(outline)
            missing -= here
    return found


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # which is noticed when it is read


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


def _raise_if_too_many(error: Exception) -> None:
    """Raises TooManyOpenFilesError when this error says that."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        raise TooManyOpenFilesError(
            "The process may open no more files, and the datasets have more; raise its limit, as "
            "with `ulimit -n 4096`."
        ) from error
