"""The SQLite file: opening it, transactions, and translating SQLite's errors to ours."""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ccingest.db import migrations
from ccingest.db.dialect import Connection
from ccingest.db.room import full_disk, is_frozen, is_full, require_room
from ccingest.db.settling import Settling
from ccingest.errors import (
    DamagedDatabaseError,
    NewerDatabaseError,
    StoreBusyError,
    StoreError,
    UsageError,
)

_log = logging.getLogger(__name__)

BUSY_TIMEOUT = 10.0  # seconds
_LONGEST_SHOWN = 100  # characters of a value
# After a jump of the clock or a long wait, those that live need this time to renew their leases, in seconds.
_SETTLING = 5.0
# Seconds between two checks for a change. Reading `data_version` takes microseconds.
POLL_INTERVAL = 0.1


def connect(
    path: Path, *, busy_timeout: float = BUSY_TIMEOUT, check_same_thread: bool = True
) -> SqliteConnection:
    """Open the database in autocommit mode and bring its schema up to date.

    Only the thread that opens it may use it, unless `check_same_thread` is False. Then the caller
    must make sure that no two threads use it at the same time.

    A database in a read-only folder, or on a full disk, can still be read.
    Raises StoreError (not a database, newer than this program, no permission), StoreBusyError
    when another process holds it longer than `busy_timeout` seconds, StorageFullError.
    """
    with database_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database. Never open an existing
        # file here: closing it would drop the locks of this process's other connections.
        if path.exists():
            if not path.is_file():  # reading a pipe would never end
                raise StoreError(f"{_in_the_way(path)}, and no database; move it away.")
            if not path.stat().st_size:
                _require_new(path)
        else:
            with suppress(FileExistsError):  # another process has just created it, with this mode
                path.touch(mode=0o600, exist_ok=False)
        try:
            require_room(path)
            return _open(path, path, busy_timeout, check_same_thread)
        except StoreError as error:
            if not is_frozen(path):
                raise
            _log.warning("The database is opened only for reading: %s", error.message)
            read_only = f"file:{quote(str(path))}?immutable=1"
            opened = _open(path, read_only, busy_timeout, check_same_thread)
            opened.is_frozen = True
            return opened


def _open(
    path: Path, name: Path | str, busy_timeout: float, check_same_thread: bool
) -> SqliteConnection:
    connection = open_file(path, name, busy_timeout, check_same_thread=check_same_thread)
    try:
        _prepare(connection, path, busy_timeout)
    except BaseException:
        connection.close()
        raise
    return connection


def open_file(
    path: Path, name: Path | str, busy_timeout: float, *, check_same_thread: bool = True
) -> SqliteConnection:
    """The file as it is. `name` is the path, or a URI of it."""
    connection = sqlite3.connect(
        name,
        timeout=busy_timeout,
        isolation_level=None,
        factory=SqliteConnection,
        uri=name is not path,
        check_same_thread=check_same_thread,
    )
    connection.address = path
    connection.settling = Settling()
    connection.settling.see(time.time())
    return connection


@contextmanager
def database_errors(path: Path | str) -> Iterator[None]:
    """Translates the errors of SQLite and of the file system to ours, which name `path`."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _translated(error, path) from error
    except UnicodeEncodeError as error:  # of a value: bytes of an argument that are no UTF-8
        raise UsageError(f"{error.object[:_LONGEST_SHOWN]!a} is no text in UTF-8.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full_disk(path) from error
        raise StoreError(
            f"Can't open {path}: {error.strerror}; check the folder or set another CCINGEST_HOME."
        ) from error


class SqliteConnection(sqlite3.Connection):
    """A connection whose cursors raise our errors instead of SQLite's."""

    address: Path
    settling: Settling
    is_frozen = False  # for SQLite, the file never changes
    machine = ""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        with database_errors(self.address):  # it may be closed
            cursor = self.cursor(_Cursor)
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        return self.cursor(_Cursor).executemany(sql, parameters)

    def stored_rows(self, sql: str, parameters: Any = (), /) -> list[Any]:
        try:
            return self.execute(sql, parameters).fetchall()
        except DamagedDatabaseError:
            self.text_factory = _text_or_bytes  # slow, so only then
            try:
                return self.execute(sql, parameters).fetchall()
            finally:
                self.text_factory = str

    def update(self, sql: str, parameters: Any = (), /) -> int:
        return self.execute(sql, parameters).rowcount

    def begin(self, *, writing: bool) -> None:
        # Taking the write lock first is what keeps two writers from a deadlock.
        with self.settling.waiting():
            self.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    def changes(self) -> Changes:
        return Changes(self)

    def state(self) -> tuple[int, int]:
        # Reading it takes microseconds.
        of_others = int(self.execute("PRAGMA data_version").fetchone()[0])
        return of_others, self.total_changes

    def is_settled(self) -> bool:
        self.settling.see(time.time())
        return self.settling.is_over(_SETTLING)

    def damage(self) -> str | None:
        from ccingest.db.damage import found_damage  # only seldom needed

        return found_damage(self)


