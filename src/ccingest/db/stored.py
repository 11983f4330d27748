"""The shards that an object store has, and by what the store knows this database."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import NOW, Connection, shifted

_LONGEST_MERGE = 600  # seconds after which another machine may merge, as if the first had died
_MERGING = "merging shards"
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


def begin_merging(connection: Connection) -> bool:
    """Whether this machine may merge shards: one does at a time. It is over with `end_merging`."""
    done = connection.execute(
        f"""INSERT INTO maintenance_runs(name, at) VALUES (?, {NOW})
        ON CONFLICT(name) DO UPDATE SET at = excluded.at
        WHERE maintenance_runs.at <= {shifted(f"-{_LONGEST_MERGE} seconds")}""",
        (_MERGING,),
    )
    return done.rowcount == 1


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
