"""A SQLite file that nobody could write when it was opened, such as on a full disk.

SQLite then believes that it never changes. A worker or a server that was started there would see nothing
of what others write later, for as long as it runs. So the file is opened again when that can be.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ccingest.db.dialect import Cursor
from ccingest.db.room import is_frozen
from ccingest.db.sqlite import Changes, SqliteConnection


class FrozenConnection:
    """See db.dialect.Connection."""

    machine = ""

    def __init__(self, opened: SqliteConnection, reopen: Callable[[], SqliteConnection]) -> None:
        self.address = opened.address
        self._opened = opened
        self._reopen = reopen
        self._is_closed = False
        self._state = _state_of(self.address)
        self._times = 0  # it was opened again

    @property
    def in_transaction(self) -> bool:
        return self._opened.in_transaction

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
        return self._current().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Cursor:
        return self._current().executemany(sql, parameters)

    def stored_rows(self, sql: str, parameters: Any = (), /) -> list[Any]:
        return self._current().stored_rows(sql, parameters)

    def update(self, sql: str, parameters: Any = (), /) -> int:
        return self._current().update(sql, parameters)

    def begin(self, *, writing: bool) -> None:
        self._current().begin(writing=writing)

    def commit(self) -> None:
        self._opened.commit()

    def rollback(self) -> None:
        self._opened.rollback()

    def close(self) -> None:
        self._is_closed = True
        self._opened.close()

    def changes(self) -> Changes:
        return Changes(self)

    def state(self) -> Hashable:
        found = self._current().state()  # before the number, which it may change
        return self._times, *found

    def is_settled(self) -> bool:
        return self._current().is_settled()

    def damage(self) -> str | None:
        return self._current().damage()

    def _current(self) -> SqliteConnection:
        """Raises StoreError while the file can be read in neither way."""
        if self._is_closed or self._opened.in_transaction or not self._opened.is_frozen:
            return self._opened
        state = _state_of(self.address)
        if state != self._state:
            # Nobody closes the old one: rows that somebody still reads come from it.
            self._opened = self._reopen()
            self._state = state
            self._times += 1
        return self._opened


def _state_of(path: Path) -> Hashable:
    """Another value when the file can be written, or was."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return is_frozen(path), found.st_ino, found.st_size, found.st_mtime_ns
    return None
