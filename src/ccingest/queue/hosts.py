"""Hosts of sources: which are left alone for now, so that all workers together keep to their limits."""

from __future__ import annotations

from datetime import datetime

from ccingest.db.checked import Columns, time_of
from ccingest.db.dialect import LATER, NOW, Connection, shifted
from ccingest.errors import CcingestError, RateLimitedError
from ccingest.hosts import LONGEST_PAUSE

_HOSTS = Columns("hosts", name="str", ask_again_at="datetime")
# A pause that ends later than any can end was noted before the clock was set back: it is over.
_IS_LEFT_ALONE = f"""
    ask_again_at > {NOW} AND ask_again_at <= {shifted(f"+{LONGEST_PAUSE} seconds")}
"""
# A job that asks its host for something: it resolves, clones or crawls, or has just begun.
_ASKS = """
    status = 'in_progress'
    AND (current_phase IS NULL OR current_phase IN ('resolve', 'clone', 'fetch'))
"""


def leave_alone(connection: Connection, error: CcingestError) -> None:
    """Note a host that asks for a pause. Runs inside the caller's transaction."""
    if not isinstance(error, RateLimitedError) or not error.host:
        return
    connection.execute(f"DELETE FROM hosts WHERE NOT ({_IS_LEFT_ALONE})")
    connection.execute(
        f"""INSERT INTO hosts(name, ask_again_at) VALUES (?, {LATER})
        ON CONFLICT(name) DO UPDATE SET ask_again_at = excluded.ask_again_at
        WHERE excluded.ask_again_at > hosts.ask_again_at""",
        (error.host, f"+{error.pause:.3f} seconds"),
    )


def left_alone(connection: Connection) -> dict[str, datetime]:
    """The hosts that no worker asks now, and until when."""
    rows = connection.execute(
        f"SELECT name, ask_again_at FROM hosts WHERE {_IS_LEFT_ALONE} ORDER BY name"
    ).fetchall()
    return {row["name"]: time_of(row["ask_again_at"]) for row in _HOSTS.checked(rows)}


def not_to_be_asked(connection: Connection, most_at_once: int) -> list[str]:
    """The hosts of which no worker should claim a job now: they asked for a pause, or so many jobs
    ask them already. 0 sets no limit to these.
    """
    rows = connection.execute(
        f"""SELECT name AS host FROM hosts WHERE {_IS_LEFT_ALONE}
        UNION ALL SELECT json_extract(source, '$.host') FROM jobs WHERE ? > 0 AND {_ASKS}
        GROUP BY json_extract(source, '$.host') HAVING COUNT(*) >= ?""",
        (most_at_once, most_at_once),
    )
    return [row["host"] for row in rows if row["host"]]
