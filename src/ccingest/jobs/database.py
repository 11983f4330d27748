"""The SQLite file: opening, transactions, and the one edge where SQLite's errors become ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ccingest.errors import StorageFullError, StoreBusyError, StoreError
from ccingest.jobs import migrations

BUSY_TIMEOUT = 10.0  # seconds
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def connect(path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> sqlite3.Connection:
    """Open the database in autocommit mode and bring its schema up to date.

    Raises StoreError (not a database, newer than this program, no permission), StoreBusyError
    when another process holds it longer than `busy_timeout` seconds, StorageFullError.
    """
    with database_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            path, timeout=busy_timeout, isolation_level=None, factory=_Connection
        )
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction, all or nothing. Takes the write lock at once, so it can't deadlock."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


@contextmanager
def database_errors(path: Path | str = "the database") -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error
    except OSError as error:
        raise StoreError(f"Can't open {path}: {error.strerror}.") from error


class _Connection(sqlite3.Connection):
    """Raises our errors instead of SQLite's."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        with database_errors():
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        with database_errors():
            return super().executemany(sql, parameters)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    if _version(connection) == migrations.latest():
        connection.execute("PRAGMA synchronous = NORMAL")
        return
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL can lose the last transactions when the power fails, never the file's
    # consistency: a job would run again, and a dataset would be at its former version.
    connection.execute("PRAGMA synchronous = NORMAL")
    with transaction(connection):
        found = _version(connection)  # another process may have been here meanwhile
        if found > migrations.latest():
            raise StoreError(
                f"{path} was made by a newer ccingest; upgrade this one: pip install -U ccingest."
            )
        if found < migrations.latest():
            migrations.apply(connection)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _translated(error: sqlite3.Error, path: Path | str) -> StoreError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreBusyError(
            f"Another process holds {path} locked; try again when it has finished."
        )
    if "full" in text:
        return StorageFullError(f"The disk is full: could not write {path}.")
    if "readonly" in text or "unable to open" in text:
        return StoreError(f"Can't write {path}: {text}; check its permissions and the disk.")
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"{path} is damaged: {text}; move it away and add the repositories again."
        )
    return StoreError(f"SQLite failed on {path}: {text}.")
