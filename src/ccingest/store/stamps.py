"""A stamp: size, times and checksum of each file of a table, noted when a version is published.

Lance writes each file once and reads it in native code, which crashes or takes all memory when a
file is damaged. So each file is compared with its checksum before Lance reads it. This needs no
import of lancedb, which takes 0.3 s.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ccingest.disk import read_regular
from ccingest.errors import StoreError
from ccingest.locks import folder_lock
from ccingest.store.checksums import is_of, sync, sync_file

_log = logging.getLogger(__name__)

_FILE = "_stamp.json"
_INDEX = "_index/"  # its files have checksums of their own, see arrays.py
# Of the files of the index. With another one, the next ingest reads them and makes again what is of an
# earlier ccingest, as questions do in memory.
_INDEX_LAYOUT = 1
_LARGEST = 256 * 1024 * 1024  # bytes of a stamp; one of 100,000 files has 16 MB
_NEWEST_FIRST = 2**64 - 1  # Lance also names the manifest of version v by this less v
# The disk writes several files in one go: ten take 10 ms together and 60 ms one by one.
_SYNCED_AT_ONCE = 8


class OtherTableError(StoreError):
    """The folder of a table, or its stamp, is that of another table."""

    hint = "add_again_whole"


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What changes when a file is written. A program can set every time of a file but `changed`."""

    size: int  # bytes
    modified: int  # nanoseconds
    # Nanoseconds. 0 in a stamp of a file that another table has too (see sharing.py), because it
    # changes when that table comes or goes; and in one of an earlier ccingest.
    changed: int


@dataclass(frozen=True, slots=True)
class StampedFile:
    """The state of a file when its table was known to be whole."""

    status: FileStatus
    checksum: int | None  # CRC-32; None in a stamp of an earlier ccingest

    def is_as(self, now: FileStatus) -> bool:
        """Whether nobody wrote to the file since, as far as its status tells."""
        if self.checksum is None:
            return self.status == now
        is_same = (self.status.size, self.status.modified) == (now.size, now.modified)
        return is_same and self.status.changed in (0, now.changed)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The files of a table by their paths in it, when `version` was known to be whole.

    `table` is the table's name. So a folder in the place of another table's is noticed. It is empty in
    a stamp of an earlier ccingest.
    """

    table: str
    version: int
    files: dict[str, StampedFile]
    index_layout: int = _INDEX_LAYOUT

    def has_version(self, version: int) -> bool:
        """Whether the version was there."""
        return any(name in self.files for name in manifest_names(version))

    def table_files(self) -> dict[str, StampedFile]:
        """Those of Lance. What is missing of the index is made again from the rows."""
        return {path: file for path, file in self.files.items() if not path.startswith(_INDEX)}

    def has_whole_index(self, table: Path) -> bool:
        """Whether the files of the index are as they were written, as far as their status tells.

        Raises OSError.
        """
        if self.index_layout != _INDEX_LAYOUT:
            return False
        files = [(path, file) for path, file in self.files.items() if path.startswith(_INDEX)]
        now = {path: status_of(table / path) for path, _ in files}
        return all((status := now[path]) is not None and file.is_as(status) for path, file in files)

    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.status.size for file in self.files.values())


def seal(table: Path, version: int, *, has_index: bool = False) -> list[str]:
    """Bring every new file of the table to the disk, and note in its stamp that `version` is whole.

    `has_index`: so is its index, of today's layout; as that of a new table is. Files that an earlier
    stamp has are on the disk already. Returns the files of Lance that are not as that stamp has them;
    with any, no new stamp is written. Raises OSError, and OtherTableError.
    """
    with folder_lock(table):
        return _seal(table, version, has_index=has_index)


def _seal(table: Path, version: int, *, has_index: bool) -> list[str]:
    before = read_stamp(table)
    old = before.files if before else {}
    there = dict(_files_of(table))
    kept = {path: old[path] for path in there if path in old and old[path].is_as(there[path])}
    new = [path for path in there if path not in kept]
    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
        checksums = dict(zip(new, pool.map(sync_file, [table / path for path in new]), strict=True))
        # A file's name is in its folder, and that of a new table in the folder of all tables.
        folders = {(table / path).parent for path in new} - {table}
        folders |= set() if before else {table.parent, table.parent.parent}
        list(pool.map(sync, folders))
    rewritten = [path for path in new if path in old and not path.startswith(_INDEX)]
    damaged = [path for path in rewritten if old[path].checksum not in (None, checksums[path])]
    if not damaged:
        added = {path: StampedFile(there[path], checksums[path]) for path in new}
        layout = before.index_layout if before and not has_index else _INDEX_LAYOUT
        write_stamp(table, Stamp(table.stem, version, {**kept, **added}, layout))
    return damaged


def restamp(table: Path, shared: Sequence[str]) -> None:
    """Note of these files that another table has them too. Raises OSError and OtherTableError."""
    with folder_lock(table):
        stamp = read_stamp(table)
        if stamp is None:
            return
        noted = {
            path: replace(file, status=replace(file.status, changed=0))
            for path in shared
            if (file := stamp.files.get(path))
        }
        write_stamp(table, replace(stamp, files={**stamp.files, **noted}))


def read_stamp(table: Path) -> Stamp | None:
    """The stamp of a table. None without one, and for one that is damaged, which is logged.

    Raises OtherTableError.
    """
    try:
        stamp = _parsed(json.loads(read_regular(table / _FILE, _LARGEST)))
    except (FileNotFoundError, NotADirectoryError):
        return None  # it was lost, or the table is gone
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        _log.warning("The stamp of %s can't be read: %s", table, error)
        return None
    if stamp.table not in ("", table.stem):
        raise OtherTableError(f"The folder {table} is that of another table.")
    return stamp


def _parsed(found: dict[str, Any]) -> Stamp:
    """Raises ValueError for one that was written over, and what reading another value raises."""
    checksum = found.pop("checksum", None)  # which that of an earlier ccingest lacks
    if checksum not in (None, _own_checksum(found)):
        raise ValueError("its checksum is wrong")
    files = {path: _stamped(entry) for path, entry in found["files"].items()}
    table = found.get("table", "")
    return Stamp(str(table), int(found["version"]), files, int(found.get("index", 0)))


def has_files_of(table: Path, stamp: Stamp) -> bool:
    """Whether Lance's files are those of the stamp, none more and none less, with their sizes."""
    there = {path: status.size for path, status in _files_of(table) if not path.startswith(_INDEX)}
    return there == {path: file.status.size for path, file in stamp.table_files().items()}


