"""The SQLite file: opening, transactions, and the one edge where SQLite's errors become ours."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ccingest.db import migrations
from ccingest.errors import StorageFullError, StoreBusyError, StoreError

BUSY_TIMEOUT = 10.0  # seconds
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
LATER = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)"  # the parameter: "+30 seconds"
# Seconds between two looks for a change. A look at `data_version` costs microseconds.
POLL_INTERVAL = 0.1


def connect(
    path: Path, *, busy_timeout: float = BUSY_TIMEOUT, check_same_thread: bool = True
) -> sqlite3.Connection:
    """Open the database in autocommit mode and bring its schema up to date.

    Only the thread that opens it may use it, unless `check_same_thread` is False: then the caller
    sees to it that no two threads do so at once.

    In a folder that can't be written, or on a full disk, what is there can still be read.
    Raises StoreError (not a database, newer than this program, no permission), StoreBusyError
    when another process holds it longer than `busy_timeout` seconds, StorageFullError.
    """
    with database_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database. A file that is there is
        # never opened here: closing it would drop the locks of this process's other connections.
        if not path.exists():
            with suppress(FileExistsError):
                path.touch(mode=0o600, exist_ok=False)
        try:
            return _opened(path, path, busy_timeout, check_same_thread)
        except StoreError:
            if not _is_frozen(path):
                raise
            read_only = f"file:{quote(str(path))}?immutable=1"
            return _opened(path, read_only, busy_timeout, check_same_thread)


def _opened(
    path: Path, name: Path | str, busy_timeout: float, check_same_thread: bool
) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name,
        timeout=busy_timeout,
        isolation_level=None,
        factory=_Connection,
        uri=name is not path,
        check_same_thread=check_same_thread,
    )
    connection.path = path
    try:
        _prepare(connection, path, busy_timeout)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_frozen(path: Path) -> bool:
    """Whether nobody can write the database, and all of it is in its main file.

    Then SQLite can't make the files that readers share, but does not need them either.
    """
    wal = path.with_name(f"{path.name}-wal")
    return (
        path.exists()
        and (_is_full(path) or not os.access(path.parent, os.W_OK))
        and not (wal.exists() and wal.stat().st_size)
    )


def _is_full(path: Path | str) -> bool:
    with suppress(OSError):
        return os.statvfs(Path(path).parent).f_bavail == 0
    return False


def file_of(connection: sqlite3.Connection) -> Path:
    """The file of the main database."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


class Database:
    """The database for a program of several threads: each gets a connection of its own."""

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """`busy_timeout` in seconds, as for `connect`."""
        self.path = path
        self._busy_timeout = busy_timeout
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._opened: list[sqlite3.Connection] = []
        self._is_closed = False

    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection, opened when it is first asked for.

        Raises what `connect` raises, and StoreError after `close`.
        """
        if self._is_closed:
            raise StoreError(f"{self.path} is closed.")
        found: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = self._of_thread.connection = connect(
                self.path, busy_timeout=self._busy_timeout, check_same_thread=False
            )
            with self._lock:
                self._opened.append(found)
        return found

    def close(self) -> None:
        """Close the connections of all threads. No thread may be using one."""
        self._is_closed = True
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()


class ChangeWatch:
    """Waits for another connection to change the database, at the cost of a look at a counter."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._seen = self._version()

    def wait(
        self, seconds: float, *, poll: float = POLL_INTERVAL, stop: threading.Event | None = None
    ) -> None:
        """Returns at the first change since the last call, on `stop`, or after `seconds`."""
        pause = stop or threading.Event()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self._version()
            if found != self._seen:
                self._seen = found
                return
            if pause.wait(poll):
                return

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction, all or nothing. Takes the write lock at once, so it can't deadlock."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def database_errors(path: Path | str) -> Iterator[None]:
    """Turns the errors of SQLite and of the file system into ours, naming `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error
    except OSError as error:
        raise StoreError(
            f"Can't open {path}: {error.strerror}; check the folder or set another CCINGEST_HOME."
        ) from error


class _Connection(sqlite3.Connection):
    """Raises our errors instead of SQLite's: its cursors do."""

    path: Path

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        return self.cursor(_Cursor).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        return self.cursor(_Cursor).executemany(sql, parameters)


class _Cursor(sqlite3.Cursor):
    """A locked or damaged file can show at any row, so reading is mapped as well."""

    connection: _Connection

    def execute(self, sql: str, parameters: Any = (), /) -> _Cursor:
        with database_errors(self.connection.path):
            super().execute(sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Any, /) -> _Cursor:
        with database_errors(self.connection.path):
            super().executemany(sql, parameters)
        return self

    def fetchone(self) -> Any:
        with database_errors(self.connection.path):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with database_errors(self.connection.path):
            return super().fetchall()

    def __next__(self) -> Any:
        try:  # no context manager: there are 100,000 rows in a large manifest
            return super().__next__()
        except sqlite3.Error as error:
            raise _translated(error, self.connection.path) from error


def _prepare(connection: sqlite3.Connection, path: Path, busy_timeout: float) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    # synchronous stays FULL: once a version is published the table it replaces is dropped, so the
    # publishing must outlive a power failure. It costs one fsync a transaction, 0.5 ms here.
    if _found_version(connection, path) == migrations.latest():
        return
    _enter_wal(connection, busy_timeout)
    connection.execute("PRAGMA foreign_keys = OFF")  # it does nothing inside a transaction
    with transaction(connection):
        # Another process may have been here meanwhile.
        if _found_version(connection, path) < migrations.latest():
            migrations.apply(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _found_version(connection: sqlite3.Connection, path: Path) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > migrations.latest():
        raise StoreError(
            f"{path} was made by a newer ccingest; upgrade this one: pip install -U ccingest."
        )
    return found


def _enter_wal(connection: sqlite3.Connection, busy_timeout: float) -> None:
    """SQLite does not apply its busy timeout when another connection writes meanwhile."""
    end = time.monotonic() + busy_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except StoreBusyError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _translated(error: sqlite3.Error, path: Path | str) -> StoreError:
    # By text: Python 3.10 does not hand out SQLite's error codes.
    text = str(error)
    if "locked" in text or "locking protocol" in text or "busy" in text:
        return StoreBusyError(
            f"Another process holds {path} locked; try again when it has finished."
        )
    unwritable = "readonly" in text or "unable to open" in text or "I/O error" in text
    if "disk is full" in text or (unwritable and _is_full(path)):
        return StorageFullError(f"The disk is full, {path} could not be written; free some space.")
    if unwritable:
        return StoreError(f"Can't write {path}: {text}; check its permissions and the disk.")
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"{path} is damaged: {text}; move it away and add the repositories again."
        )
    return StoreError(f"SQLite failed on {path}: {text}.")
