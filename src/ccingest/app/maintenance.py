"""Removing what is not needed any more."""

from __future__ import annotations

import logging

from ccingest.app.home import Home
from ccingest.app.shards import merge_shards
from ccingest.app.trees import remove_lost_overlays
from ccingest.db.catalog import find_dataset
from ccingest.db.published import published
from ccingest.errors import CcingestError, StoreBusyError, StoreError
from ccingest.models import CleanupSummary
from ccingest.queue.claim import reclaim_lost
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.liveness import remove_dead
from ccingest.queue.maintaining import Maintenance, in_maintenance
from ccingest.queue.retention import delete_old_jobs

_log = logging.getLogger(__name__)

# With more versions, a table is pruned between two clean-ups as well. Each version has files of its
# own, so a dataset that changes often would get too many.
MOST_VERSIONS = 40
_CLEANUP_VERSIONS = 3


def clean_up(home: Home, days: int) -> CleanupSummary:
    """Remove jobs that ended over `days` days ago, and all that no dataset and no job uses."""
    from ccingest.objects import ObjectCache
    from ccingest.sources.folder import remove_unused_known_files
    from ccingest.sources.git import limit_clone_cache
    from ccingest.sources.web.keeping import limit_sites

    settings = home.settings
    jobs = delete_old_jobs(home.connection, days)
    tables, clones = remove_leftovers(home)
    freed = limit_clone_cache(settings.clone_cache, settings.clone_cache_mb * 1_000_000)
    freed += limit_sites(settings.sites, settings.clone_cache_mb * 1_000_000)
    freed += ObjectCache(settings.object_cache, settings.object_cache_mb * 1_000_000).trim()
    freed += prune_tables(home, _CLEANUP_VERSIONS)
    merge_shards(home, is_thorough=True)
    freed += _sweep(home)
    found = published(home.connection)
    if not found.damaged:  # else what one of those uses is not known
        folders = [one.source for one in found.datasets]
        remove_unused_known_files(settings.folder_cache, folders)
    return CleanupSummary(jobs, tables, clones, freed)


def remove_leftovers(home: Home) -> tuple[int, int]:
    """Remove what killed processes left; returns the numbers of (tables, clones).

    Does not remove what running jobs use.
    """
    from ccingest.sources.git import remove_stale_clones

    try:
        reclaim_lost(home.connection)
    except StoreBusyError as error:  # the next call, or the next worker, does it
        _log.info("Lost jobs are not handed back now: %s", error.message)
    remove_dead(home.connection)
    lost = remove_lost_overlays(home)
    # First list the tables on disk, then those in use. A table that is created in between is not on the
    # first list, so it is not removed.
    orphans = home.store.names() - tables_in_use(home.connection)
    for name in orphans:
        home.store.drop(name)
    home.store.empty_trash()
    if home.remote:
        home.remote.tables.trim_if_due()
    return lost + len(orphans), remove_stale_clones(home.settings.clones)


def prune_tables(home: Home, most: int = MOST_VERSIONS) -> int:
    """Remove old versions of tables that have more than `most`; returns the bytes freed.

    Leaves out tables that a job writes. A table that can't be pruned now, for example because the
    database is locked, is pruned another time: this must not fail the job that has just completed.
    """
    found = published(home.connection).datasets
    return sum(_prune_if_many(home, one.dataset_id, one.table_name, most) for one in found)


def prune_table_of(home: Home, project: str, dataset: str) -> None:
    """The same for one dataset: after a job, to look at thousands of others takes longer than the job."""
    found = find_dataset(home.connection, project, dataset)
    if found:
        _prune_if_many(home, found.dataset_id, found.table_name, MOST_VERSIONS)


def _prune_if_many(home: Home, dataset_id: int, table: str, most: int) -> int:
    """Returns the bytes freed."""
    # On an object store, each version is a table of its own, with that version alone.
    if home.remote:
        return 0
    try:
        if home.store.versions(table) <= most:
            return 0
        before = home.store.size(table)
        with in_maintenance(home.connection, dataset_id) as maintenance:
            if maintenance:
                _prune(home, maintenance)
                return max(0, before - home.store.size(table))
    except StoreError as error:
        _log.warning("The table %s is not pruned now: %s", table, error.message)
    return 0


def _sweep(home: Home) -> int:
    """Remove what nothing needs from the object store, if there is one; returns the bytes."""
    if not home.remote:
        return 0
    from ccingest.app.sweeping import sweep_store

    try:
        return sweep_store(home, home.remote).freed
    except CcingestError as error:  # the next clean-up tries again
        _log.warning("The object store is not cleaned up now: %s", error.message)
        return 0


def _prune(home: Home, maintenance: Maintenance) -> None:
    """In two steps, so that the version that the database names exists at every moment."""
    dataset = maintenance.dataset
    writer = home.store.continue_from(dataset.table_name, dataset.table_version)
    if maintenance.move_version(writer.optimize()):
        maintenance.move_version(writer.prune())
