"""The shards that an object store has, who merges them, and by what the store knows this database."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import LATER, NOW, Connection, shifted

# So long a machine may merge without renewing its lease: then it has died.
MERGE_LEASE = 60.0  # seconds
_MERGING = "merging shards"
_MERGER = "merger of shards"
_ID = "id"


def stored_shards(connection: Connection) -> frozenset[str]:
    """The names of the shards that questions use."""
    return frozenset(row[0] for row in connection.execute("SELECT name FROM stored_shards"))


@repeated
def replace_shards(connection: Connection, new: Mapping[str, int], old: Sequence[str]) -> bool:
    """Name new shards, with their bytes, in place of old ones. False, and nothing changes, when one
    of these is gone: another machine has merged it meanwhile."""
    with transaction(connection):
        there = stored_shards(connection)
        if not there.issuperset(old):
            return there.issuperset(new) and bool(new)  # the answer to an earlier try was lost
        connection.executemany("DELETE FROM stored_shards WHERE name = ?", [(one,) for one in old])
        connection.executemany(
            f"INSERT INTO stored_shards(name, bytes, created_at) VALUES (?, ?, {NOW})",
            list(new.items()),
        )
    return True


def is_merger(connection: Connection) -> bool:
    """Whether this machine was the last that merged, or none has merged yet."""
    row = connection.execute("SELECT value FROM properties WHERE name = ?", (_MERGER,)).fetchone()
    return row is None or row[0] == connection.machine


def is_merge_overdue(connection: Connection, largest: int, most: int, seconds: int) -> bool:
    """Whether the machine that merged last is behind: `most` datasets of one embedder, each of at most
    `largest` chunks, were published after its last merge, and so many seconds ago."""
    row = connection.execute(
        f"""SELECT 1 FROM (
            SELECT embedder, chunks, coalesce(indexed_at, created_at) AS at FROM published_datasets
        ) AS published
        WHERE chunks BETWEEN 1 AND ? AND at <= {shifted(f"-{seconds} seconds")}
        AND NOT EXISTS (SELECT 1 FROM stored_shards WHERE stored_shards.created_at >= published.at)
        GROUP BY embedder HAVING count(*) >= ? LIMIT 1""",
        (largest, most),
    ).fetchone()
    return row is not None


@repeated
def begin_merging(connection: Connection) -> bool:
    """Whether this machine may merge shards: one does at a time. It is over with `end_merging`, or when
    the lease runs out."""
    with transaction(connection):
        done = connection.execute(
            f"""INSERT INTO maintenance_runs(name, at) VALUES (?, {LATER})
            ON CONFLICT(name) DO UPDATE SET at = excluded.at
            WHERE maintenance_runs.at <= {NOW} OR maintenance_runs.at > excluded.at""",
            (_MERGING, f"+{MERGE_LEASE} seconds"),
        )
        if done.rowcount == 1:
            connection.execute(
                """INSERT INTO properties(name, value) VALUES (?, ?)
                ON CONFLICT(name) DO UPDATE SET value = excluded.value""",
                (_MERGER, connection.machine),
            )
    return done.rowcount == 1


def renew_merging(connection: Connection) -> None:
    """The machine that merges lives, so its lease goes on. One that has run out does not."""
    connection.update(
        f"UPDATE maintenance_runs SET at = {LATER} WHERE name = ? AND at > {NOW}",
        (f"+{MERGE_LEASE} seconds", _MERGING),
    )


def end_merging(connection: Connection) -> None:
    connection.execute("DELETE FROM maintenance_runs WHERE name = ?", (_MERGING,))


@repeated
def database_id(connection: Connection) -> str:
    """What tells this database from all others, also after it was restored from a backup."""
    found = connection.execute("SELECT value FROM properties WHERE name = ?", (_ID,)).fetchone()
    if found:
        return str(found[0])
    with transaction(connection):
        connection.execute(
            "INSERT INTO properties(name, value) VALUES (?, ?) ON CONFLICT(name) DO NOTHING",
            (_ID, uuid.uuid4().hex),
        )
        row = connection.execute("SELECT value FROM properties WHERE name = ?", (_ID,)).fetchone()
    return str(row[0])
