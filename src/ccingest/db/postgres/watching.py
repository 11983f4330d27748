"""Waiting until another connection changes a job: the server tells of it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import psycopg

from ccingest.db.postgres import failures
from ccingest.errors import ConnectionLostError

if TYPE_CHECKING:
    from ccingest.db.postgres.connection import PostgresConnection

_log = logging.getLogger(__name__)


class Changes:
    """See db.dialect.Changes. The connection listens already, also after it was lost and made again."""

    def __init__(self, connection: PostgresConnection) -> None:
        self._connection = connection
        self._raw = connection.raw()

    def wait(
        self, seconds: float, *, poll: float = 0.1, stop: threading.Event | None = None
    ) -> None:
        pause = stop or threading.Event()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not pause.is_set():
            try:
                raw = self._connection.raw()
            except ConnectionLostError:
                continue
            if raw is not self._raw:  # what was notified meanwhile is lost
                self._raw = raw
                return
            try:
                if any(True for _ in raw.notifies(timeout=min(poll, left), stop_after=1)):
                    return
            except psycopg.Error as error:
                _log.info("What the server tells is lost: %s", failures.reason(error))
                raw.close()  # so that the next round makes another one
