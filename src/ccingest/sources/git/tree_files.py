"""The files of a work tree as they are on the disk at this moment. Nothing is written.

Each folder is opened below the one before, and no symbolic link is followed. So a folder or a file
that somebody replaces by a link meanwhile leads nowhere.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from ccingest.models import EntryKind
from ccingest.sources.git.index_file import Indexed, IndexFile, Stamp, is_racy, stamp_of
from ccingest.sources.git.tree_memory import UNTRUSTED, TreeMemory
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

# Bytes of a file that any rule of selection lets through. A larger one is not read at all.
LARGEST_READ = 8 * 1024 * 1024
_DEEPEST = 256  # folders within folders, as in a commit
_READS = 4  # of a file that changes while it is read
_MOST_KEPT = 64 * 1024 * 1024  # bytes of changed files that are kept in memory
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without waiting: what was a file when it was listed may be a pipe when it is opened.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.EACCES, errno.ENXIO)


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of the tree. `content_id` is that of the blob that git would make of it."""

    content_id: str
    size: int
    kind: EntryKind
    is_tracked: bool


@dataclass(slots=True)
class TreeFiles:
    """All files, by path, and what is to be remembered of them."""

    files: dict[str, TreeFile] = field(default_factory=dict)
    remembered: dict[str, tuple[Stamp, str]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)  # of those that git has not stored
    is_new: bool = False  # whether anything differs from what was remembered
    kept_bytes: int = 0


AsStored = Callable[[str, bytes, Indexed], bytes]
"""What git stores of a tracked file with these bytes."""


@dataclass(frozen=True, slots=True)
class TreeWalk:
    """One look at a tree."""

    index: IndexFile
    memory: TreeMemory
    is_ignored: Callable[[str], bool]
    as_stored: AsStored
    without: Path  # a folder that is no part of the tree, wherever it is: our own

    def files(self, top: str) -> TreeFiles:
        """Raises OSError when the top folder can't be read."""
        found = TreeFiles()
        looking = _Look(
            self, found, time.time_ns(), _folders_of(self.index), _identity(self.without)
        )
        descriptor = os.open(top, _FOLDER)
        try:
            looking.at(descriptor, "", 0)
        finally:
            os.close(descriptor)
        if len(found.remembered) != len(self.memory.files):
            found.is_new = True
        return found


