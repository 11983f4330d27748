"""Bringing a database up to date. Each step is committed together with the record that it ran."""

from __future__ import annotations

import sqlite3
from typing import Any

from ccingest.db import schema


def latest() -> int:
    """The `user_version` of a database on which every step ran."""
    return len(schema.STEPS)


def apply(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date. The caller holds a write transaction and commits it.

    Foreign keys must be off. A step that replaces a table drops the old one, which would otherwise
    delete the rows that refer to it. Raises sqlite3.IntegrityError when a step broke a reference.
    """
    # Imported here, because it takes 0.2 s and only the first command with a new schema needs it.
    import sqlite_utils
    from sqlite_utils.migrations import Migrations

    broken = _broken_references(connection)
    migrations = Migrations("ccingest")
    for name, script in schema.STEPS:
        migrations(name=name)(_Step(script))
    migrations.apply(sqlite_utils.Database(connection))
    if _broken_references(connection) > broken:
        raise sqlite3.IntegrityError("the upgrade lost rows that others refer to")
    connection.execute(f"PRAGMA user_version = {latest()}")


def _broken_references(connection: sqlite3.Connection) -> int:
    return len(connection.execute("PRAGMA foreign_key_check").fetchall())


class _Step:
    """A script of SQL. Its statements run one by one inside the caller's transaction."""

    __name__ = "step"

    def __init__(self, script: str) -> None:
        self._script = script

    def __call__(self, db: Any) -> None:
        # executescript() would commit the transaction first.
        statement = ""
        for line in self._script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                db.execute(statement)
                statement = ""
