"""The folder of all tables."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccingest.disk import NotRegularError, folder_size, open_regular, remove_folder
from ccingest.errors import StoreError
from ccingest.store.indexing import write_missing
from ccingest.store.integrity import (
    END_OF_MANIFEST,
    CheckedFiles,
    CheckedTable,
    LazyTable,
    damaged_file,
    table_gone,
)
from ccingest.store.origin import TableOrigin
from ccingest.store.reader import TableReader
from ccingest.store.room import require_room
from ccingest.store.rowmap import read_rows
from ccingest.store.rows import schema, store_errors
from ccingest.store.segments import Segments
from ccingest.store.shards.folder import ShardFolder
from ccingest.store.sharing import share_version
from ccingest.store.stamps import has_files_of, seal

if TYPE_CHECKING:
    from ccingest.store.writer import TableWriter

_log = logging.getLogger(__name__)


class TableStore:
    """The tables in one folder. Its methods raise StoreError or one of its subclasses."""

    def __init__(self, folder: Path, origin: TableOrigin | None = None) -> None:
        """`origin` has the tables when the folder is only a cache of them."""
        self._folder = folder
        self._origin = origin
        self._connection: Any = None
        self._files: dict[str, CheckedFiles] = {}
        self.shards = ShardFolder(folder / "shards")

    def warm_up(self) -> None:
        """Import lancedb, which else the first table that is opened does."""
        with store_errors("open the folder of tables"):
            self._connect()

    def create(self, name: str, dimensions: int) -> TableWriter:
        """A writer of a new, empty table whose vectors have shape (dimensions,).

        It replaces an unpublished table of that name, which a crash left.
        """
        from ccingest.store.writer import TableWriter

        self.drop(name)
        with store_errors(f"create the table {name}"):
            table = self._connect().create_table(name, schema=schema(dimensions))
        files = self._checked(name)
        files.is_being_made = True
        return TableWriter(table, self._path(name), files, is_new=True)

    def continue_from(self, name: str, version: int, *, is_new: bool = False) -> TableWriter:
        """A writer whose first write follows `version`. What was written after that is dropped.

        `is_new`: nobody reads the table yet.
        Raises VersionGoneError when the table or the version is not there.
        """
        from ccingest.store.writer import TableWriter

        table = self._open(name, version)
        with store_errors(f"restore {name} to its published version"):
            if table.version != version:
                table.checkout(version)
                table.restore()
        return TableWriter(table, self._path(name), self._checked(name), is_new=is_new)

    def share(self, name: str, version: int, new_name: str) -> None:
        """Make a new table with the rows of this version, which shares its files on the disk.

        It replaces an unpublished table of that name, which a crash left. Does not import lancedb.
        """
        self.drop(new_name)
        self._bring_all(name)
        try:
            with store_errors(f"share the files of {name}"):
                share_version(self._path(name), self._path(new_name), version)
        except BaseException:
            self.drop(new_name)
            raise

    def read(
        self,
        name: str,
        version: int,
        *,
        dataset: str = "",
        hidden: frozenset[str] = frozenset(),
    ) -> TableReader:
        """A reader of one version. Lance is loaded only for what the index does not have.

        It does not see the files that are `hidden`.

        Errors for a damaged file name `dataset`.
        Raises VersionGoneError when the table or the version is not there.
        """
        if self._origin:
            self._origin.bring_index(name)
        files, folder = self._checked(name), self._path(name)
        files.dataset = dataset
        table = LazyTable(partial(self._open_version, name, version))
        with store_errors("open the folder of a dataset"):
            self._require_own(name)
            rows = Segments(folder, files).rows(version)
        if rows is None:
            rows = read_rows(table.opened)
        reader = TableReader(table, folder, files, rows, hidden, self._origin)
        if self._origin:
            self._origin.bring_index(name, reader)
        return reader

    def check(self, name: str, version: int) -> None:
        """Check that the version is there as it was written.

        Raises VersionGoneError when it is gone, StoreError when it is damaged. Does not import
        lancedb when no file has changed since the version was written or last checked.
        """
        self._bring_all(name)
        table = self._path(name)
        with store_errors("look at the files of a dataset"):
            self._require_own(name)
            stamp = self._checked(name).stamp()
            is_as_stamped = stamp and stamp.version == version and has_files_of(table, stamp)
        if is_as_stamped:
            self._or_brought_again(name, CheckedFiles.check)
            return
        self.read(name, version).check()
        try:
            seal(table, version)
        except OSError as error:  # without a stamp the next check only takes longer
            _log.info("The stamp of %s can't be written: %s", table, error)

    def require_files(self, name: str, version: int) -> None:
        """Check that no file of Lance is missing, of which the index alone does not tell.

        Raises VersionGoneError, StoreError. Reads nothing where the files are those of the stamp.
        """
        if self._origin:  # which has them
            return
        with store_errors("look at the files of a dataset"):
            stamp = self._checked(name).stamp()
            is_as_stamped = stamp and has_files_of(self._path(name), stamp)
        if not is_as_stamped:  # such as after a clean-up that was killed
            table = self._open_version(name, version)
            with store_errors("read the table", table.dataset):
                table.count_rows("path = ''")

    def repair_index(self, name: str, version: int) -> bool:
        """Make again what is damaged or missing of the index of a version, or of an earlier layout, and
        write it. Returns whether there was any. Does not import lancedb where no file has changed.

        A folder that is the cache of an origin gets its files from there.
        """
        if self._origin:
            return False
        folder, files = self._path(name), self._checked(name)
        with store_errors("look at the index"):
            stamp = files.stamp()
            if stamp and stamp.has_whole_index(folder):
                return False
        table = self._open_version(name, version)
        rows, segments = read_rows(table), Segments(folder, files)
        with store_errors("write the index"):
            is_whole = segments.have(version, rows)
            if not is_whole:
                unreadable = segments.unreadable()
                write_missing(LazyTable(lambda: table), rows, segments)
                segments.write_rows(version, rows)
                for path in unreadable:
                    path.unlink(missing_ok=True)
            damaged = seal(folder, version, has_index=True)
        if damaged:
            raise damaged_file(folder / damaged[0], files.dataset)
        return not is_whole

    def problems(self, name: str, version: int, chunks_of: Mapping[str, int]) -> list[str]:
        """What is wrong with a version, found by reading all of it.

        `chunks_of` has the number of chunks of each file, by its path. A table with damaged files
        is not opened. The files of an earlier ccingest's table have no checksums.
        """
        if self._origin:
            self._origin.repair(name)
        damaged = self._checked(name).damaged()
        if damaged:
            return [f"damaged files: {', '.join(damaged)}"]
        return self.read(name, version).problems(chunks_of)

    def release(self, name: str) -> None:
        """Forget what is known of the files of a table, which takes memory."""
        self._files.pop(name, None)

    def drop(self, name: str) -> None:
        """Remove a table and all its files. No error when there is none."""
        # A table is its folder. lancedb's own drop would need its import, and does not find a table
        # whose creation was killed. A folder that is renamed first is gone for all readers at once.
        self._files.pop(name, None)
        folder = self._path(name)
        trash = self._folder / f"{name}.{uuid.uuid4().hex}.trash"
        with store_errors(f"drop the table {name}"):
            try:
                folder.rename(trash)
            except FileNotFoundError:
                return
            remove_folder(trash)  # what is left of it, `empty_trash` removes later

    def has(self, name: str) -> bool:
        """Whether the table is here, or can come from nowhere else."""
        return self._origin is None or self._path(name).is_dir()

    def names(self) -> frozenset[str]:
        """The tables on disk, also half-written ones. Does not import lancedb."""
        with store_errors("look for tables"):
            return frozenset(path.stem for path in self._folder.glob("*.lance"))

    def empty_trash(self) -> None:
        """Remove what is left of tables whose removal was killed."""
        with store_errors("look for removed tables"):
            for folder in self._folder.glob("*.trash"):
                remove_folder(folder)

    def size(self, name: str) -> int:
        """Bytes on disk, all versions of the table together."""
        with store_errors("measure a table"):
            return folder_size(self._path(name))

    def versions(self, name: str) -> int:
        """How many versions of the table are on disk. Does not import lancedb."""
        with store_errors("look for versions"):
            return sum(1 for _ in (self._path(name) / "_versions").glob("*.manifest"))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lance"

    def _checked(self, name: str) -> CheckedFiles:
        return self._files.setdefault(name, CheckedFiles(self._path(name)))

    def _require_own(self, name: str) -> None:
        """Raises VersionGoneError without a folder, OtherTableError for that of another table, and
        OSError. One that the origin has is brought again."""
        if not self._path(name).is_dir():
            raise table_gone(name, self._checked(name).dataset)
        self._or_brought_again(name, CheckedFiles.stamp)

    def _bring_all(self, name: str) -> None:
        if self._origin:
            self._origin.bring_all(name)

    def _or_brought_again(self, name: str, look: Callable[[CheckedFiles], object]) -> None:
        """Look at the files of a table, and once more when the origin had to bring them again."""
        try:
            look(self._checked(name))
        except StoreError as error:
            if self._origin is None:
                raise
            _log.warning("%s It is downloaded again.", error.message)
            self._origin.repair(name)
            look(self._checked(name))

    def _open(self, name: str, version: int) -> Any:
        self._bring_all(name)
        with store_errors("open the folder of a dataset"):
            self._require_own(name)
        self._or_brought_again(name, CheckedFiles.check)
        self._checked(name).check_version(version)
        with store_errors(f"open the table {name}"):
            _remove_lost_manifests(self._path(name), version)
        with store_errors(f"open the table {name}", self._checked(name).dataset):
            return self._connect().open_table(name)

    def _open_version(self, name: str, version: int) -> CheckedTable:
        table = self._open(name, version)
        with store_errors(f"open version {version} of {name}", self._checked(name).dataset):
            table.checkout(version)
        return CheckedTable(table, self._checked(name))

    def _connect(self) -> Any:
        if self._connection is None:
            require_room()
            import lancedb

            self._connection = lancedb.connect(str(self._folder))
        return self._connection


def _remove_lost_manifests(table: Path, version: int) -> None:
    """Remove manifests of later versions that a power failure left without their content.

    Lance opens the newest version first, also one that was never published. Each manifest comes to
    its name as a whole, so one without its end is no running writer's. Raises OSError.
    """
    for manifest in (table / "_versions").glob("*.manifest"):
        is_later = manifest.stem.isdigit() and int(manifest.stem) > version
        if is_later and not _has_end(manifest):
            _log.warning("%s lost its content and is removed.", manifest)
            manifest.unlink(missing_ok=True)


def _has_end(manifest: Path) -> bool:
    """Whether it is whole. False for a pipe or a device. Raises OSError."""
    try:
        with open_regular(manifest) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(END_OF_MANIFEST)))
            return file.read() == END_OF_MANIFEST
    except NotRegularError:
        return manifest.is_dir()
