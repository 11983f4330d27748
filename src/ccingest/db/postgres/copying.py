"""Copying a whole database from SQLite's file to Postgres, and comparing both.

All is one transaction: a copy that was interrupted has left nothing, and is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
from psycopg import ServerCursor

from ccingest.db.connection import transaction
from ccingest.db.dialect import Connection
from ccingest.db.postgres import failures
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.db.sqlite import SqliteConnection
from ccingest.errors import JobStateError, StoreError, UsageError

# In this order: a row comes after those that it refers to. A home with a file has no object store, so
# what belongs to one is left out.
_KEYS = {
    "projects": "id",
    "datasets": "id",
    "files": "dataset_id, path",
    "skipped_files": "dataset_id, path, reason",
    "jobs": "rowid",
    "job_events": "id",
    "job_logs": "id",
    "schedules": "id",
    "maintenance_runs": "name",
    "overlays": "id",
    "overlay_files": "overlay_id, path",
    "webhook_deliveries": "id",
    "hosts": "name",
}
_NO_TEXT = "\N{REPLACEMENT CHARACTER}"  # for a NUL, which Postgres can't store


def copy_all(
    source: SqliteConnection, target: PostgresConnection, tell: Callable[[str, int], None]
) -> tuple[dict[str, int], bool]:
    """Copy each table and compare it; returns the rows of each, and whether any were copied.

    None are copied where the target has the same already. `tell` gets each table and its rows.
    Raises UsageError when the target holds anything else, JobStateError while a job runs.
    """
    raw = target.raw()
    try:
        return _copy_all(source, target, tell)
    except psycopg.Error as error:  # of what bypasses the connection's own methods
        raise failures.of_statement(error, target.address, raw) from error


def _copy_all(
    source: SqliteConnection, target: PostgresConnection, tell: Callable[[str, int], None]
) -> tuple[dict[str, int], bool]:
    with transaction(source):  # nobody changes it meanwhile
        running = source.execute("SELECT 1 FROM jobs WHERE status = 'in_progress' LIMIT 1")
        if running.fetchone():
            raise JobStateError("A job is running; stop the workers first, and wait for their end.")
        with transaction(target):
            # Reading and comparing take time in which the server hears nothing.
            target.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            is_new = not any(_counts(target).values())
            if is_new:
                _copy(source, target.raw(), target.machine)
            counts = _counts(source)
            for table, rows in counts.items():
                if _digest(_rows_of(source, table, target.machine)) != _digest(
                    _stored(target.raw(), table)
                ):
                    raise _copied_wrong(table) if is_new else _holds_something_else(target)
                tell(table, rows)
    return counts, is_new


def columns_of(source: SqliteConnection, table: str) -> list[str]:
    """The columns of one of SQLite's tables."""
    rows = source.execute(f"PRAGMA table_info({table})")
    return [str(row["name"]) for row in rows]


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for table in _KEYS
    }


def _copy(source: SqliteConnection, raw: psycopg.Connection[Any], machine: str) -> None:
    raw.execute("ALTER TABLE jobs DISABLE TRIGGER USER")  # its events are copied as well
    for table in _KEYS:
        names = ", ".join(_columns(source, table))
        with raw.cursor().copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy:
            for row in _rows_of(source, table, machine):
                copy.write_row(row)
    raw.execute("ALTER TABLE jobs ENABLE TRIGGER USER")
    _go_on_counting(source, raw)


def _go_on_counting(source: SqliteConnection, raw: psycopg.Connection[Any]) -> None:
    """New rows get higher ids than any before, also than those of rows that were removed."""
    rows = source.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    last = {str(row["name"]): int(row["seq"]) for row in rows}
    for table, key in _KEYS.items():
        if key in ("id", "rowid") and table != "webhook_deliveries":
            highest = source.execute(f"SELECT COALESCE(MAX({key}), 0) FROM {table}").fetchone()[0]
            number = max(highest, last.get(table, 0))
            if number:
                raw.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", (table, key, number)
                )


def _columns(source: SqliteConnection, table: str) -> list[str]:
    names = columns_of(source, table)
    return sorted(["rowid", *names] if table == "jobs" else names)


def _rows_of(source: SqliteConnection, table: str, machine: str) -> Iterator[list[Any]]:
    names = _columns(source, table)
    selected = [f"'{machine}' || tree" if name == "tree" else name for name in names]
    rows = source.execute(f"SELECT {', '.join(selected)} FROM {table} ORDER BY {_KEYS[table]}")
    for row in rows:
        yield [_storable(value) for value in row]


def _stored(raw: psycopg.Connection[Any], table: str) -> Iterator[Any]:
    """The rows as they are in the target, a few at a time."""
    columns = raw.execute(f"SELECT * FROM {table} LIMIT 0".encode()).description or ()
    names = ", ".join(sorted(column.name for column in columns))
    with ServerCursor(raw, "stored") as cursor:
        cursor.execute(f"SELECT {names} FROM {table} ORDER BY {_KEYS[table]}".encode())
        yield from cursor


def _digest(rows: Iterable[Iterable[Any]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr([_comparable(value) for value in row]).encode())
    return digest.hexdigest()


def _storable(value: Any) -> Any:
    if not isinstance(value, str) or ("\0" not in value and "\\u0000" not in value):
        return value
    if value.startswith(("{", "[")):
        return value.replace("\\u0000", _NO_TEXT)
    return value.replace("\0", _NO_TEXT)


def _comparable(value: Any) -> Any:
    """Postgres orders the keys of JSON in its own way, and has truth values."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.dumps(json.loads(value), sort_keys=True)
        except ValueError:
            return value
    return value


def _copied_wrong(table: str) -> StoreError:
    return StoreError(f"The copy of {table} differs from what was copied; nothing is kept of it.")


def _holds_something_else(target: PostgresConnection) -> UsageError:
    return UsageError(
        f"{target.address} holds something else already; give it an empty database.",
        parameter="to",
    )
