"""Which workers of this machine live: each holds a lock, and the kernel takes it from the dead.

A lease tells the same when it has run out, and for workers of other machines as well. This tells it
at once: who was killed can start again without waiting for his own lease.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from ccingest.db.connection import database_errors, file_of
from ccingest.locks import file_lock


def new_worker_id() -> str:
    """Names the machine and the process, for people, and is like no other."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@contextmanager
def registered(connection: sqlite3.Connection, worker_id: str) -> Iterator[None]:
    """While the body runs, others can tell that this worker lives. Raises StoreError."""
    path = _lock_path(connection, worker_id)
    with ExitStack() as stack:
        with database_errors(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            stack.enter_context(file_lock(path))
        try:
            yield
        finally:
            # One that could not hand its job back, the disk being full say, leaves its lock file:
            # so others see at once that it is gone.
            if not _has_job(connection, worker_id):
                path.unlink(missing_ok=True)


def _has_job(connection: sqlite3.Connection, worker_id: str) -> bool:
    try:
        held = connection.execute(
            "SELECT 1 FROM jobs WHERE worker_id = ? AND status = 'in_progress'", (worker_id,)
        )
        return held.fetchone() is not None
    except sqlite3.Error:
        return True


def is_dead(connection: sqlite3.Connection, worker_id: str) -> bool:
    """False also when that can't be told: it never held a lock, or is on another machine."""
    if not worker_id.startswith(f"{socket.gethostname()}:"):
        return False  # not every network file system shows a lock to other machines
    try:
        with file_lock(_lock_path(connection, worker_id), wait=False, create=False):
            return True
    except OSError:  # it is held, or there is none
        return False


def remove_dead(connection: sqlite3.Connection) -> None:
    """Remove the locks that dead workers left, once their jobs have been given back."""
    busy = {
        _lock_path(connection, row["worker_id"])
        for row in connection.execute("SELECT worker_id FROM jobs WHERE status = 'in_progress'")
    }
    folder = _lock_path(connection, "").parent
    for path in folder.iterdir() if folder.is_dir() else ():
        if path not in busy:
            with suppress(OSError), file_lock(path, wait=False, create=False):
                path.unlink(missing_ok=True)


def _lock_path(connection: sqlite3.Connection, worker_id: str) -> Path:
    return file_of(connection).parent / "workers" / f"{quote(worker_id, safe=':')}.lock"
