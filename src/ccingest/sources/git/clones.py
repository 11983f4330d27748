"""Folders for clones. A lock tells which have an owner that lives, whatever killed the others."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccingest.errors import StorageFullError, StoreError

_LOCK = "lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def temporary_clone(clones: Path) -> Iterator[Path]:
    """A new folder under `clones`, removed at the end. Locked, so that a sweep spares it.

    Raises StoreError when `clones` can't be written to.
    """
    folder = clones / uuid.uuid4().hex
    try:
        clones.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _no_sweep(clones):  # a sweep between these two would take the folder for a stale one
            folder.mkdir(mode=0o700)
            lock = _locked(folder / _LOCK, fcntl.LOCK_EX)
    except OSError as error:
        raise unwritable(clones, error) from error
    try:
        yield folder
    finally:
        # What can't be removed now, the next sweep takes.
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_stale_clones(clones: Path) -> int:
    """Remove the folders whose process is gone; returns how many those were."""
    if not clones.is_dir():
        return 0
    try:
        with _no_sweep(clones):
            return sum(_remove_if_stale(folder) for folder in clones.iterdir())
    except OSError as error:
        raise unwritable(clones, error) from error


def _remove_if_stale(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    try:
        lock = _locked(folder / _LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # its owner lives, or it has just ended and removed it
        return False
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
    return not folder.exists()


@contextmanager
def _no_sweep(clones: Path) -> Iterator[None]:
    lock = os.open(clones, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _locked(path: Path, how: int) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, how)
    except OSError:
        os.close(lock)
        raise
    return lock


def unwritable(clones: Path, error: OSError) -> StoreError:
    kind = StorageFullError if error.errno in _FULL else StoreError
    return kind(f"{clones} can't be written to: {error.strerror}; check CCINGEST_HOME.")
