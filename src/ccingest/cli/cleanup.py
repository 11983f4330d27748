"""`ccingest cleanup`: what nobody needs any more."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, lines
from ccingest.settings import Settings, load_settings

if TYPE_CHECKING:
    import sqlite3

    from ccingest.records import DatasetVersion
    from ccingest.store import TableStore


def cleanup(
    days: Annotated[
        int, typer.Option("--days", help="Keep jobs that ended since.", min=0, max=36_500)
    ] = 7,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Remove old jobs with their events, and stale clones, tables and table versions."""
    from ccingest.cli.runner import sweep
    from ccingest.jobs.database import connect
    from ccingest.jobs.retention import delete_old_jobs

    settings = load_settings()
    settings.create_home()
    with closing(connect(settings.database)) as connection:
        jobs = delete_old_jobs(connection, days)
        tables, clones = sweep(settings, connection)
        size = _prune_all(settings, connection)
    document = {
        "deletedJobs": jobs,
        "deletedTables": tables,
        "deletedClones": clones,
        "freedBytes": size,
    }
    text = f"deleted {jobs} jobs, {tables} tables, {clones} clones; freed {size / 1e6:.1f} MB"
    return Reply(document, lines(text))


def _prune_all(settings: Settings, connection: sqlite3.Connection) -> int:
    """Remove old versions of every dataset that no job writes; returns the bytes that freed."""
    from ccingest.errors import StoreError
    from ccingest.jobs.datasets import idle_versions
    from ccingest.store import TableStore

    store = TableStore(settings.tables)
    freed = 0
    for dataset in idle_versions(connection):
        before = store.size(dataset.table_name)
        try:
            _prune(store, connection, dataset)
        except StoreError:
            continue  # a job took the table over, or it is gone: the next ingest sees to it
        freed += before - store.size(dataset.table_name)
    return max(0, freed)


def _prune(store: TableStore, connection: sqlite3.Connection, dataset: DatasetVersion) -> None:
    """In two steps: whichever version SQLite names is there at every moment."""
    from ccingest.jobs.retention import move_version

    writer = store.continue_from(dataset.table_name, dataset.table_version)
    fresh = writer.freshen()
    if move_version(connection, dataset, fresh):
        move_version(connection, replace(dataset, table_version=fresh), writer.prune())
