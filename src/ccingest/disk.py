"""Files and folders on disk: opening, measuring, removing, and replacing a file at once."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ccingest.errors import StoreError

_log = logging.getLogger(__name__)

_MORE = 64 * 1024  # bytes that are read at once of a file that has grown


class NotRegularError(OSError):
    """A pipe, a device or a folder is in the place of a file."""


def regular_descriptor(path: str | Path, flags: int = os.O_RDONLY) -> int:
    """Open a file to read it. Its signature is that of an opener of `open`.

    To open a pipe, or to read a device such as /dev/zero, may never end. Raises NotRegularError for
    those, and OSError.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRegularError(errno.EINVAL, "it is no regular file", str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_regular(path: Path) -> BinaryIO:
    """As `regular_descriptor`."""
    return open(path, "rb", opener=regular_descriptor)


def read_regular(path: Path, most: int) -> bytes:
    """The content of a file of at most so many bytes. Raises as `regular_descriptor` does, and
    ValueError for a larger one."""
    with open_regular(path) as file:
        # To ask for `most` bytes would take so much memory first, however small the file is.
        expected = min(os.fstat(file.fileno()).st_size, most)
        content = file.read(expected)
        while len(content) <= most and (more := file.read(_MORE)):
            content += more  # it grows while it is read
    if len(content) > most:
        raise ValueError("it is too large")
    return content


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder; 0 when there is no folder. Follows no symbolic links.

    A file that several folders have as hard links counts for each with its share of the bytes.
    """
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                status = os.lstat(f"{root}/{file}")
                total += status.st_size // max(1, status.st_nlink)
            except (FileNotFoundError, PermissionError) as error:
                _log.info("%s/%s has no size: %s", root, file, error)
    return total


def remove_folder(folder: Path) -> bool:
    """Remove a folder with all that is in it. Returns False when a part of it can't be removed."""
    with suppress(OSError):  # a link, a pipe or the like in its place; a folder stays
        folder.unlink()
    if folder.is_dir():  # to open a pipe never ends
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        _log.warning("The folder %s can't be removed completely.", folder)
        return False
    return True


def other_kind(path: Path) -> str | None:
    """What is there that is no regular file, such as a pipe. None when nothing is in the way of one.

    Follows symbolic links. Raises OSError.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode):
        return None
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "no regular file")


def replace_file(path: Path, data: bytes, *, mode: int, folder_mode: int = 0o777) -> None:
    """Write a file of the user's, whole or not at all. A link to it, as in dotfiles, stays one.

    `folder_mode` is for its folder, if there is none yet. Raises StoreError.
    """
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        kind = other_kind(target)
        if kind and not target.is_dir():  # which the system says of a folder
            raise StoreError(f"{path} can't be written: it is {kind}.")
        target.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        unfinished.replace(target)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise StoreError(f"{path} can't be written: {error.strerror}.") from error
