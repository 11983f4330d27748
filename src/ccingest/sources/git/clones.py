"""Folders for clones. A lock tells which have an owner that lives, whatever killed the others."""

from __future__ import annotations

import errno
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ccingest.errors import StorageFullError, StoreError
from ccingest.locks import file_lock, folder_lock

_LOCK = "lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def temporary_clone(clones: Path) -> Iterator[Path]:
    """A new folder under `clones`, removed at the end. Locked, so that a sweep spares it.

    Raises StoreError when `clones` can't be written to.
    """
    folder = clones / uuid.uuid4().hex
    with ExitStack() as stack:
        try:
            clones.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A sweep between these two would take the folder for a stale one.
            with folder_lock(clones.resolve()):
                folder.mkdir(mode=0o700)
                stack.enter_context(file_lock(folder / _LOCK))
        except OSError as error:
            raise unwritable(clones, error) from error
        # What can't be removed in the end, the next sweep takes.
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def remove_stale_clones(clones: Path) -> int:
    """Remove the folders whose process is gone; returns how many those were."""
    if not clones.is_dir():
        return 0
    try:
        with folder_lock(clones.resolve()):
            return sum(_remove_if_stale(folder) for folder in clones.iterdir())
    except OSError as error:
        raise unwritable(clones, error) from error


def _remove_if_stale(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    try:
        with file_lock(folder / _LOCK, wait=False):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # its owner lives, or it has just ended and removed it
        return False
    return not folder.exists()


def unwritable(clones: Path, error: OSError) -> StoreError:
    kind = StorageFullError if error.errno in _FULL else StoreError
    return kind(f"{clones} can't be written to: {error.strerror}; check CCINGEST_HOME.")
