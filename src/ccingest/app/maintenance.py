"""Removing what nobody needs any more."""

from __future__ import annotations

import logging
from dataclasses import replace

from ccingest.app.home import Home
from ccingest.db.catalog import published_tables
from ccingest.errors import StoreBusyError, StoreError
from ccingest.models import CleanupSummary, Dataset
from ccingest.queue.claim import reclaim_lost
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.liveness import remove_dead
from ccingest.queue.retention import delete_old_jobs, in_maintenance, move_version

_log = logging.getLogger(__name__)

# A dataset that changes often is pruned between two clean-ups as well: each version has files, and
# each change a part of the index.
MOST_VERSIONS = 40
_VERSIONS_OF_A_PRUNED_TABLE = 3


def clean_up(home: Home, days: int) -> CleanupSummary:
    """Remove jobs that ended over `days` days ago, and what no dataset and no job needs."""
    from ccingest.sources.git import limit_clone_cache

    settings = home.settings
    jobs = delete_old_jobs(home.connection, days)
    tables, clones = remove_leftovers(home)
    freed = limit_clone_cache(settings.clone_cache, settings.clone_cache_mb * 1_000_000)
    freed += prune_tables(home, _VERSIONS_OF_A_PRUNED_TABLE)
    return CleanupSummary(jobs, tables, clones, freed)


def remove_leftovers(home: Home) -> tuple[int, int]:
    """Remove what killed processes left: (tables, clones). What running jobs use is spared."""
    from ccingest.sources.git import remove_stale_clones

    try:
        reclaim_lost(home.connection)
    except StoreBusyError as error:  # the next call, or a worker that looks for jobs, does it
        _log.info("Lost jobs are not handed back now: %s", error.message)
    remove_dead(home.connection)
    # First what is there, then what is in use: a table made in between is in neither list.
    orphans = home.store.names() - tables_in_use(home.connection)
    for name in orphans:
        home.store.drop(name)
    home.store.empty_trash()
    return len(orphans), remove_stale_clones(home.settings.clones)


def prune_tables(home: Home, most: int = MOST_VERSIONS) -> int:
    """Remove old versions of the tables that have over `most` of them and that no job writes.

    Returns the bytes that freed. One that can't be pruned now, for a lock say, waits for the next
    time: what called for this, a job that completed, is done all the same.
    """
    freed = 0
    for dataset_id, table in published_tables(home.connection).items():
        if home.store.versions(table) <= most:
            continue
        before = home.store.size(table)
        try:
            with in_maintenance(home.connection, dataset_id) as dataset:
                if dataset:
                    _prune(home, dataset)
                    freed += before - home.store.size(table)
        except StoreError as error:
            _log.warning("The table %s is not pruned now: %s", table, error.message)
    return max(0, freed)


def _prune(home: Home, dataset: Dataset) -> None:
    """In two steps: whichever version SQLite names is there at every moment."""
    writer = home.store.continue_from(dataset.table_name, dataset.table_version)
    optimized = writer.optimize()
    if move_version(home.connection, dataset, optimized):
        move_version(home.connection, replace(dataset, table_version=optimized), writer.prune())
