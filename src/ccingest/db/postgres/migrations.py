"""Bringing the schema up to date. A step and the record that it ran are committed together."""

from __future__ import annotations

from typing import Any

import psycopg

from ccingest.database_address import PostgresAddress
from ccingest.db.postgres import schema
from ccingest.errors import NewerDatabaseError, StoreError

# Not to_regclass(): that remembers that there was none, while another process makes it.
_FIND = """
    SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'ccingest_schema'
        AND relnamespace = ANY(CAST(CAST(current_schemas(FALSE) AS text[]) AS regnamespace[]))),
    current_schema()
"""
_VERSION = "SELECT count(*) FROM ccingest_schema"


def latest() -> int:
    """The version of a schema on which every step ran."""
    return len(schema.STEPS)


def bring_up_to_date(raw: psycopg.Connection[Any], address: PostgresAddress) -> None:
    """Run the steps that are left. Raises psycopg.Error, and StoreError for tables of others."""
    if _version(raw, address) == latest():
        return
    raw.execute("BEGIN")
    raw.execute(f"SELECT pg_advisory_xact_lock({schema.WRITER})")
    done = _version(raw, address)  # another process may have done it in the meantime
    if done == 0:
        _require_empty(raw, address)
        raw.execute(
            """CREATE TABLE IF NOT EXISTS ccingest_schema (
                name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT statement_timestamp())"""
        )
    for name, script in schema.STEPS[done:]:
        raw.execute(script.encode())
        raw.execute("INSERT INTO ccingest_schema(name) VALUES (%s)", (name,))
    raw.execute("COMMIT")


def _version(raw: psycopg.Connection[Any], address: PostgresAddress) -> int:
    row = raw.execute(_FIND).fetchone()
    assert row is not None  # a SELECT without FROM gives a row
    if row[1] is None:
        raise StoreError(f"{address} has no schema for this user; create the one it looks for.")
    if not row[0]:
        return 0
    found = raw.execute(_VERSION).fetchone()
    assert found is not None
    if found[0] > latest():
        raise NewerDatabaseError(
            f"{address} was made by a newer ccingest; upgrade this one: pip install -U ccingest."
        )
    return int(found[0])


def _require_empty(raw: psycopg.Connection[Any], address: PostgresAddress) -> None:
    """Tables of the same names may be those of another program."""
    found = raw.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
        "AND relname = ANY(%s) ORDER BY 1",
        (list(schema.TABLES),),
    ).fetchall()
    if found:
        raise StoreError(
            f"{address} holds tables of something else ({', '.join(row[0] for row in found)}); "
            "give ccingest a database of its own."
        )
