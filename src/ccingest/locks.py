"""Locks between the processes of one machine, which the kernel releases when the holder ends.

And one lock between threads, `array_headers`.
"""

# This uses flock(2) and not the library filelock, for four reasons. FileLock can't lock a folder. It
# creates the file even to test whether a lock is held. It waits by trying again every 50 ms. Its
# import takes 17 ms, in every command that reads jobs.

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

# Hold it while NumPy reads the header of an array, which it parses with `ast`. In Python 3.11, two
# threads that do so at once may fail: "AST constructor recursion depth mismatch".
array_headers = threading.Lock()


@contextmanager
def file_lock(path: Path, *, wait: bool = True, create: bool = True) -> Iterator[None]:
    """Hold the file's lock while the body runs. The body may remove the file.

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
    """Hold the folder's lock while the body runs. The body may remove the folder.

    Raises BlockingIOError when another process holds it and `wait` is False, FileNotFoundError
    when there is no folder, and any other OSError of opening it, such as that of a symbolic link.
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
            # The last holder may have removed the file. Then this lock protects nothing: try again.
            if _is_still_at(path, descriptor):
                stack.pop_all()
                return descriptor


def _is_still_at(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):  # the last holder has removed it
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