class Changes:
    """Waits until another connection changes the database, by reading a counter of SQLite's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen = self._version()

    def wait(
        self, seconds: float, *, poll: float = POLL_INTERVAL, stop: threading.Event | None = None
    ) -> None:
        """Return at the first change since the last call, on `stop`, or after `seconds`.

        `poll` is the time between two checks, in seconds.
        """
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


class _Cursor(sqlite3.Cursor):
    """Translates errors also while reading: any row may show that the file is locked or damaged."""

    connection: SqliteConnection

    def execute(self, sql: str, parameters: Any = (), /) -> _Cursor:
        with database_errors(self.connection.address):
            super().execute(sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Any, /) -> _Cursor:
        with database_errors(self.connection.address):
            super().executemany(sql, parameters)
        return self

    def fetchone(self) -> Any:
        with database_errors(self.connection.address):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with database_errors(self.connection.address):
            return super().fetchall()

    def __next__(self) -> Any:
        try:  # a context manager would be slow for the 100,000 rows of a large manifest
            return super().__next__()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _translated(error, self.connection.address) from error


def _text_or_bytes(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _prepare(connection: SqliteConnection, path: Path, busy_timeout: float) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    # `synchronous` stays FULL. Publishing a version must survive a power failure, because the table
    # of the old version is dropped after it. This costs one fsync per transaction, 0.5 ms here.
    if _schema_version(connection, path) == migrations.latest():
        return
    _enter_wal(connection, busy_timeout)
    connection.execute("PRAGMA foreign_keys = OFF")  # it does nothing inside a transaction
    connection.begin(writing=True)
    try:
        # Another process may have done it in the meantime.
        if _schema_version(connection, path) < migrations.latest():
            migrations.apply(connection)
        connection.commit()
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
    connection.execute("PRAGMA foreign_keys = ON")


def _schema_version(connection: SqliteConnection, path: Path) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > migrations.latest():
        raise NewerDatabaseError(
            f"{path} was made by a newer ccingest; upgrade this one: pip install -U ccingest."
        )
    return found


def _enter_wal(connection: SqliteConnection, busy_timeout: float) -> None:
    """Retries by itself: SQLite's busy timeout does not apply to this statement."""
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


def _require_new(path: Path) -> None:
    from ccingest.db.damage import require_new

    require_new(path)


def _in_the_way(path: Path | str) -> str | None:
    from ccingest.db.damage import in_the_way

    return in_the_way(Path(path))


def _translated(error: sqlite3.Error | UnicodeDecodeError, path: Path | str) -> StoreError:
    # By its text, because Python 3.10 does not give SQLite's error codes.
    text = str(error)
    if isinstance(error, UnicodeDecodeError) or "decode to UTF-8" in text:
        text = "malformed text"
    if "locked" in text or "locking protocol" in text or "busy" in text:
        return StoreBusyError(
            f"Another process holds {path} locked; try again when it has finished."
        )
    unwritable = "readonly" in text or "unable to open" in text or "I/O error" in text
    if "disk is full" in text or (unwritable and is_full(path)):
        return full_disk(path)
    if unwritable and (thing := _in_the_way(path)):
        return StoreError(f"{thing}, so the database can't be used; move that away.")
    if unwritable:
        return StoreError(f"Can't write {path}: {text}; check its permissions and the disk.")
    # Tables are lost, or rows that others refer to: what is written here keeps every constraint.
    is_incomplete = "no such table" in text or "constraint failed" in text
    if "not a database" in text or "malformed" in text or is_incomplete:
        return DamagedDatabaseError(
            f"{path} is damaged: {text}; move it away and add the repositories again.", what=text
        )
    return StoreError(f"SQLite failed on {path}: {text}.")
