"""An opened home, which all use cases work on."""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from typing import TYPE_CHECKING

from ccingest.db.connection import Database
from ccingest.db.dialect import Connection
from ccingest.settings import Settings

if TYPE_CHECKING:
    from ccingest.app.mirror import Mirror
    from ccingest.app.remote_store import RemoteStore
    from ccingest.store import TableStore

# Without this, a program that configures no logging would see the library's warnings on stderr.
logging.getLogger("ccingest").addHandler(logging.NullHandler())


class Home:
    """The settings, database and tables of one CCINGEST_HOME. Any number of threads may use it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database)
        self.lock = threading.Lock()

    @property
    def connection(self) -> Connection:
        """The calling thread's connection. Raises StoreError."""
        return self.database.connection()

    @cached_property
    def store(self) -> TableStore:
        return self.open_store()

    def open_store(self) -> TableStore:
        """The tables, of which nothing is known yet."""
        from ccingest.store import TableStore  # slow to import, and often not needed

        return TableStore(self.settings.tables, self.remote.tables if self.remote else None)

    @cached_property
    def remote(self) -> RemoteStore | None:
        """The object store that has the tables; None where they are in the home alone."""
        if not self.settings.tables_url:
            return None
        from ccingest.app.remote_store import remote_of

        self.settings.create_home()  # what comes from the store is kept in it
        return remote_of(self.settings)

    @cached_property
    def mirror(self) -> Mirror | None:
        """Keeps what questions read of the object store on this disk; None where there is none."""
        if not self.remote:
            return None
        from ccingest.app.mirror import Mirror

        return Mirror(self, self.remote)

    def close(self) -> None:
        mirror = self.__dict__.get("mirror")
        if mirror:
            mirror.stop()
        self.database.close()

    def __enter__(self) -> Home:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
