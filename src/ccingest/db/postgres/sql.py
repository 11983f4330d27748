"""The SQL of this program, which SQLite takes as it is, as Postgres takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

NOW = "date_trunc('milliseconds', statement_timestamp())"

# NOW, LATER and what `shifted` gives in db/dialect.py: the time now, and by how much it is moved.
_TIME = re.compile(r"strftime\('%Y-%m-%dT%H:%M:%fZ', 'now'(?:, (\?|'[^']*'))?\)")
_JSON = re.compile(r"json_extract\((\w+(?:\.\w+)?), '\$\.(\w+)'\)")
# The flags are truth values in Postgres. In SQLite, only `= 0` uses the partial index.
_FLAG = re.compile(r"\b(cancel_requested) = ([01])\b")
_MARK = re.compile(r"\?|(?<![:\w]):([a-z_]\w*)")
_VALUES = re.compile(r"\bVALUES\s*\(([^()]*)\)")
_ROWS_AT_ONCE = 100  # psycopg keeps what it has learned of statements up to 4,096 characters


@lru_cache(maxsize=1000)
def translated(sql: str) -> str:
    """The statement in the words of Postgres, with the placeholders of psycopg."""
    sql = _TIME.sub(_time, sql)
    sql = _JSON.sub(r"""((\1 ->> '\2') COLLATE "C")""", sql)
    sql = _FLAG.sub(lambda found: f"{found[1]} = {bool(int(found[2]))}", sql)
    return _MARK.sub(lambda found: f"%({found[1]})s" if found[1] else "%s", sql.replace("%", "%%"))


def only_reads(sql: str) -> bool:
    """Whether it can be sent again without any harm."""
    return sql.lstrip().upper().startswith(("SELECT", "WITH"))


def in_batches(sql: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """A statement for many rows, as few statements for many rows each."""
    translated_sql = translated(sql)
    values = _VALUES.search(translated_sql)
    waiting = iter(rows)
    while batch := list(islice(waiting, _ROWS_AT_ONCE)):
        flat = [value for row in batch for value in row]
        if values:
            listed = ", ".join([f"({values[1]})"] * len(batch))
            head, tail = translated_sql[: values.start()], translated_sql[values.end() :]
            yield f"{head}VALUES {listed}{tail}", flat
        else:
            yield "; ".join([translated_sql] * len(batch)), flat


def _time(found: re.Match[str]) -> str:
    if found[1] is None:
        return NOW
    return f"date_trunc('milliseconds', statement_timestamp() + CAST({found[1]} AS interval))"


def texts_of(parameters: Any) -> Iterator[str]:
    """The texts among the parameters of a statement."""
    values = parameters.values() if isinstance(parameters, dict) else parameters or ()
    return (value for value in values if isinstance(value, str))
