"""Workers of two releases over one database: the older one stops, and nothing is lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.errors import NewerDatabaseError
from ccingest.models import Job, PreparedVersion
from ccingest.progress import Emit, PhaseStarted
from ccingest.queue import enqueue
from ccingest.queue.history import history
from ccingest.queue.worker import work
from queue_kit import quick, request

# What the first command of a later release does, and how it is undone.
_LATER = {
    "sqlite": ("PRAGMA user_version = 999", "PRAGMA user_version = {version}"),
    "postgres": (
        "INSERT INTO ccingest_schema(name) VALUES ('p999_later')",
        "DELETE FROM ccingest_schema WHERE name = 'p999_later'",
    ),
}


def test_a_worker_hands_its_job_back_to_newer_ones(
    database: DatabaseAddress, connection: Connection
) -> None:
    is_file = isinstance(database, Path)
    upgrade, undo = _LATER["sqlite" if is_file else "postgres"]
    version = connection.execute("PRAGMA user_version").fetchone()[0] if is_file else 0
    for name in ("o/runs", "o/first-to-ask", "o/waits"):
        enqueue.enqueue(connection, request(name))
    seen: list[str] = []

    def handler(job: Job, emit: Emit) -> PreparedVersion:
        seen.append(job.dataset)
        if len(seen) == 1:  # it goes on with the connections that it has
            connection.execute(upgrade)
            return quick(job, emit)
        emit(PhaseStarted("resolve"))
        with closing(connect(database)):
            raise AssertionError("an older ccingest must not open a newer database")

    try:
        with pytest.raises(NewerDatabaseError, match="upgrade this one"):
            work(database, "w", handler, drain=True)
        assert seen == ["o-runs", "o-first-to-ask"]
        ended = {job.dataset: (job.status, job.retry_count) for job in history(connection)}
    finally:
        connection.execute(undo.format(version=version))
    assert ended == {
        "o-runs": ("completed", 0),
        "o-first-to-ask": ("pending", 0),
        "o-waits": ("pending", 0),
    }
    assert work(database, "newer", quick, drain=True) == 2
