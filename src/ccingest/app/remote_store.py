"""The tables and shards of a home whose machines share an object store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import field
from functools import partial

from ccingest.db.dialect import Connection
from ccingest.db.stored import database_id
from ccingest.errors import UsageError
from ccingest.models import Dataset, PreparedVersion
from ccingest.objects import ObjectUrl, require_conditional_puts, store_url
from ccingest.progress import Emit
from ccingest.remote import RemoteShards, RemoteTables
from ccingest.remote.sweeping import SHARDS, TABLES
from ccingest.remote.transfers import at_once
from ccingest.settings import Settings
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

_OWNER = "owner"
_LONGEST_OWNER = 1024  # bytes


@dataclass(frozen=True, slots=True)
class _Claim:
    """Whether this process knows that the store is the database's own."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """Where the tables and the shards are, beside the database that says which there are."""

    place: ObjectUrl
    tables: RemoteTables
    shards: RemoteShards
    settings: Settings
    _claim: _Claim = field(default_factory=_Claim)

    def claim(self, connection: Connection) -> None:
        """Make sure that what this database writes to the store is kept there.

        Raises UsageError for a store that does not enforce conditional puts, or that another database
        has: each removes what it does not know.
        """
        with self._claim.lock:
            if self._claim.done.is_set():
                return
            require_conditional_puts(self.place, self.settings.known_stores)
            mine = database_id(connection).encode()
            key, store = self.place.below(_OWNER).key, self.tables.store
            if not store.put_new(key, mine) and store.read(key, _LONGEST_OWNER)[0] != mine:
                raise UsageError(
                    f"{self.place} has the tables of another database; give each database a prefix "
                    "of its own in CCINGEST_STORE.",
                    parameter="store",
                )
            self._claim.done.set()

    def keep(
        self, connection: Connection, version: PreparedVersion, base: Dataset | None, emit: Emit
    ) -> None:
        """Put a version that was written here into the store, before it is published."""
        self.claim(connection)
        base_table = base.table_name if base else None
        self.tables.upload(version.table_name, version.table_version, base_table, emit)

    def bring(self, tables: Sequence[str]) -> None:
        """Bring what questions read of these tables to this disk, several at a time."""
        at_once([partial(self.tables.bring_index, name) for name in tables])


def remote_of(settings: Settings) -> RemoteStore | None:
    """The object store of this home's tables; None where they are on this disk alone."""
    if not settings.tables_url:
        return None
    place = store_url(settings.tables_url)
    limit = settings.object_cache_mb * 1_000_000
    return RemoteStore(
        place,
        RemoteTables(place.below(TABLES), settings.tables, settings.table_notes, limit),
        RemoteShards(place.below(SHARDS), settings.tables / "shards"),
        settings,
    )
