"""Upgrades start from dumps of real old databases, such as `m001.sql`. The dumps never change."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ccingest.db import schema as schema_steps
from ccingest.db.catalog import list_datasets
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, skipped_files
from ccingest.errors import StoreError
from ccingest.models import IngestCounts, IngestOptions, Reference
from ccingest.queue import enqueue
from ccingest.queue.events import events_after
from ccingest.queue.history import history
from ccingest.queue.logs import logs
from ccingest.queue.retention import begin_if_due
from ccingest.queue.schedules import list_schedules
from ccingest.queue.sync import enqueue_sync
from queue_kit import files, request
from values import reference

OLD = Path(__file__).parent / "m001.sql"


@pytest.fixture
def old(path: Path) -> Path:
    """A database as the first version of ccingest left it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD.read_text(encoding="utf8"))
        connection.execute("PRAGMA user_version = 1")
    return path


def schema(connection: Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {row[0]: row[1] for row in rows if not row[0].startswith("sqlite_")}


def versions(connection: Connection) -> tuple[int, list[str]]:
    names = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")
    applied = [row[0] for row in names]
    return connection.execute("PRAGMA user_version").fetchone()[0], applied


def test_a_new_database_has_every_step(connection: Connection) -> None:
    names = [name for name, _ in schema_steps.STEPS]
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
        (sync,) = enqueue_sync(upgraded, None)
        assert sync.queued
        assert (sync.queued.job.branch, sync.queued.job.options) == (None, IngestOptions())
        assert enqueue.enqueue(upgraded, request()).created
    with closing(connect(old)) as again:
        assert len(history(again)) == 4


def test_sources_and_counts_are_carried_over(tmp_path: Path) -> None:
    """`m004.sql` is a dump of the last version whose sources were columns."""
    path = tmp_path / "ccingest.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((OLD.parent / "m004.sql").read_text(encoding="utf8"))
        connection.execute("PRAGMA user_version = 4")
    with closing(connect(path)) as upgraded, closing(connect(tmp_path / "new.db")) as new:
        assert schema(upgraded) == schema(new)
        repo, shop = list_datasets(upgraded, None)
        assert repo.source == reference("org/repo")
        assert shop.source == Reference("github", "shop", "file:///srv/shop")
        assert (shop.project, shop.revision, shop.scope) == ("other", "b" * 40, "global")
        assert set(manifest(upgraded, repo.dataset_id).values()) == set(files(3))
        assert skipped_files(upgraded, repo.dataset_id) == ([], None)  # it is not known
        failed, waiting, _, first = history(upgraded)
        assert (failed.status, failed.error_kind, failed.counts) == ("failed", "network", None)
        assert (waiting.status, waiting.source) == ("pending", reference("org/waits"))
        assert first.options == IngestOptions(("docs/**",), ("*.png",), cache=False)
        assert first.counts == IngestCounts(
            3, 6, files_added=3, skipped_files={"binary": 1}, phase_seconds={"embed": 0.5}
        )
        assert [line.message for line in logs(upgraded, first.id)] == ["a line"]
        assert len(events_after(upgraded, 0)) == 10
        assert [
            (one.request.source, str(one.timing)) for one in list_schedules(upgraded, None)
        ] == [(reference("org/repo"), "every 1h"), (shop.source, "cron 0 3 * * *")]
        assert not begin_if_due(upgraded, "cleanup", 24 * 365 * 99)
        again = enqueue.enqueue(upgraded, request("org/waits"))
        assert (again.created, again.job.id) == (False, waiting.id)


def test_an_old_dataset_without_its_job_has_unknown_options(old: Path) -> None:
    """The options were only in the job, and a clean-up has removed it."""
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DELETE FROM jobs")
        connection.commit()
    with closing(connect(old)) as upgraded:
        (sync,) = enqueue_sync(upgraded, None)
        assert (sync.queued, sync.dataset.branch) == (None, "main")
        assert "not known any more" in str(sync.skip_reason)


def test_a_step_is_applied_once(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next_step = ("m900_add_a_column", "ALTER TABLE jobs ADD COLUMN extra TEXT DEFAULT 'x;y';\n")
    monkeypatch.setattr(schema_steps, "STEPS", (*schema_steps.STEPS, next_step))
    for _ in range(3):
        with closing(connect(old)) as connection:
            assert versions(connection)[1].count("m900_add_a_column") == 1
            assert {row["extra"] for row in connection.execute("SELECT * FROM jobs")} == {"x;y"}


def test_a_step_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(connect(old)) as connection:
        before = schema(connection), versions(connection)
    script = "ALTER TABLE jobs ADD COLUMN extra TEXT;\nALTER TABLE missing ADD COLUMN x;\n"
    with monkeypatch.context() as patched:
        patched.setattr(schema_steps, "STEPS", (*schema_steps.STEPS, ("m900_broken", script)))
        with pytest.raises(StoreError, match="no such table"):
            connect(old)
    with closing(connect(old)) as connection:
        assert (schema(connection), versions(connection)) == before
        assert len(history(connection)) == 2


def test_only_a_migration_imports_sqlite_utils(path: Path, connection: Connection) -> None:
    code = f"""
import sys
from pathlib import Path
from ccingest.db.connection import connect
from ccingest.queue.history import history
history(connect(Path({str(path)!r})))
assert "sqlite_utils" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
