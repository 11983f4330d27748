from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from ccingest import Client
from ccingest.db.postgres.schema import TABLES
from git_server import make_repository
from s3_server import S3Server, s3, s3_process

__all__ = ["s3", "s3_process"]

PREFIX = "s3://bucket/team"
FILES = {f"src/{n}.py": f"def thing_{n}():\n    return 'thing {n}'\n" for n in range(6)}


@pytest.fixture
def team(shared_url: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """An empty database and an empty bucket, which the environment leads to."""
    with psycopg.connect(shared_url, autocommit=True) as raw:
        raw.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY".encode())
    monkeypatch.setenv("CCINGEST_DATABASE", shared_url)
    monkeypatch.setenv("CCINGEST_STORE", PREFIX)
    return s3


Machine = Callable[[str], Client]


@pytest.fixture
def machine(team: S3Server, tmp_path: Path) -> Iterator[Machine]:
    """Opens the home of a machine, by its name. All share the database and the bucket."""
    with ExitStack() as opened:
        yield lambda name: opened.enter_context(Client(tmp_path / name))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository."""
    make_repository(tmp_path / "shop", FILES)
    return tmp_path / "shop"
