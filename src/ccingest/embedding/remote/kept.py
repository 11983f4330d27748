"""Vectors that were paid for, until their job is done.

A job that fails, or whose process is killed, starts again from the beginning. What a service has embedded by then is not
asked for again. A loss of this file costs requests and nothing else, so no error of it is one.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_DAYS = 7
_MOST_BYTES = 512 * 1024 * 1024
_AT_ONCE = 500  # keys of one statement
_TABLE = """CREATE TABLE IF NOT EXISTS vectors
(key BLOB PRIMARY KEY, vector BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID"""


class KeptVectors:
    """The vectors of one model at one address. Any number of threads and processes may use it."""

    def __init__(self, folder: Path, model: str) -> None:
        self._path = folder / f"{blake2b(model.encode(), digest_size=12).hexdigest()}.db"
        self._is_ready = False

    def get(self, texts: Sequence[str], dimensions: int) -> dict[str, NDArray[np.float32]]:
        """The vectors of those texts that have one here."""
        import numpy as np

        if not self._path.exists():
            return {}
        found: dict[str, NDArray[np.float32]] = {}
        text_of = {_key(text): text for text in texts}
        keys = list(text_of)
        try:
            with closing(self._connect()) as connection:
                for start in range(0, len(keys), _AT_ONCE):
                    part = keys[start : start + _AT_ONCE]
                    marks = ", ".join("?" * len(part))
                    rows = connection.execute(
                        f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part
                    )
                    for key, vector in rows:
                        numbers = np.frombuffer(vector, dtype="<f4").astype(np.float32)
                        if len(numbers) == dimensions and np.isfinite(numbers).all():
                            found[text_of[key]] = numbers
        except (sqlite3.Error, OSError, ValueError) as error:
            _log.info("Kept vectors can't be read: %s", error)
            return {}
        return found

    def put(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep them. A vector of zeros says that the service refused the text, which may pass."""
        now = int(time.time())
        rows = [
            (_key(text), vector.astype("<f4").tobytes(), now)
            for text, vector in zip(texts, vectors, strict=True)
            if vector.any()
        ]
        try:
            with closing(self._connect()) as connection, connection:
                connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            _log.info("Vectors can't be kept: %s", error)

    def _connect(self) -> sqlite3.Connection:
        if not self._is_ready:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > _MOST_BYTES:
                self._remove()
        connection = sqlite3.connect(self._path, timeout=5.0)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # a lost row costs a request
            if not self._is_ready:
                connection.execute(_TABLE)
                connection.execute(
                    "DELETE FROM vectors WHERE at < ?", (int(time.time()) - _DAYS * 86_400,)
                )
                connection.commit()
                self._is_ready = True
        except sqlite3.DatabaseError as error:
            connection.close()
            if not isinstance(error, sqlite3.OperationalError):  # it is damaged
                self._remove()
            raise
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
