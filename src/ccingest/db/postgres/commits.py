"""What became of a transaction whose COMMIT got no answer.

Each transaction that writes also leaves its mark: a row for the connection, with the number of the
transaction. The row is there if and only if the transaction was committed. The server's own number
does not tell this: after a crash it gives the number of a lost transaction to another one, and
pg_xact_status() then tells of that.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from ccingest.db.postgres import schema

# Whoever writes an event holds this lock, see schema.py. To wait for it first keeps two from a deadlock.
WAIT_FOR_WRITER = f"SELECT pg_advisory_xact_lock({schema.WRITER})"
# A pooler may give a session with settings of others.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_WHO = ", pg_backend_pid(), pg_current_xact_id()::text"
_MARK = """
    INSERT INTO last_commits(client, number, at) VALUES ('{client}', {number}, statement_timestamp())
    ON CONFLICT (client) DO UPDATE SET number = EXCLUDED.number, at = EXCLUDED.at
"""
# Of connections that are closed, and have long since asked. What another holds is in use: to wait for
# it may be a deadlock.
_REMOVE_OLD = """
    DELETE FROM last_commits WHERE client IN (SELECT client FROM last_commits
        WHERE at < statement_timestamp() - interval '1 hour' FOR UPDATE SKIP LOCKED)
"""
IS_RUNNING = """
    SELECT 1 FROM pg_stat_activity
    WHERE pid = ? AND backend_xid = CAST(CAST(CAST(? AS text) AS xid8) AS xid)
"""
# Also of a COMMIT that comes later: the transaction has its end, and it is known which.
END = IS_RUNNING.replace("SELECT 1", "SELECT pg_terminate_backend(pid)") + (
    " AND usename = current_user"
)
WAS_COMMITTED = "SELECT 1 FROM last_commits WHERE client = ? AND number = ?"


@dataclass(frozen=True)
class Mark:
    """The number of a transaction among those of one connection."""

    client: str
    number: int

    @staticmethod
    def first() -> Mark:
        """Before the first transaction of a new connection."""
        return Mark(uuid.uuid4().hex, 0)

    def next(self) -> Mark:
        return replace(self, number=self.number + 1)

    def begin(self, *, alone: bool) -> str:
        """The statements that begin the transaction. The second one gives the id of the server's
        process, and its number of the transaction. `alone` is for one that no other waits for."""
        mark = _MARK.format(client=self.client, number=self.number)
        if alone:
            return f"{_BEGIN}; SELECT NULL{_WHO}; {mark}"
        remove = _REMOVE_OLD if self.number == 1 else ""
        return f"{_BEGIN}; {WAIT_FOR_WRITER}{_WHO}; {remove}; {mark}"


@dataclass(frozen=True)
class Begun:
    """A transaction that writes, as the server has begun it."""

    mark: Mark
    process: int
    number: str
