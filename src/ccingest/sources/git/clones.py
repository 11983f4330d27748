"""Folders for temporary clones. Each is locked, so those of killed processes are recognised."""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ccingest.disk import remove_folder
from ccingest.errors import StorageFullError, StoreError
from ccingest.exhausted import exhausted
from ccingest.locks import file_lock, folder_lock

_LOCK = "lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def temporary_clone(clones: Path) -> Iterator[Path]:
    """A new folder under `clones`, which is removed at the end.

    It is locked, so that `remove_stale_clones` leaves it. Raises StoreError when `clones` can't be
    written.
    """
    folder = clones / uuid.uuid4().hex
    with ExitStack() as stack:
        try:
            clones.mkdir(mode=0o700, parents=True, exist_ok=True)
            # With this lock, nobody removes the folder as stale before it is locked itself.
            with folder_lock(clones.resolve()):
                folder.mkdir(mode=0o700)
                stack.enter_context(file_lock(folder / _LOCK))
        except OSError as error:
            raise unwritable(clones, error) from error
        # What can't be removed now, `remove_stale_clones` removes later.
        stack.callback(remove_folder, folder)
        yield folder


def remove_stale_clones(clones: Path) -> int:
    """Remove the folders of processes that have ended; returns their number."""
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
            return remove_folder(folder)
    except OSError:  # usual: its process is alive, or has just removed the folder itself
        return False


def unwritable(clones: Path, error: OSError) -> StoreError:
    if limit := exhausted(error):
        return limit
    kind = StorageFullError if error.errno in _FULL else StoreError
    return kind(f"{clones} can't be written to: {error.strerror}; check CCINGEST_HOME.")
