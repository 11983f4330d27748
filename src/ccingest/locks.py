"""Locks between the processes of one machine. The kernel releases them when their holder dies."""

# Why flock(2) itself, and not the library filelock: its FileLock opens a file and so can't lock a
# folder; it creates the file that a probe only asks about; it waits by asking again every 50 ms;
# and its import takes 17 ms, in every command that reads jobs. One call serves all cases here.

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def file_lock(path: Path, *, wait: bool = True, create: bool = True) -> Iterator[None]:
    """Hold the file's lock while the body runs, which may remove or keep the file.

    Raises BlockingIOError when another process holds it and `wait` is False, FileNotFoundError
    when there is no file and `create` is False, and any other OSError of opening it.
    """
    descriptor = _acquire(path, os.O_RDWR | (os.O_CREAT if create else 0), wait)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def folder_lock(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the folder's lock while the body runs, which may remove the folder.

    Raises BlockingIOError when another process holds it and `wait` is False, FileNotFoundError
    when there is no folder, and any other OSError of opening it, for a symbolic link as well.
    """
    descriptor = _acquire(folder, os.O_RDONLY | os.O_DIRECTORY, wait)
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire(path: Path, flags: int, wait: bool) -> int:
    while True:
        with ExitStack() as stack:
            descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            # Who held it before may have removed it: then this is the lock of nothing.
            if _is_still_at(path, descriptor):
                stack.pop_all()
                return descriptor


def _is_still_at(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
