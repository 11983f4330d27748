"""The tables of an object store, and those of them that are on this disk.

A table that is here has its manifest in the folder of notes; the time of that file is when the table was
last used. A table without one was made here and is kept nowhere else yet, or is an overlay.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
import uuid
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

from ccingest.disk import folder_size, remove_folder
from ccingest.errors import NotFoundError, StorageFullError, StoreError, VersionGoneError
from ccingest.locks import file_lock
from ccingest.objects import ObjectStore, ObjectUrl
from ccingest.progress import Emit, discard
from ccingest.remote.manifest import (
    LARGEST_MANIFEST,
    NAME,
    StoredFile,
    TableManifest,
    manifest_of,
    read_manifest,
)
from ccingest.remote.transfers import get_files, put_files, repeated
from ccingest.store.sharing import files_of_version
from ccingest.store.stamps import (
    OtherTableError,
    Stamp,
    StampedFile,
    has_content,
    read_stamp,
    status_of,
    write_stamp,
)

_log = logging.getLogger(__name__)

_LOCKS = 16  # files of locks; which one is a table's, its name says
# So long after its last use a table stays here, whatever the limit: another process may read it.
_USED = 600.0
_TRIM_EVERY = 60.0  # seconds
_ABANDONED = 3600.0  # seconds after which what a killed download left is removed
_FULL = (errno.ENOSPC, errno.EDQUOT)


class RemoteTables:
    """See store.origin.TableOrigin. For any number of threads and processes.

    Its methods raise StoreError and its subclasses, and what ObjectStore raises.
    """

    def __init__(self, place: ObjectUrl, folder: Path, notes: Path, limit: int) -> None:
        """Tables below `place` come into `folder`; together they take about `limit` bytes there."""
        self._place = place
        self._folder = folder
        self._notes = notes
        self._limit = limit
        self._readers: WeakKeyDictionary[object, str] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._trimmed_at = float("-inf")

    @cached_property
    def store(self) -> ObjectStore:
        return ObjectStore(self._place.bucket)

    def bring_index(self, name: str, reader: object = None) -> None:
        if reader is not None:
            with self._lock:
                self._readers[reader] = name
        if self._table(name).is_dir():
            if reader is None:
                self._note_use(name)
            return
        with self._errors(name), self._locked(name):
            if not self._table(name).is_dir():
                manifest = self.manifest(name)
                index = [file for file in manifest.files if file.is_index]
                self._bring_new(name, manifest, index)

    def bring_all(self, name: str) -> None:
        self._bring(name, is_thorough=False)

    def repair(self, name: str) -> None:
        self._bring(name, is_thorough=True)

    def upload(
        self, name: str, version: int, like: Sequence[str] = (), emit: Emit = discard
    ) -> TableManifest:
        """Put a table that was made here into the store. Nobody else sees it before it is published.

        Files that it shares with one of the tables `like` and that the store has are not put again.
        Raises what `emit` raises, to stop it.
        """
        table = self._table(name)
        with self._errors(name):
            stamp = read_stamp(table)
            if stamp is None:
                raise StoreError(f"The table {name} has no checksums.", hint="add_again_whole")
            wanted = dict(files_of_version(table, version, stamp.files))
            known = self._known(like)
            new = [(path, file) for path, file in wanted.items() if _key(path, file) not in known]
            new.sort(key=lambda one: not one[0].startswith("_index/"))  # a question reads these
            stored = put_files(self.store, self._place, name, table, new, emit)
            kept = [
                known[_key(path, file)]
                for path, file in wanted.items()
                if _key(path, file) in known
            ]
            manifest = TableManifest(version, (*stored, *kept))
            data = manifest.to_json()
            self.store.put(self._place.below(name, NAME).key, data)
            self._keep_note(name, data)
        return manifest

    def manifest(self, name: str) -> TableManifest:
        """The manifest of a table. Raises VersionGoneError when the store has no such table."""
        kept = read_manifest(self._note(name), name)
        if kept:
            return kept
        key = self._place.below(name, NAME).key
        try:
            data, _ = repeated(lambda: self.store.read(key, LARGEST_MANIFEST))
        except NotFoundError:
            raise VersionGoneError(f"The table {name} is gone from the store.") from None
        return manifest_of(data, name)

    def is_noted(self, name: str) -> bool:
        """Whether the store has the table, as far as this disk knows."""
        return self._note(name).is_file()

    def trim_if_due(self) -> None:
        """As `trim`, unless it was done a moment ago: it looks at all tables."""
        with self._lock:
            is_due = time.monotonic() - self._trimmed_at > _TRIM_EVERY
            self._trimmed_at = time.monotonic() if is_due else self._trimmed_at
        if is_due:
            self.trim()

    def trim(self, limit: int | None = None) -> int:
        """Remove tables that were not used for longest, until the limit is kept; returns the bytes.

        Those that a reader of this process has open stay, and those that were used lately.
        """
        with self._lock:
            for name in set(self._readers.values()):
                self._note_use(name)
        freed = self._remove_abandoned()
        used = sorted(self._used(), reverse=True)
        oldest, total = time.time() - _USED, 0
        for when, name in used:
            size = folder_size(self._table(name))
            total += size
            if total > (self._limit if limit is None else limit) and when < oldest:
                self._remove(name)
                freed += size
        return freed

    def _bring(self, name: str, *, is_thorough: bool) -> None:
        if self._table(name).is_dir() and not self.is_noted(name):
            return  # it was made here
        with self._errors(name), self._locked(name):
            manifest = self.manifest(name)
            if not self._table(name).is_dir():
                self._bring_new(name, manifest, manifest.files)
                return
            stamp = _own_stamp(self._table(name))
            noted = stamp.files if stamp and not is_thorough else {}
            missing = [file for file in manifest.files if not self._is_here(name, file, noted)]
            if missing or is_thorough or stamp is None or len(stamp.files) < len(manifest.files):
                get_files(self.store, self._place, self._table(name), missing)
                _stamp(self._table(name), name, manifest, manifest.files)
            self._note_use(name)

    def _bring_new(self, name: str, manifest: TableManifest, files: Sequence[StoredFile]) -> None:
        """Bring files of a table of which nothing is here. It comes to its name as a whole."""
        unfinished = self._folder / f"{name}.{uuid.uuid4().hex}.part"
        unfinished.mkdir(parents=True)
        try:
            get_files(self.store, self._place, unfinished, files)
            _stamp(unfinished, name, manifest, files)
            self._keep_note(name, manifest.to_json())
            unfinished.rename(self._table(name))
        finally:
            if unfinished.exists():
                remove_folder(unfinished)

    def _is_here(self, name: str, file: StoredFile, noted: dict[str, StampedFile]) -> bool:
        path = self._table(name) / file.path
        status = status_of(path)
        if status is None or status.size != file.size:
            return False
        known = noted.get(file.path)
        stamped = StampedFile(status, file.checksum)
        return bool(known and known.is_as(status)) or has_content(path, stamped)

    def _known(self, like: Sequence[str]) -> dict[tuple[str, int, int | None], StoredFile]:
        """What the store has of these tables, as far as this disk knows: what a new version shares with
        one of them, it has from this disk."""
        kept = (read_manifest(self._note(name), name) for name in like)
        return {
            (file.path, file.size, file.checksum): file
            for manifest in kept
            if manifest
            for file in manifest.files
        }

    def _used(self) -> list[tuple[float, str]]:
        """The tables that may be removed here, each with when it was last used."""
        found = []
        for note in self._notes.glob("*.json"):
            try:
                found.append((note.stat().st_mtime, note.stem))
            except FileNotFoundError:
                _log.info("Another process has removed %s.", note)
        return found

    def _remove(self, name: str) -> None:
        # A reader that has it open goes on with what it has mapped, and brings it again.
        trash = self._folder / f"{name}.{uuid.uuid4().hex}.trash"
        try:
            self._table(name).rename(trash)
            remove_folder(trash)
        except FileNotFoundError:
            _log.info("The table %s was removed by another process.", name)
        self._note(name).unlink(missing_ok=True)

    def _remove_abandoned(self) -> int:
        freed, oldest = 0, time.time() - _ABANDONED
        for folder in self._folder.glob("*.part"):
            with suppress(FileNotFoundError):  # its download has come to its end meanwhile
                if folder.stat().st_mtime < oldest:
                    freed += folder_size(folder)
                    remove_folder(folder)
        for when, name in self._used():
            if when < oldest and not self._table(name).is_dir():
                self._note(name).unlink(missing_ok=True)
        return freed

    def _keep_note(self, name: str, data: bytes) -> None:
        self._notes.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._notes / f"{name}.{uuid.uuid4().hex}"
        unfinished.write_bytes(data)
        unfinished.replace(self._note(name))

    def _note_use(self, name: str) -> None:
        try:
            os.utime(self._note(name))
        except FileNotFoundError:
            return  # it was made here

    def _locked(self, name: str) -> AbstractContextManager[None]:
        self._notes.mkdir(mode=0o700, parents=True, exist_ok=True)
        return file_lock(self._notes / f"{zlib.crc32(name.encode()) % _LOCKS}.lock")

    def _errors(self, name: str) -> _DiskErrors:
        return _DiskErrors(name)

    def _table(self, name: str) -> Path:
        return self._folder / f"{name}.lance"

    def _note(self, name: str) -> Path:
        return self._notes / f"{name}.json"


class _DiskErrors:
    """Errors of this disk become ours."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, OSError):
            return
        if error.errno in _FULL:
            raise StorageFullError(f"The disk is full: could not keep {self._name}.") from error
        if isinstance(error, FileNotFoundError):
            raise VersionGoneError(f"A part of the table {self._name} is gone.") from error
        raise StoreError(f"Can't keep {self._name} on this disk: {error.strerror}.") from error


def _key(path: str, file: StampedFile) -> tuple[str, int, int | None]:
    return path, file.status.size, file.checksum


def _own_stamp(table: Path) -> Stamp | None:
    """None also for the stamp of another table: then no file here is known. Raises OSError."""
    try:
        return read_stamp(table)
    except OtherTableError as error:
        _log.warning("%s", error.message)
        return None


def _stamp(table: Path, name: str, manifest: TableManifest, files: Sequence[StoredFile]) -> None:
    """Note the state of files that were just compared with their checksums. Raises OSError."""
    stamped = {
        file.path: StampedFile(status, file.checksum)
        for file in files
        if (status := status_of(table / file.path))
    }
    write_stamp(table, Stamp(name, manifest.version, stamped))
