"""The folder of all tables."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from ccingest.errors import VersionGoneError
from ccingest.store.reader import TableReader
from ccingest.store.rows import schema, store_errors
from ccingest.store.stamps import has_stamp, set_stamp
from ccingest.store.writer import TableWriter


class TableStore:
    """The folder of all tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: Any = None

    def create(self, name: str, dimensions: int) -> TableWriter:
        """An empty table; an unpublished one of that name, left by a crash, is replaced."""
        with store_errors(f"create the table {name}"):
            table = self._connect().create_table(name, schema=schema(dimensions), mode="overwrite")
        return TableWriter(table, self._path(name), is_new=True)

    def continue_from(self, name: str, version: int) -> TableWriter:
        """A writer whose first write follows `version`, whatever was written after it.

        Raises VersionGoneError when the table or the version is not there.
        """
        table = self._open(name)
        with store_errors(f"restore {name} to its published version"):
            if table.version != version:
                table.checkout(version)
                table.restore()
        return TableWriter(table, self._path(name))

    def read(self, name: str, version: int, *, keep: bool = False) -> TableReader:
        """With `keep`, a reader for many questions: it holds chunks and vectors in memory.

        Raises VersionGoneError when the table or the version is not there.
        """
        table = self._open(name)
        with store_errors(f"open version {version} of {name}"):
            table.checkout(version)
        return TableReader(table, self._path(name), keep=keep)

    def check(self, name: str, version: int) -> None:
        """Raises VersionGoneError or StoreError when that version is not there as it was written.

        Needs no import of lancedb while no file has changed since it was written or checked.
        """
        if has_stamp(self._path(name), version):
            return
        self.read(name, version).check()
        set_stamp(self._path(name), version)

    def drop(self, name: str) -> None:
        """Remove a table and all its files. No error when there is none."""
        # A table is its folder. lancedb's own drop would cost its import, and does not see a table
        # whose creation was killed. Moved away first, it is gone at once for all readers.
        folder = self._path(name)
        trash = self._folder / f"{name}.{uuid.uuid4().hex}.trash"
        with store_errors(f"drop the table {name}"):
            try:
                folder.rename(trash)
            except FileNotFoundError:
                return
            shutil.rmtree(trash, ignore_errors=True)

    def names(self) -> frozenset[str]:
        """The tables on disk, also half-written ones. Needs no import of lancedb."""
        return frozenset(path.stem for path in self._folder.glob("*.lance"))

    def empty_trash(self) -> None:
        """Remove what is left of tables whose removal was killed half-way."""
        for folder in self._folder.glob("*.trash"):
            shutil.rmtree(folder, ignore_errors=True)

    def size(self, name: str) -> int:
        """Bytes on disk, all versions of the table together."""
        total = 0
        for root, _, files in os.walk(self._path(name)):
            for file in files:
                try:
                    total += os.lstat(f"{root}/{file}").st_size
                except FileNotFoundError:  # a clean-up was quicker
                    continue
        return total

    def versions(self, name: str) -> int:
        """How many versions of the table are on disk. Needs no import of lancedb."""
        return sum(1 for _ in (self._path(name) / "_versions").glob("*.manifest"))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lance"

    def _open(self, name: str) -> Any:
        if name not in self.names():
            raise VersionGoneError(f"The table {name} is gone.")
        with store_errors(f"open the table {name}"):
            return self._connect().open_table(name)

    def _connect(self) -> Any:
        if self._connection is None:
            import lancedb

            self._connection = lancedb.connect(str(self._folder))
        return self._connection
