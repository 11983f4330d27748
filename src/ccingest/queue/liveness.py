"""Which workers of this machine are alive. Each holds a lock, which the kernel releases at its end.

A lease that has run out shows the same, also for workers of other machines, but later. With the
lock, a job whose worker was killed can be claimed at once.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from ccingest.database_address import folder_of
from ccingest.db.dialect import Connection
from ccingest.db.sqlite import database_errors
from ccingest.errors import StoreError
from ccingest.locks import file_lock

_log = logging.getLogger(__name__)


def new_worker_id() -> str:
    """A unique id, in which people can read the machine and the process."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def host_of(worker_id: str) -> str | None:
    """The machine in a worker's id."""
    host, found, _ = worker_id.partition(":")
    return host if found else None


@contextmanager
def registered(connection: Connection, worker_id: str) -> Iterator[None]:
    """While the body runs, other processes see that this worker is alive. Raises StoreError."""
    path = _lock_path(connection, worker_id)
    with ExitStack() as stack:
        with database_errors(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            stack.enter_context(file_lock(path))
        try:
            yield
        finally:
            # A worker that could not hand its job back, for example on a full disk, leaves its lock
            # file. From it, others see at once that the worker is dead.
            if not _may_have_job(connection, worker_id):
                path.unlink(missing_ok=True)


def _may_have_job(connection: Connection, worker_id: str) -> bool:
    try:
        held = connection.execute(
            "SELECT 1 FROM jobs WHERE worker_id = ? AND status = 'in_progress'", (worker_id,)
        )
        return held.fetchone() is not None
    except StoreError as error:
        _log.info("Whether %s still has a job is not known: %s", worker_id, error)
        return True


def is_dead(connection: Connection, worker_id: str) -> bool:
    """False also when it is not known: the worker has no lock, or is on another machine."""
    if not worker_id.startswith(f"{socket.gethostname()}:"):
        return False  # on some network file systems, other machines don't see a lock
    try:
        with file_lock(_lock_path(connection, worker_id), wait=False, create=False):
            return True
    except OSError:  # the lock is held, or there is no file: both are usual
        return False


def remove_dead(connection: Connection) -> None:
    """Remove the lock files of dead workers whose jobs have been handed back."""
    busy = {
        _lock_path(connection, row["worker_id"])
        for row in connection.execute("SELECT worker_id FROM jobs WHERE status = 'in_progress'")
    }
    folder = _lock_path(connection, "").parent
    for path in folder.iterdir() if folder.is_dir() else ():
        if path not in busy:
            # An OSError is usual: the worker is alive, or another process removes the file.
            with suppress(OSError), file_lock(path, wait=False, create=False):
                path.unlink(missing_ok=True)


def _lock_path(connection: Connection, worker_id: str) -> Path:
    return folder_of(connection.address) / "workers" / f"{quote(worker_id, safe=':')}.lock"