def has_content(path: Path, file: StampedFile) -> bool:
    """Whether a file has the content that was stamped. Raises OSError."""
    return is_of(path, file.status.size, file.checksum)


def status_of(path: Path) -> FileStatus | None:
    """None for a file that is gone. Raises OSError."""
    try:
        return _status(os.lstat(path))
    except (FileNotFoundError, NotADirectoryError):
        return None


def fstatus_of(descriptor: int) -> FileStatus:
    """Of an open file. Raises OSError."""
    return _status(os.fstat(descriptor))


def _status(found: os.stat_result) -> FileStatus:
    return FileStatus(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def stamp_path(table: Path) -> Path:
    return table / _FILE


def stamp_status(table: Path) -> FileStatus | None:
    """Of the stamp itself, which is replaced as a whole. None without one. Raises OSError."""
    return status_of(table / _FILE)


def manifest_names(version: int) -> tuple[str, str]:
    """The names that Lance's manifest of a version may have, in its table."""
    first, second = (
        f"_versions/{number}.manifest" for number in (version, _NEWEST_FIRST - version)
    )
    return first, second


def write_stamp(table: Path, stamp: Stamp) -> None:
    """Replace the stamp of a table, and bring it to the disk. Raises OSError."""
    files = {
        path: [file.status.size, file.status.modified, file.status.changed, file.checksum]
        for path, file in stamp.files.items()
    }
    unfinished = table / f"{_FILE}.{os.getpid()}"
    with unfinished.open("wb") as file:
        content = {
            "table": stamp.table,
            "version": stamp.version,
            "index": stamp.index_layout,
            "files": files,
        }
        file.write(json.dumps({**content, "checksum": _own_checksum(content)}).encode())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(table / _FILE)
    sync(table)


def _own_checksum(content: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(content).encode())


def _stamped(entry: list[int]) -> StampedFile:
    size, modified, *more = entry
    changed, checksum = more or (0, None)
    return StampedFile(FileStatus(size, modified, changed), checksum)


def _files_of(table: Path) -> Iterator[tuple[str, FileStatus]]:
    """Each file but the stamp, by its path in the table. Raises OSError."""
    for root, _, files in os.walk(table, onerror=_raise):
        for file in files:
            path = Path(root, file)
            if file.startswith(_FILE):
                continue
            with suppress(FileNotFoundError):
                found = os.lstat(path)
                if stat.S_ISREG(found.st_mode):  # nobody stored anything else
                    yield path.relative_to(table).as_posix(), _status(found)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a folder that another process removed
        raise error
