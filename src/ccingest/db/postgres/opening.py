"""Opening a connection to the server, with the settings that this program counts on."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import ClientCursor
from psycopg.conninfo import conninfo_to_dict

from ccingest.database_address import PostgresAddress
from ccingest.db.postgres import migrations, schema, values
from ccingest.errors import StoreError, UsageError

# A machine that is cut off is noticed on both sides, long before TCP would notice it by itself.
_DEFAULTS: dict[str, str | int] = {
    "application_name": "ccingest",
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_OLDEST = 13  # which has pg_current_xact_id() and the status of a transaction by it
# Whatever is set for the server, the database or the user. Who waits for the one writer's lock has to see
# what that one wrote, and may take longer than a statement of others. What is published stays so after
# a crash, because the table of the old version is dropped after it.
_SAFE = """
    SET default_transaction_isolation = 'read committed'; SET statement_timeout = 0;
    SELECT set_config('synchronous_commit', 'on', FALSE)
    WHERE current_setting('synchronous_commit') = 'off'
"""
# Seconds in which a client in a transaction may say nothing, or take nothing of what it asked for. A
# machine that is cut off or asleep holds its locks for so long, and others wait for a lock a little longer.
LONGEST_PAUSE = 8


def open_raw(address: PostgresAddress, busy_timeout: float) -> psycopg.Connection[Any]:
    """A connection, as libpq makes it. Raises psycopg.Error, UsageError."""
    return psycopg.connect(
        address.url,
        autocommit=True,
        # Values are put into the statement here. So none needs a type of its own, and no statement
        # is prepared at the server: both would fail behind a pooler.
        cursor_factory=ClientCursor,
        row_factory=values.row_maker,
        **_defaults(address, busy_timeout),
    )


def prepare(
    raw: psycopg.Connection[Any], address: PostgresAddress, busy_timeout: float, *, listens: bool
) -> None:
    """Make its settings, and bring the schema up to date. Raises psycopg.Error, StoreError.

    With `listens`, the server tells of changes. The caller closes what an error leaves.
    """
    raw.execute(
        f"SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET lock_timeout = '{busy_timeout}s';"
        f"SET idle_in_transaction_session_timeout = '{LONGEST_PAUSE}s';"
        "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5;"
        "SET tcp_keepalives_count = 3;"
        f"SET tcp_user_timeout = '{LONGEST_PAUSE}s';"
        "SET client_min_messages = 'warning'; SET client_encoding = 'UTF8';"
        f"{_SAFE}"
    )
    _require_usable(raw, address)
    values.register(raw)
    migrations.bring_up_to_date(raw, address)
    if listens:
        raw.execute(f"LISTEN {schema.CHANNEL}")


def _defaults(address: PostgresAddress, busy_timeout: float) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(address.url)
    except (psycopg.Error, ValueError):  # its text would show the address, with the password
        raise UsageError(
            "The address of the database is no valid one; it looks like "
            "postgresql://host:5432/name.",
            parameter="database",
        ) from None
    defaults = {**_DEFAULTS, "connect_timeout": max(2, round(busy_timeout))}
    return {name: value for name, value in defaults.items() if name not in given}


def _require_usable(raw: psycopg.Connection[Any], address: PostgresAddress) -> None:
    version = raw.info.server_version // 10_000
    if version < _OLDEST:
        raise StoreError(f"{address} is Postgres {version}; ccingest needs {_OLDEST} or later.")
    encoding = raw.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"{address} stores text as {encoding}; create a database with the encoding UTF8."
        )
