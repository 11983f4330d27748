"""Files are compared with their checksums before native code reads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from ccingest.disk import NotRegularError, read_regular
from ccingest.errors import StoreError, VersionGoneError
from ccingest.store.rows import WRITE_ID, store_errors
from ccingest.store.stamps import (
    FileStatus,
    OtherTableError,
    Stamp,
    StampedFile,
    has_content,
    manifest_names,
    read_stamp,
    stamp_path,
    stamp_status,
    status_of,
)

# Each process reads a table up to this size as a whole once, in 30 ms: about 20,000 chunks. Of a
# larger one it reads the files that were written to since they were stamped. Then only `doctor
# --deep` notices bytes that changed on the disk by themselves.
_READ_WHOLE = 64 * 1024 * 1024
_LARGEST_MANIFEST = 64 * 1024 * 1024
END_OF_MANIFEST = b"LANC"


class CheckedFiles:
    """The files of one table, each of which is read once, and again when it was written to.

    A table of an earlier ccingest has no checksums. Of its files only the sizes are known, and a file
    that is gone is for Lance to miss. Only a table of the former layout never had a stamp: without
    one, nothing of another table is known to be as it was written. For any number of threads.
    """

    def __init__(self, table: Path, *, trusts_stamp: bool = True) -> None:
        """`trusts_stamp`: what is large and as it was stamped need not be read."""
        self._table = table
        self._trusts_stamp = trusts_stamp
        self._stamp_status: FileStatus | None = None
        self._stamp: Stamp | None = None
        self._seen: dict[str, FileStatus] = {}
        self.is_being_made = False  # its first stamp is not written yet
        self.dataset = ""  # the name of the table's dataset, for errors; empty when not known

    def check(self) -> None:
        """Raises StoreError when a file of Lance is not known to be as it was written, and
        VersionGoneError when the table is gone."""
        with store_errors("read the files of a dataset"):
            stamp = self.stamp()
            if stamp is None:
                self._require_none()
                return
            is_large = self._trusts_stamp and stamp.size() > _READ_WHOLE
            for path, file in stamp.table_files().items():
                status = status_of(self._table / path)
                if status is None or status == self._seen.get(path):
                    continue
                if not (is_large and file.is_as(status)) and not self._is_whole(path, file):
                    raise damaged_file(self._table / path, self.dataset)
                self._seen[path] = status

    def check_version(self, version: int) -> None:
        """Raises StoreError when the version is here, and the stamp does not have it."""
        with store_errors("look for a version"):
            stamp = self.stamp()
            if stamp is None or stamp.has_version(version):
                return
            paths = [self._table / name for name in manifest_names(version)]
            if any(map(status_of, paths)):  # else it is for Lance to miss
                raise damaged_file(stamp_path(self._table), self.dataset)

    def damaged(self) -> list[str]:
        """The files of Lance that are not as they were written. Reads all of them.

        Raises StoreError or one of its subclasses.
        """
        with store_errors("read the files of a dataset"):
            stamp = self.stamp()
            if stamp is None:
                self._require_none()
            files = stamp.table_files() if stamp else {}
            return [path for path, file in files.items() if not self._is_whole(path, file)]

    def is_known(self, path: Path) -> bool:
        """Whether this part of the index was compared before, or belongs to a large table and is as
        it was stamped. Raises OSError."""
        if self._was_compared(path):
            return True
        stamp = self.stamp() if self._trusts_stamp else None
        if stamp is None or stamp.size() <= _READ_WHOLE:
            return False
        noted, status = stamp.files.get(self._name_of(path)), status_of(path)
        return noted is not None and status is not None and noted.is_as(status)

    def note_compared(self, path: Path) -> None:
        """This part of the index is as its own checksum says. Raises OSError."""
        status = status_of(path)
        if status is not None:
            self._seen[self._name_of(path)] = status

    def has_noted(self, path: Path) -> bool:
        """Whether this part of the index was compared before, or the stamp has its name. Raises OSError
        and OtherTableError."""
        if self._was_compared(path):
            return True
        stamp = self.stamp()
        return stamp is not None and self._name_of(path) in stamp.files

    def checksum_of(self, path: Path) -> int | None:
        """That a part of the index was stamped with; None without one, or for a part that was compared
        since it was written. Raises OSError and OtherTableError."""
        if self._was_compared(path):
            return None
        stamp = self.stamp()
        noted = stamp.files.get(self._name_of(path)) if stamp else None
        return noted.checksum if noted else None

    def stamp(self) -> Stamp | None:
        """As it is now on the disk; None without one. Raises OSError and OtherTableError."""
        status = stamp_status(self._table)
        if status != self._stamp_status:
            try:
                self._stamp = read_stamp(self._table)
            except OtherTableError:
                which = _named(self.dataset)
                raise OtherTableError(
                    f"The folder {self._table} of {which} is that of another table."
                ) from None
            self._stamp_status = status
        return self._stamp

    def _was_compared(self, path: Path) -> bool:
        """Whether nobody wrote to the file since it was compared. Raises OSError."""
        seen = self._seen.get(self._name_of(path))
        return seen is not None and seen == status_of(path)

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._table).as_posix()

    def _require_none(self) -> None:
        """Raises StoreError for a table that should have a stamp. Raises OSError."""
        if self._stamp_status:  # there is one, but nobody can read it
            raise damaged_file(stamp_path(self._table), self.dataset)
        if self.is_being_made or _is_of_former_layout(self._table):
            return
        if not self._table.is_dir():
            raise table_gone(self._table.stem, self.dataset)
        raise StoreError(
            f"The file {stamp_path(self._table)} of {_named(self.dataset)} is missing.",
            hint="add_again_whole",
        )

    def _is_whole(self, path: str, file: StampedFile) -> bool:
        try:
            return has_content(self._table / path, file)
        except FileNotFoundError:
            return True  # removed with an old version; what is needed of it, Lance misses


class LazyTable:
    """One version of a table, which is opened when Lance has to read it: its import takes long."""

    def __init__(self, open_table: Callable[[], CheckedTable]) -> None:
        self._open_table = open_table

    @cached_property
    def opened(self) -> CheckedTable:
        """Raises VersionGoneError and StoreError."""
        return self._open_table()


class CheckedTable:
    """A Lance table at one version, whose files are compared before each read.

    Its methods are those of Lance's table that read. Raises StoreError for a damaged file.
    """

    def __init__(self, table: Any, files: CheckedFiles) -> None:
        self._table = table
        self._files = files

    @property
    def schema(self) -> Any:
        return self._table.schema

    @property
    def version(self) -> int:
        return int(self._table.version)

    @property
    def dataset(self) -> str:
        """The name of its dataset, for errors; empty when not known."""
        return self._files.dataset

    def search(self) -> Any:
        self._files.check()
        return self._table.search()

    def count_rows(self, condition: str | None = None) -> int:
        self._files.check()
        return int(self._table.count_rows(condition))


def _is_of_former_layout(table: Path) -> bool:
    """Whether each manifest is whole and names no column of writes. Raises OSError."""
    manifests = list((table / "_versions").glob("*.manifest"))
    return bool(manifests) and all(map(_is_former, manifests))


def _is_former(manifest: Path) -> bool:
    try:
        content = read_regular(manifest, _LARGEST_MANIFEST)
    except (FileNotFoundError, NotRegularError, ValueError):
        return False
    is_whole = content.endswith(END_OF_MANIFEST) and b"vector" in content
    return is_whole and WRITE_ID.encode() not in content


def table_gone(name: str, dataset: str) -> VersionGoneError:
    of = f" of the dataset {dataset}" if dataset else ""
    return VersionGoneError(f"The table {name}{of} is gone.")


def damaged_file(path: Path, dataset: str) -> StoreError:
    return StoreError(f"The file {path} of {_named(dataset)} is damaged.", hint="add_again_whole")


def _named(dataset: str) -> str:
    return f"the dataset {dataset}" if dataset else "a dataset"
