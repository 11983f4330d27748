"""Columns of Postgres to the values that SQLite would give, and rows that are found by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection, Cursor
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader


class Row(tuple[Any, ...]):
    """A row, as sqlite3.Row: its values are found by name and by position."""

    _index: dict[str, int]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._index[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        return list(self._index)


def row_maker(cursor: Cursor[Any]) -> Callable[[Sequence[Any]], Row]:
    """psycopg's row factory."""
    index = {column.name: place for place, column in enumerate(cursor.description or ())}

    def make(values: Sequence[Any]) -> Row:
        row = Row(values)
        row._index = index
        return row

    return make


def register(connection: Connection[Any]) -> None:
    """Times as `times.to_text` writes them, and JSON as text."""
    connection.adapters.register_loader("timestamptz", _TimeLoader)
    connection.adapters.register_loader("json", TextLoader)


class _TimeLoader(Loader):
    def load(self, data: Any) -> str:
        # 2026-11-26 02:11:25.17+00: the session's time zone is UTC.
        text = bytes(data).decode("ascii")
        seconds, _, fraction = text[11:].removesuffix("+00").partition(".")
        return f"{text[:10]}T{seconds}.{fraction[:3]:0<3}Z"
