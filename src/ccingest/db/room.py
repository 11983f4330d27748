"""Whether the disk has room for what SQLite writes beside its file."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ccingest.errors import StorageFullError

_log = logging.getLogger(__name__)

# Of the file -shm, which SQLite maps: it grows by so many bytes, of which it writes one per page.
_SHARED_BYTES, _SHARED_PAGE = 32 * 1024, 4096
_FILES_BESIDE = 2  # -wal and -shm, without which nobody reads


def is_frozen(path: Path) -> bool:
    """Whether nobody can write the database, and its write-ahead log is empty.

    Then SQLite can't create the files that readers share, but does not need them either.
    """
    wal = path.with_name(f"{path.name}-wal")
    return (
        path.exists()
        and (is_full(path) or not os.access(path.parent, os.W_OK))
        and not (wal.exists() and wal.stat().st_size)
    )


def require_room(path: Path) -> None:
    """Raises StorageFullError where SQLite would map a file that the disk has no room for.

    It writes one byte of each 4 KB of the file that readers share, which takes all its room only where
    a block is as large. With smaller blocks, the process ends with SIGBUS when it writes the others.
    """
    shared = path.with_name(f"{path.name}-shm")
    if not _has_room_to_share(path) and not (
        shared.exists() and shared.stat().st_size >= _SHARED_BYTES
    ):
        raise full_disk(path)


def is_full(path: Path | str) -> bool:
    try:
        free = os.statvfs(Path(path).parent).f_bavail
        return free == 0 or not _has_room_to_share(path) or not _has_room_for_files(path)
    except OSError as error:
        _log.info("The free space at %s is not known: %s", path, error)
        return False


def full_disk(path: Path | str) -> StorageFullError:
    if not _has_room_for_files(path):
        return StorageFullError(
            f"The disk is full, {path} could not be written: it takes no more files; remove some."
        )
    return StorageFullError(f"The disk is full, {path} could not be written; free some space.")


def _has_room_to_share(path: Path | str) -> bool:
    disk = os.statvfs(Path(path).parent)
    return disk.f_bsize >= _SHARED_PAGE or disk.f_bavail * disk.f_frsize >= 2 * _SHARED_BYTES


def _has_room_for_files(path: Path | str) -> bool:
    try:
        disk = os.statvfs(Path(path).parent)
    except OSError:  # not even its folder could be made
        return True
    return disk.f_files == 0 or disk.f_favail >= _FILES_BESIDE  # some file systems count none
