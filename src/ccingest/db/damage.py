"""What is wrong with the file of SQLite: pages, lost parts of the schema, and rows that nobody wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.db import migrations
from ccingest.db.checked import MAY_BE_NEGATIVE
from ccingest.errors import DamagedDatabaseError
from ccingest.plurals import number_of

if TYPE_CHECKING:
    from ccingest.db.sqlite import SqliteConnection

_TABLES = "lance"  # the folder of the home that has them, see `Settings.tables`
_BESIDE = ("-wal", "-shm", "-journal")
_JSON = frozenset({"source", "options", "counts", "job_ids"})
_TIME = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:*Z"


def found_damage(connection: SqliteConnection) -> str | None:
    """The first thing that is wrong; None when there is nothing."""
    return next(_damage(connection), None)


def in_the_way(path: Path) -> str | None:
    """What is there that no database can be, nor the files that SQLite keeps beside it."""
    for place in (path, *(path.with_name(path.name + ending) for ending in _BESIDE)):
        if place.exists() and not place.is_file():
            return f"{place} is {'a folder' if place.is_dir() else 'no regular file'}"
    return None


def require_new(path: Path) -> None:
    """Raises DamagedDatabaseError where an empty file is one that has lost its content: as a new one it
    would list no dataset, and a clean-up would remove the tables of all."""
    wal = path.with_name(f"{path.name}-wal")
    has_log = wal.exists() and wal.stat().st_size
    if not has_log and any(path.parent.glob(f"{_TABLES}/*.lance")) and not path.stat().st_size:
        raise DamagedDatabaseError(
            f"{path} is empty, and there are tables of datasets beside it; restore it from a backup, "
            f"or move {path.parent} away and add the repositories again.",
            what="it is empty",
        )


def _damage(connection: SqliteConnection) -> Iterator[str]:
    (found,) = connection.execute("PRAGMA quick_check").fetchone()
    if found != "ok":
        yield str(found)
    there = _parts(connection)
    for kind, name in sorted(_expected() - there):
        yield f"the {kind} {name} is missing"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} belongs to one of {row[2]} that is missing"
    for kind, name in sorted(there):
        if kind == "table" and not name.startswith("_"):
            yield from _bad_values(connection, name)


def _expected() -> set[tuple[str, str]]:
    """Kind and name of all that a new database has."""
    with closing(sqlite3.connect(":memory:")) as new:
        migrations.apply(new)
        return _parts(new)


def _parts(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {(str(kind), str(name)) for kind, name in rows}


def _bad_values(connection: SqliteConnection, table: str) -> Iterator[str]:
    """In one read of the table, because it may have millions of rows."""
    columns = {
        str(row[1]): _is_bad(str(row[1]), str(row[2]))
        for row in connection.execute(f"PRAGMA table_info({table})")
    }
    sums = ", ".join(f"total({condition})" for condition in columns.values())
    counts = connection.execute(f"SELECT {sums} FROM {table}").fetchone()
    for name, count in zip(columns, counts, strict=True):
        if count:
            yield f"{number_of(int(count), 'value')} of {name} in {table} can't be right"


def _is_bad(name: str, kind: str) -> str:
    """As SQL. Whether a value may be NULL is looked at by SQLite's own check."""
    if kind == "INTEGER":
        least = "" if name in MAY_BE_NEGATIVE else f" OR {name} < 0"
        return f"typeof({name}) NOT IN ('integer', 'null'){least}"
    found = f"typeof({name}) NOT IN ('text', 'null')"
    if name == "at" or name.endswith(("_at", "_until")):
        found += (
            f" OR ({name} NOTNULL AND ({name} NOT GLOB '{_TIME}' OR julianday({name}) IS NULL))"
        )
    elif name in _JSON:
        found += f" OR ({name} NOTNULL AND NOT json_valid({name}))"
    return found
