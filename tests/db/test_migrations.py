"""Upgrades start from real old files: `m001.sql` is a dump of one, and is never made anew."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ccingest.db import migrations
from ccingest.db.catalog import list_datasets, manifest
from ccingest.db.connection import connect
from ccingest.errors import StoreError
from ccingest.models import IngestOptions
from ccingest.queue import claim as queue
from ccingest.queue import enqueue as batch
from ccingest.queue.history import events_after, history, logs
from queue_kit import request

OLD = Path(__file__).parent / "m001.sql"


@pytest.fixture
def old(path: Path) -> Path:
    """A database as the first version of ccingest left it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD.read_text(encoding="utf8"))
        connection.execute("PRAGMA user_version = 1")
    return path


def schema(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {row[0]: row[1] for row in rows if not row[0].startswith("sqlite_")}


def versions(connection: sqlite3.Connection) -> tuple[int, list[str]]:
    names = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")
    applied = [row[0] for row in names]
    return connection.execute("PRAGMA user_version").fetchone()[0], applied


def test_a_new_database_has_every_step(connection: sqlite3.Connection) -> None:
    names = [name for name, _ in migrations.STEPS]
    assert versions(connection) == (len(names), names)
    assert [name[:5] for name in names] == [f"m{n:03}_" for n in range(1, len(names) + 1)]


def test_an_old_database_becomes_a_new_one(old: Path, tmp_path: Path) -> None:
    with closing(connect(old)) as upgraded, closing(connect(tmp_path / "new.db")) as new:
        assert schema(upgraded) == schema(new)
        assert versions(upgraded) == versions(new)
        assert [job.status for job in history(upgraded)] == ["cancelled", "completed"]
        assert [row.name for row in list_datasets(upgraded, None)] == ['it\'s a "name"']
        assert set(manifest(upgraded, 1)) == {f"src/{n:06}.py" for n in range(3)}
        assert [event.status for event in events_after(upgraded, 0)] == [
            "pending",
            "in_progress",
            "in_progress",
            "completed",
            "pending",
            "cancelled",
        ]
        assert [line.message for line in logs(upgraded, history(upgraded)[1].id)] == ["a line"]
        (sync,) = batch.enqueue_sync(upgraded, None)
        assert sync.queued
        assert (sync.queued.job.branch, sync.queued.job.options) == (None, IngestOptions())
        assert queue.enqueue(upgraded, request()).created
    with closing(connect(old)) as again:
        assert len(history(again)) == 4


def test_what_old_datasets_were_asked_for_is_said_to_be_unknown(old: Path) -> None:
    """Where the job that tells it has been cleaned up."""
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DELETE FROM jobs")
        connection.commit()
    with closing(connect(old)) as upgraded:
        (sync,) = batch.enqueue_sync(upgraded, None)
        assert (sync.queued, sync.branch) == (None, "main")
        assert "not known any more" in str(sync.why_not)


def test_a_step_is_applied_once(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next_step = ("m900_add_a_column", "ALTER TABLE jobs ADD COLUMN extra TEXT DEFAULT 'x;y';\n")
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, next_step))
    for _ in range(3):
        with closing(connect(old)) as connection:
            assert versions(connection)[1].count("m900_add_a_column") == 1
            assert {row["extra"] for row in connection.execute("SELECT * FROM jobs")} == {"x;y"}


def test_a_step_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(connect(old)) as connection:
        before = schema(connection), versions(connection)
    script = "ALTER TABLE jobs ADD COLUMN extra TEXT;\nALTER TABLE missing ADD COLUMN x;\n"
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "STEPS", (*migrations.STEPS, ("m900_broken", script)))
        with pytest.raises(StoreError, match="no such table"):
            connect(old)
    with closing(connect(old)) as connection:
        assert (schema(connection), versions(connection)) == before
        assert len(history(connection)) == 2


def test_only_a_migration_pays_for_the_import(path: Path, connection: sqlite3.Connection) -> None:
    code = f"""
import sys
from pathlib import Path
from ccingest.db.connection import connect
from ccingest.queue.history import history
history(connect(Path({str(path)!r})))
assert "sqlite_utils" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
