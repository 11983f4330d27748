"""Opening the database, of either kind, and its transactions."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from ccingest.database_address import DatabaseAddress, PostgresAddress
from ccingest.db import sqlite
from ccingest.db.checked import damaged
from ccingest.db.dialect import Connection
from ccingest.db.frozen import FrozenConnection
from ccingest.errors import ConnectionLostError, StoreError, UsageError

if TYPE_CHECKING:
    from ccingest.db.postgres.connection import PostgresConnection

_REPEAT_SECONDS = 15.0
_NO_COLUMN = "No item with that key"  # of sqlite3.Row

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def connect(
    address: DatabaseAddress,
    *,
    busy_timeout: float = sqlite.BUSY_TIMEOUT,
    check_same_thread: bool = True,
) -> Connection:
    """Open the database in autocommit mode and bring its schema up to date.

    Only the thread that opens it may use it, unless `check_same_thread` is False. Then the caller
    must make sure that no two threads use it at the same time.

    Raises StoreError (no database, newer than this program, no permission), StoreBusyError when
    another process holds it longer than `busy_timeout` seconds, StorageFullError.
    """
    if isinstance(address, PostgresAddress):
        return connect_to_server(address, busy_timeout=busy_timeout)

    def open_file() -> sqlite.SqliteConnection:
        return sqlite.connect(
            address, busy_timeout=busy_timeout, check_same_thread=check_same_thread
        )

    opened = open_file()
    return FrozenConnection(opened, open_file) if opened.is_frozen else opened


def connect_to_server(
    address: PostgresAddress, *, busy_timeout: float = sqlite.BUSY_TIMEOUT
) -> PostgresConnection:
    """As `connect`. Raises UsageError where the library for it is not installed."""
    try:
        # Slow to import, and not needed beside SQLite.
        from ccingest.db.postgres.connection import connect as open_connection
    except ImportError as error:
        raise UsageError(
            f"{address} needs psycopg, which is not there: pip install 'ccingest[postgres]'."
        ) from error
    return open_connection(address, busy_timeout=busy_timeout)


class Database:
    """The database for a program with several threads. Each thread gets its own connection."""

    def __init__(
        self, address: DatabaseAddress, *, busy_timeout: float = sqlite.BUSY_TIMEOUT
    ) -> None:
        """`busy_timeout` in seconds, as for `connect`."""
        self.address = address
        self._busy_timeout = busy_timeout
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._connections: list[Connection] = []
        self._is_closed = False

    def connection(self) -> Connection:
        """The calling thread's connection, opened when the thread first asks for it.

        Raises what `connect` raises, and StoreError after `close`.
        """
        if self._is_closed:
            raise StoreError(f"{self.address} is closed.")
        found: Connection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = self._of_thread.connection = connect(
                self.address, busy_timeout=self._busy_timeout, check_same_thread=False
            )
            with self._lock:
                self._connections.append(found)
        return found

    def close(self) -> None:
        """Close the connections of all threads. No thread may be using one."""
        self._is_closed = True
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()


def change_counter(connection: Connection) -> Hashable:
    """Another value for each state of the database that the connection may see."""
    return connection.state()


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """One write transaction, all or nothing. There is one at a time, so two can't deadlock."""
    connection.begin(writing=True)
    try:
        with _columns_are_there():
            yield
        connection.commit()
    except BaseException:
        if connection.in_transaction:  # on a full disk, SQLite has rolled it back
            connection.rollback()
        raise


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """All that is read within is of one moment, whatever others publish meanwhile."""
    connection.begin(writing=False)
    try:
        with _columns_are_there():
            yield
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
    connection.commit()


@contextmanager
def _columns_are_there() -> Iterator[None]:
    """Raises StoreError where a row lacks a column, as when a bit of a view's text has flipped."""
    try:
        yield
    except IndexError as error:
        if str(error) != _NO_COLUMN:
            raise
        raise damaged("a column is missing") from error


def repeated(
    step: Callable[Concatenate[Connection, _Parameters], _Result],
) -> Callable[Concatenate[Connection, _Parameters], _Result]:
    """A step of one transaction, done again when the connection to a server was lost before its end.

    Only where it is certain that nothing of it was committed: see ConnectionLostError.
    """

    @functools.wraps(step)
    def run(
        connection: Connection, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        if connection.in_transaction:  # what is lost with it is the caller's to do again
            return step(connection, *args, **kwargs)
        end = time.monotonic() + _REPEAT_SECONDS
        while True:
            try:
                with _columns_are_there():
                    return step(connection, *args, **kwargs)
            except ConnectionLostError:
                if time.monotonic() > end:
                    raise

    return run
