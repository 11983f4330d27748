"""Moving jobs and the catalogue from the home's file to a Postgres server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from ccingest.database_address import PostgresAddress, is_postgres_url
from ccingest.db import sqlite
from ccingest.db.connection import connect_to_server
from ccingest.errors import StoreError, UsageError
from ccingest.models import Migration
from ccingest.settings import Settings


def migrate(
    settings: Settings, to: str, tell: Callable[[str, int], None] = lambda _table, _rows: None
) -> Migration:
    """Copy all that the home's file holds to an empty database, and compare both.

    The file stays as it is. The tables of the datasets are no part of it: they stay where they are.
    `tell` gets each table of the database that was copied, and its rows. May be called again: what is
    there already is only compared. Raises UsageError for a database that holds something else,
    JobStateError while a job runs, StoreError.
    """
    if not is_postgres_url(to):
        raise UsageError(
            "to must be the address of a Postgres database, such as postgresql://host/name.",
            parameter="to",
        )
    if not settings.database_file.exists():
        raise StoreError(f"There is no {settings.database_file}, so there is nothing to migrate.")
    address = PostgresAddress(to, settings.home)
    with (
        closing(sqlite.connect(settings.database_file)) as source,
        closing(connect_to_server(address)) as target,
    ):
        from ccingest.db.postgres.copying import copy_all  # needs what the line before has found

        rows, is_new = copy_all(source, target, tell)
    return Migration(settings.database_file, str(address), rows, is_new)
