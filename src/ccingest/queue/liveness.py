"""Which workers of this machine live: each holds a lock, and the kernel takes it from the dead.

A lease tells the same when it has run out, and for workers of other machines as well. This tells it
at once: who was killed can start again without waiting for his own lease.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from ccingest.db.connection import database_errors, file_of


def new_worker_id() -> str:
    """Names the machine and the process, for people, and is like no other."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@contextmanager
def registered(connection: sqlite3.Connection, worker_id: str) -> Iterator[None]:
    """While the body runs, others can tell that this worker lives. Raises StoreError."""
    path = _lock_path(connection, worker_id)
    with database_errors(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        # One that could not hand its job back, the disk being full say, leaves its lock, open: so
        # others see at once that it is gone.
        if not _has_job(connection, worker_id):
            path.unlink(missing_ok=True)
        os.close(lock)


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
    return _is_free(_lock_path(connection, worker_id))


def remove_dead(connection: sqlite3.Connection) -> None:
    """Remove the locks that dead workers left, once their jobs have been given back."""
    busy = {
        _lock_path(connection, row["worker_id"])
        for row in connection.execute("SELECT worker_id FROM jobs WHERE status = 'in_progress'")
    }
    folder = _lock_path(connection, "").parent
    for path in folder.iterdir() if folder.is_dir() else ():
        # A worker that has just begun, between making its file and locking it, loses no more than
        # being told dead at once.
        if path not in busy and _is_free(path):
            path.unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    with suppress(OSError):  # it is held, or there is none
        lock = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(lock)
        return True
    return False


def _lock_path(connection: sqlite3.Connection, worker_id: str) -> Path:
    return file_of(connection).parent / "workers" / f"{quote(worker_id, safe=':')}.lock"
