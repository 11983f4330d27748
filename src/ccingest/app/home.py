"""An opened home: what every use case works on."""

from __future__ import annotations

import logging
import sqlite3
import threading
from types import TracebackType

from ccingest.db.connection import Database
from ccingest.settings import Settings
from ccingest.store import TableStore

# Without a handler of its own a program would see what the library logs on stderr.
logging.getLogger("ccingest").addHandler(logging.NullHandler())


class Home:
    """The settings, the database and the tables of one CCINGEST_HOME. For any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database)
        self.store = TableStore(settings.tables)
        self.lock = threading.Lock()

    @property
    def connection(self) -> sqlite3.Connection:
        """The calling thread's own. Raises StoreError."""
        return self.database.connection()

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Home:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
