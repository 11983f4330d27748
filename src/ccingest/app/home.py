"""An opened home: what every use case works on."""

from __future__ import annotations

import logging
import sqlite3
import threading
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from ccingest.db.connection import Database
from ccingest.settings import Settings

if TYPE_CHECKING:
    from ccingest.store import TableStore

# Without a handler of its own a program would see what the library logs on stderr.
logging.getLogger("ccingest").addHandler(logging.NullHandler())


class Home:
    """The settings, the database and the tables of one CCINGEST_HOME. For any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database)
        self.lock = threading.Lock()

    @property
    def connection(self) -> sqlite3.Connection:
        """The calling thread's own. Raises StoreError."""
        return self.database.connection()

    @cached_property
    def store(self) -> TableStore:
        from ccingest.store import TableStore  # it imports numpy, and many commands need no table

        return TableStore(self.settings.tables)

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
