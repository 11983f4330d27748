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
        from ccingest.store import TableStore  # slow to import, and often not needed

        return TableStore(self.settings.tables)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Home:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
