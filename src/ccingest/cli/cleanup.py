"""`ccingest cleanup`: what nobody needs any more."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, lines
from ccingest.settings import HISTORY_DAYS, Settings, load_settings

if TYPE_CHECKING:
    import sqlite3

    from ccingest.records import DatasetVersion
    from ccingest.store import TableStore

# A dataset that changes often is pruned between two clean-ups as well: each version has files, and
# each change a part of the index.
MOST_VERSIONS = 40
_VERSIONS_OF_A_PRUNED_TABLE = 3


def cleanup(
    days: Annotated[
        int, typer.Option("--days", help="Keep jobs that ended since.", min=0, max=36_500)
    ] = HISTORY_DAYS,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Remove old jobs, and stale clones and tables.

    Jobs go with their events, tables with their old versions. A worker does so by itself, once a day.
    """
    from ccingest.jobs.database import connect

    settings = load_settings()
    settings.create_home()
    with closing(connect(settings.database)) as connection:
        done = clean(settings, connection, days)
    document = {
        "deletedJobs": done.jobs,
        "deletedTables": done.tables,
        "deletedClones": done.clones,
        "freedBytes": done.freed_bytes,
    }
    return Reply(document, lines(str(done)))


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """What a clean-up removed."""

    jobs: int = 0
    tables: int = 0
    clones: int = 0
    freed_bytes: int = 0

    def __str__(self) -> str:
        return (
            f"deleted {self.jobs} jobs, {self.tables} tables, {self.clones} clones; "
            f"freed {self.freed_bytes / 1e6:.1f} MB"
        )


def clean(settings: Settings, connection: sqlite3.Connection, days: int) -> CleanedUp:
    """Remove jobs that ended over `days` days ago, and what no dataset and no job needs."""
    from ccingest.cli.runner import sweep
    from ccingest.git import trim_clones
    from ccingest.jobs.retention import delete_old_jobs

    jobs = delete_old_jobs(connection, days)
    tables, clones = sweep(settings, connection)
    freed = trim_clones(settings.clone_cache, settings.clone_cache_mb * 1_000_000)
    freed += prune_tables(settings, connection, _VERSIONS_OF_A_PRUNED_TABLE)
    return CleanedUp(jobs, tables, clones, freed)


def prune_tables(
    settings: Settings, connection: sqlite3.Connection, most: int = MOST_VERSIONS
) -> int:
    """Remove old versions of the tables that have over `most` of them and that no job writes.

    Returns the bytes that freed. One that can't be pruned now, for a lock say, waits for the next
    time: what called for this, a job that completed, is done all the same.
    """
    from ccingest.errors import StoreError
    from ccingest.jobs.datasets import published_tables
    from ccingest.jobs.retention import set_aside
    from ccingest.store import TableStore

    store = TableStore(settings.tables)
    freed = 0
    for dataset_id, table in published_tables(connection).items():
        if store.versions(table) <= most:
            continue
        before = store.size(table)
        with suppress(StoreError), set_aside(connection, dataset_id) as dataset:
            if dataset:
                _prune(store, connection, dataset)
                freed += before - store.size(table)
    return max(0, freed)


def _prune(store: TableStore, connection: sqlite3.Connection, dataset: DatasetVersion) -> None:
    """In two steps: whichever version SQLite names is there at every moment."""
    from ccingest.jobs.retention import move_version

    writer = store.continue_from(dataset.table_name, dataset.table_version)
    fresh = writer.freshen()
    if move_version(connection, dataset, fresh):
        move_version(connection, replace(dataset, table_version=fresh), writer.prune())
