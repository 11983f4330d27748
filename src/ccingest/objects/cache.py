"""Objects that are kept on this disk, by the name and the tag that they have in their store."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import time
from pathlib import Path

from ccingest.errors import StorageFullError, StoreError, UnsupportedSourceError
from ccingest.locks import file_lock
from ccingest.objects.store import ObjectStore
from ccingest.objects.urls import ObjectUrl
from ccingest.progress import Emit, discard
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024**3  # of one object
_LEAST_FREE = 256 * 1024**2  # bytes of the disk that stay free
_ABANDONED = 3600.0  # seconds after which a download that nobody finished is removed


@dataclass(frozen=True, slots=True)
class ObjectCache:
    """A folder of objects. Together they take at most `limit` bytes, besides the last one."""

    folder: Path
    limit: int

    def fetch(self, url: ObjectUrl, emit: Emit = discard) -> Path:
        """The object as a file. It is downloaded unless the one that is kept is the same.

        Raises what the store raises, UnsupportedSourceError for one that is too large,
        StorageFullError and StoreError.
        """
        store = ObjectStore(url.bucket)
        info = store.info(url.key)
        if info.size > _MOST_BYTES:
            raise UnsupportedSourceError(f"{url} has {info.size:,} bytes, which is too much.")
        name = hashlib.sha256(f"{url}\n{info.tag}\n{info.size}".encode()).hexdigest()
        path = self.folder / f"{name}.object"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self.folder / f"{name}.lock"):
                if not (path.is_file() and path.stat().st_size == info.size):
                    self._make_room(info.size, path)
                    unfinished = self.folder / f"{name}.{os.getpid()}.part"
                    unfinished.unlink(missing_ok=True)
                    try:
                        store.download(info, unfinished, emit)
                        unfinished.replace(path)
                    finally:
                        unfinished.unlink(missing_ok=True)
                os.utime(path)  # what was used last is removed last
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFullError(f"The disk is full: could not keep {url}.") from error
            raise StoreError(f"Can't write to {self.folder}: {error.strerror}.") from error
        return path

    def trim(self, limit: int | None = None, keep: Path | None = None) -> int:
        """Remove what was not used for longest, and what killed downloads left; returns the bytes."""
        most = self.limit if limit is None else limit
        freed = self._remove_abandoned()
        kept = sorted(self._objects(), key=lambda one: one[1].st_mtime, reverse=True)
        total = 0
        for path, status in kept:
            total += status.st_size
            if total > most and path != keep:
                path.unlink(missing_ok=True)
                freed += status.st_size
        return freed

    def _make_room(self, size: int, path: Path) -> None:
        self.trim(max(0, self.limit - size), keep=path)
        if shutil.disk_usage(self.folder).free < size + _LEAST_FREE:
            raise StorageFullError(
                f"The disk of {self.folder} has no room for {size / 1e6:,.0f} MB."
            )

    def _objects(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in self.folder.glob("*.object"):
            try:
                found.append((path, path.stat()))
            except FileNotFoundError:
                _log.info("Another process has removed %s.", path)
        return found

    def _remove_abandoned(self) -> int:
        before, freed = time.time() - _ABANDONED, 0
        for pattern in ("*.part", "*.lock"):
            for path in self.folder.glob(pattern):
                try:
                    status = path.stat()
                    if status.st_mtime < before:
                        path.unlink()
                        freed += status.st_size
                except FileNotFoundError:
                    _log.info("Another process has removed %s.", path)
        return freed
