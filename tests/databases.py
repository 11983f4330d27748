"""The databases that tests of jobs and of the catalogue run over: SQLite's file, and Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ccingest.database_address import DatabaseAddress, PostgresAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.postgres.schema import TABLES
from postgres_server import PostgresServer, running_server

WITHOUT_POSTGRES = "Postgres is not installed: apt-get install postgresql"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server without a database of ours."""
    with running_server() as server:
        if server is None:
            pytest.skip(WITHOUT_POSTGRES)
        yield server


@pytest.fixture(scope="session")
def shared_url(postgres: PostgresServer) -> str:
    """A database with our schema, which every test gets empty. To make one takes far longer."""
    url = postgres.new_database()
    connect(PostgresAddress(url, Path("/nowhere"))).close()
    return url


# Bytes of a table, with what was deleted. TRUNCATE makes new files, which takes 0.1 s; to delete a few
# rows takes 0.01 s.
_MUCH = 500_000
# Tests in these folders or files run over both.
_OVER_BOTH = ("tests/queue/", "tests/db/test_catalog.py")


def kinds_for(file: Path) -> list[str]:
    """What the fixture `database` is in turn for the tests of a file."""
    over_both = any(part in file.as_posix() for part in _OVER_BOTH)
    return ["sqlite", "postgres"] if over_both else ["sqlite"]


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseAddress:
    """Where the database is."""
    home = tmp_path / "home"
    if request.param == "sqlite":
        return home / "ccingest.db"
    home.mkdir()
    url: str = request.getfixturevalue("shared_url")
    with psycopg.connect(url, autocommit=True) as raw:
        _empty(raw)
    return PostgresAddress(url, home)


def _empty(raw: psycopg.Connection[Any]) -> None:
    """Remove all rows, and count from 1 again."""
    largest, sequences = raw.execute(
        """SELECT (SELECT max(pg_relation_size(oid)) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace),
            (SELECT array_agg(sequencename) FROM pg_sequences WHERE schemaname = 'public')"""
    ).fetchone() or (0, [])
    if largest > _MUCH:
        raw.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY".encode())
        return
    steps = [f"DELETE FROM {table}" for table in reversed(TABLES)]
    steps += [f"SELECT setval('{name}', 1, false)" for name in sequences]
    raw.execute("; ".join(steps).encode())


@pytest.fixture
def connection(database: DatabaseAddress) -> Iterator[Connection]:
    with closing(connect(database)) as opened:
        yield opened