@dataclass(frozen=True, slots=True)
class _Look:
    walk: TreeWalk
    found: TreeFiles
    since: int  # nanoseconds
    tracked_folders: frozenset[str]
    without: tuple[int, int] | None

    def at(self, folder: int, prefix: str, depth: int) -> None:
        """List a folder and those in it. `folder` is open."""
        with os.scandir(folder) as listed:
            entries = list(listed)
        for entry in entries:
            path = prefix + entry.name
            if entry.name.lower() == ".git":
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    self._folder(folder, entry.name, path, depth)
                else:
                    self._file(folder, entry, path)
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                _log.info("%a is gone, or can't be read: %s", path, error)

    def _folder(self, parent: int, name: str, path: str, depth: int) -> None:
        entry = self._indexed(path)
        if entry and entry.is_submodule:
            self.found.files[path] = TreeFile(entry.content_id, 0, "submodule", True)
            return
        is_tracked = path in self.tracked_folders
        if not is_tracked and self.walk.is_ignored(f"{path}/"):
            return
        if depth >= _DEEPEST:
            self.found.files[path] = TreeFile("", 0, "too_deep", is_tracked)
            return
        folder = os.open(name, _FOLDER, dir_fd=parent)
        try:
            if not is_tracked and (_is_repository(folder) or _identity(folder) == self.without):
                return
            self.at(folder, f"{path}/", depth + 1)
        finally:
            os.close(folder)

    def _file(self, folder: int, entry: os.DirEntry[str], path: str) -> None:
        status = entry.stat(follow_symlinks=False)
        is_link = stat.S_ISLNK(status.st_mode)
        if not is_link and not stat.S_ISREG(status.st_mode):
            return
        indexed = self._indexed(path)
        is_tracked = indexed is not None
        if not is_tracked and self.walk.is_ignored(path):
            return
        if is_link:
            self.found.files[path] = TreeFile("", 0, "link", is_tracked)
            return
        stamp = stamp_of(status)
        content_id = self._known(path, stamp, indexed)
        if content_id is None and status.st_size > LARGEST_READ:
            content_id = f"{status.st_size} bytes"
        if content_id is None:
            stamp, content_id = self._read(folder, entry.name, path, indexed)
            self.found.is_new = True
        elif path not in self.walk.memory.files:
            self.found.is_new = True
        self.found.files[path] = TreeFile(content_id, stamp[2], "file", is_tracked)
        trusted = UNTRUSTED if is_racy(stamp, self.since) else stamp
        self.found.remembered[path] = trusted, content_id

    def _known(self, path: str, stamp: Stamp, indexed: Indexed | None) -> str | None:
        """The content id without reading the file, from our memory or from git's."""
        known = self.walk.memory.files.get(path)
        if known and known[0] == stamp:
            return known[1]
        if indexed and indexed.is_of(stamp) and not is_racy(stamp, self.walk.index.written):
            return indexed.content_id or None
        return None

    def _read(
        self, folder: int, name: str, path: str, indexed: Indexed | None
    ) -> tuple[Stamp, str]:
        """The stamp and the content id of a file. What git has not stored is kept."""
        stamp, data = read_whole(folder, name)
        content_id = blob_id(data)
        if indexed and indexed.content_id and content_id != indexed.content_id:
            stored = self.walk.as_stored(path, data, indexed)
            if stored is not data and blob_id(stored) == indexed.content_id:
                return stamp, indexed.content_id
        is_stored = indexed is not None and content_id == indexed.content_id
        if not is_stored and self.found.kept_bytes + len(data) <= _MOST_KEPT:
            self.found.contents[content_id] = data
            self.found.kept_bytes += len(data)
        return stamp, content_id

    def _indexed(self, path: str) -> Indexed | None:
        return self.walk.index.entries.get(path)


def read_whole(folder: int, name: str) -> tuple[Stamp, bytes]:
    """A file below an open folder, as it was at one moment as far as can be seen.

    Its stamp is 0 where it changed each time. Raises OSError, also for what is no file.
    """
    data = b""
    for _ in range(_READS):
        descriptor = os.open(name, _FILE, dir_fd=folder)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise OSError(errno.ENOENT, "is no file", name)
            data = file.readall()
            stamp = stamp_of(os.fstat(descriptor))
        if stamp == stamp_of(before) and len(data) == before.st_size:
            return stamp, data
    _log.info("%a changed each time it was read.", name)
    return (0, 0, len(data), 0), data


def open_folder(top: str, path: str) -> int:
    """The folder that a file of the tree is in, opened link by link. Raises OSError."""
    folder = os.open(top, _FOLDER)
    for name in path.split("/")[:-1]:
        try:
            inner = os.open(name, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def blob_id(data: bytes) -> str:
    """The id that git gives a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _identity(folder: Path | int) -> tuple[int, int] | None:
    try:
        status = folder.stat() if isinstance(folder, Path) else os.fstat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_repository(folder: int) -> bool:
    """Whether another repository has its work tree here: its files are not those of this one."""
    for name in (".git/HEAD", ".git"):
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            continue
        if name != ".git" or not stat.S_ISDIR(status.st_mode):
            return True
    return False


def _folders_of(index: IndexFile) -> frozenset[str]:
    """Every folder that has a tracked file in it."""
    found: set[str] = set()
    for path in index.entries:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def listing_of(files: Mapping[str, TreeFile]) -> bytes:
    """What differs when a file of the tree does."""
    parts = [
        f"{path}\0{file.content_id}\0{file.kind}\0{file.is_tracked:d}"
        for path, file in sorted(files.items())
    ]
    return "\0".join(parts).encode("utf8", "surrogateescape")
