"""Keeping on this disk what questions read of the object store, as the database has it.

Shards are brought as soon as the database names them. What no shard has is brought when it is asked
for, or before that by `follow`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from ccingest.app.remote_store import RemoteStore
from ccingest.db.catalog import visible_datasets
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.stored import stored_shards
from ccingest.errors import CcingestError
from ccingest.locks import file_lock
from ccingest.models import Dataset
from ccingest.search.open_tables import member_of
from ccingest.store.rows import store_errors

if TYPE_CHECKING:
    from ccingest.app.home import Home

_log = logging.getLogger(__name__)

_INTERVAL = 1.0  # seconds between two looks, where nothing follows
_FOLLOW = 2.0  # the same where something follows; it looks at once when a job changes
_FEW = 4  # see search/open_tables.py: a question about so few datasets looks for no shard
_WAIT = 5.0  # seconds for a look that runs when the home is closed
_LOCK = "shards.lock"


class Mirror:
    """For any number of threads."""

    def __init__(self, home: Home, remote: RemoteStore) -> None:
        self._home = home
        self._remote = remote
        self._lock = threading.Lock()
        self._looked_at = float("-inf")  # never
        self._brought: object = None
        self._stop = threading.Event()
        self._is_ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._project: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the first look of `follow` is done."""
        return self._is_ready.is_set()

    def prepare(self, datasets: Sequence[Dataset]) -> None:
        """Bring what a question about these datasets reads. Raises what the object store raises.

        Only the first question waits for shards that another process is just bringing here.
        """
        with self._lock:
            now, last = time.monotonic(), self._looked_at
            if now - last > _INTERVAL and self._thread is None:
                self.sync_shards(self._home.connection, wait=last < 0)
                self._looked_at = now
        if datasets is self._brought:
            return
        listed = self._home.store.shards.listing().places if len(datasets) > _FEW else {}
        missing = [
            one.table_name
            for one in datasets
            if one.chunks
            and member_of(one) not in listed
            and not self._home.store.has(one.table_name)
        ]
        self._remote.bring(missing)
        self._brought = datasets

    def follow(self, project: str | None) -> None:
        """Bring what questions about a project read, now and whenever the database changes, in a
        thread, until `stop`. None: about all projects."""
        with self._lock:
            if self._thread is None:
                self._project = project
                self._thread = threading.Thread(target=self._follow, name="mirror", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_WAIT)

    def sync_shards(self, connection: Connection, *, wait: bool = True) -> None:
        """The shards on this disk become those that the database names.

        Without `wait`, nothing is done while another process does it. Raises StoreError, and what the
        object store raises.
        """
        shards, listed = self._home.store.shards, stored_shards(connection)
        with store_errors("look for shards"):
            usable = {shard.name for shard in shards.listing().shards}
            if usable == listed:
                return
            self._home.settings.table_notes.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with file_lock(self._home.settings.table_notes / _LOCK, wait=wait):
                    self._sync(listed)
            except BlockingIOError:
                _log.info("Another process is bringing shards.")
                return
            with shards.merging() as may_remove:
                if may_remove:
                    shards.remove_leftovers()

    def _sync(self, listed: Collection[str]) -> None:
        shards, remote = self._home.store.shards, self._remote.shards
        usable = {shard.name for shard in shards.listing().shards}
        # A damaged one is here and not usable. It is forgotten first, and brought again.
        remote.forget(remote.here() - usable)
        shards.listing()
        remote.bring(sorted(set(listed) - usable))
        remote.forget(usable - set(listed))

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(connect(self._home.settings.database)) as connection:
                    self._follow_by(connection)
            except CcingestError as error:  # the database or the store is away
                _log.warning("The object store is looked at again: %s", error.message)
                self._stop.wait(_FOLLOW)

    def _follow_by(self, connection: Connection) -> None:
        changes = connection.changes()
        while not self._stop.is_set():
            self.sync_shards(connection)
            self._bring_others(connection)
            self._remote.tables.trim_if_due()
            self._is_ready.set()
            changes.wait(_FOLLOW, stop=self._stop)

    def _bring_others(self, connection: Connection) -> None:
        """The tables that no shard has, as far as they fit."""
        listed = self._home.store.shards.listing().places
        left = self._home.settings.object_cache_mb * 1_000_000
        for dataset in visible_datasets(connection, self._project):
            if member_of(dataset) in listed or not dataset.chunks or self._stop.is_set():
                continue
            left -= self._remote.tables.manifest(dataset.table_name).index_size
            if left < 0:
                return
            self._remote.tables.bring_index(dataset.table_name)
