"""What SQLite and Postgres have in common, as the rest of the program sees it.

All SQL above this package is written once, for both. What the two write differently stands here: times
as texts of SQL, and beginning, ending and watching as methods of a connection. `postgres/sql.py` puts
the few forms of SQLite's that are left into those of Postgres.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import Any, Protocol

from ccingest.database_address import DatabaseAddress
from ccingest.times import from_text

_FORMAT = "%Y-%m-%dT%H:%M:%fZ"
NOW = f"strftime('{_FORMAT}', 'now')"
LATER = f"strftime('{_FORMAT}', 'now', ?)"  # the parameter: "+30 seconds"


def shifted(by: str) -> str:
    """The time that is `by`, such as `-24 hours`, from now."""
    return f"strftime('{_FORMAT}', 'now', '{by}')"


def clock(connection: Connection) -> datetime:
    """The time now, by the clock that all machines with this database go by."""
    return from_text(connection.execute(f"SELECT {NOW}").fetchone()[0])


class Row(Protocol):
    """A row, whose values are found by name and by position."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Any: ...


class Cursor(Protocol):
    """The rows of a statement."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Changes(Protocol):
    """Waits until another connection changes the database."""

    def wait(
        self, seconds: float, *, poll: float = ..., stop: threading.Event | None = ...
    ) -> None:
        """Return at the first change since the last call, on `stop`, or after `seconds`.

        `poll` is the time between two checks, in seconds: of `stop`, and of SQLite's file.
        """


class Connection(Protocol):
    """A connection in autocommit mode. Every method raises StoreError and its subclasses.

    Rows are found by name and by position. A connection is used by one thread at a time.
    """

    @property
    def address(self) -> DatabaseAddress: ...
    @property
    def machine(self) -> str:
        """What tells the paths of this machine from those of others that use the database."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Any, /) -> Cursor: ...

    def stored_rows(self, sql: str, parameters: Any = ..., /) -> list[Any]:
        """All rows of a statement that reads. A text in them that is no UTF-8 is bytes, which no column
        holds: its row is found damaged by itself, and hides no other."""

    def update(self, sql: str, parameters: Any = ..., /) -> int:
        """One statement that may be done twice, when its answer was lost: the second time it has to
        change nothing. Costs less than `execute`. Returns how many rows it found."""

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction: of the only writer there is, or one that reads one moment's state."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
    def changes(self) -> Changes: ...

    def state(self) -> Hashable:
        """Another value for each state of the database that the connection may see."""

    def is_settled(self) -> bool:
        """Whether it has been there, with a clock that did not jump, for so long that whoever lives has
        renewed its lease."""

    def damage(self) -> str | None:
        """What is wrong with the database itself; None when it is whole."""
