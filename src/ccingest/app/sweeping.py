"""Removing what no dataset, job or shard needs from the object store."""

from __future__ import annotations

import logging
from functools import partial

from ccingest.app.home import Home
from ccingest.app.remote_store import RemoteStore
from ccingest.db.catalog import published_versions
from ccingest.db.connection import reading, repeated
from ccingest.db.dialect import Connection, clock
from ccingest.db.stored import stored_shards
from ccingest.errors import CcingestError
from ccingest.queue.deletion import tables_in_use
from ccingest.remote import Swept, sweep
from ccingest.remote.sweeping import InUse

_log = logging.getLogger(__name__)


def sweep_store(home: Home, remote: RemoteStore) -> Swept:
    """Remove what was not needed for the grace, and put there what is on this disk alone.

    Such are tables that were published before there was a store. Raises what the store raises, and
    UsageError for one that another database has.
    """
    remote.claim(home.connection)
    swept = _swept(home, remote, removes=True)
    versions = {one.table: one.version for one in published_versions(home.connection)}
    for table in swept.missing:
        if table not in versions or table not in home.store.names():
            continue
        try:
            remote.tables.upload(table, versions[table])
        except CcingestError as error:
            _log.warning("The table %s is not put into the store now: %s", table, error.message)
    return swept


def inspected(home: Home, remote: RemoteStore) -> Swept:
    """What the store has. Removes nothing."""
    return _swept(home, remote, removes=False)


def _swept(home: Home, remote: RemoteStore, *, removes: bool) -> Swept:
    now = clock(home.connection)
    return sweep(
        remote.place, remote.tables, partial(in_use_of, home.connection), now, removes=removes
    )


@repeated
def in_use_of(connection: Connection) -> InUse:
    """What the database names now."""
    with reading(connection):
        published = frozenset(one.table for one in published_versions(connection))
        written = frozenset(tables_in_use(connection)) - published
        return InUse(published, written, stored_shards(connection))
