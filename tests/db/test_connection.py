from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ccingest.db import migrations
from ccingest.db.catalog import find_dataset, list_datasets
from ccingest.db.connection import connect, reading, transaction
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest
from ccingest.db.published import published
from ccingest.errors import StorageFullError, StoreBusyError, StoreError
from ccingest.queue import enqueue
from ccingest.queue.publish import publish
from queue_kit import files, kill, next_line, request, result, spawn


def test_only_the_owner_may_read_the_home_and_its_files(path: Path, connection: Connection) -> None:
    enqueue.enqueue(connection, request())
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"ccingest.db": 0o600, "ccingest.db-wal": 0o600, "ccingest.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_second_connection_leaves_the_locks_of_the_first(
    path: Path, connection: Connection
) -> None:
    # When a process closes any descriptor of the database, it loses all its locks on it. Another
    # process then believes that it is the last one, and removes the log that is in use.
    enqueue.enqueue(connection, request())
    other = connect(path)
    foreign = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT 1 FROM jobs')"
    subprocess.run([sys.executable, "-c", f"{foreign}; c.close()"], check=True)
    assert path.with_name("ccingest.db-wal").exists()
    other.close()


def test_processes_may_start_together_on_a_fresh_home(tmp_path: Path) -> None:
    for home in range(3):
        fresh = tmp_path / str(home) / "ccingest.db"
        at = time.time() + 0.8
        started = [spawn("open_at", fresh, at) for _ in range(5)]
        assert [process.wait(timeout=60) for process in started] == [0] * 5
        with closing(connect(fresh)) as connection:
            applied = connection.execute("SELECT COUNT(*) FROM _sqlite_migrations").fetchone()[0]
            assert applied == migrations.latest()
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        for process in started:
            process.communicate()


def test_a_first_start_waits_for_another_writer(path: Path) -> None:
    # SQLite's busy timeout does not apply when a connection enters WAL mode.
    path.parent.mkdir()
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, writer.close)
    done.start()
    connect(path).close()
    done.join()


def test_a_newer_database_is_not_changed(path: Path, connection: Connection) -> None:
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer ccingest; upgrade this one"):
        connect(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"certainly no database " * 100, os.urandom(8192)])
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"ccingest\.db is damaged.*move it away"):
        connect(path)
    assert path.read_bytes() == content


def test_damage_that_is_found_while_reading(path: Path, connection: Connection) -> None:
    claimed = enqueue.enqueue(connection, request(), claim_as="w").job
    publish(connection, claimed, "w", result(claimed, manifest=files(5000)))
    connection.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))
    with (
        closing(connect(path)) as damaged,
        pytest.raises(StoreError, match=r"ccingest\.db is damaged"),
    ):
        manifest(damaged, 1)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", b"\xabx"),
        ("source", b"\xff"),
        ("source", b"{"),
        ("source", b"[1]"),
        ("updated_at", b"x"),
    ],
)
def test_a_row_that_nobody_wrote(
    path: Path, connection: Connection, column: str, value: bytes
) -> None:
    claimed = enqueue.enqueue(connection, request(), claim_as="w").job
    publish(connection, claimed, "w", result(claimed))
    connection.execute(f"UPDATE datasets SET {column} = CAST(? AS TEXT)", (value,))
    assert not list_datasets(connection, None)
    (damaged,) = published(connection).damaged
    assert "is damaged in the database" in damaged.message


def test_a_database_locked_for_longer_than_the_busy_timeout(path: Path) -> None:
    connect(path).close()
    holder = spawn("hold", path, 60)
    try:
        assert next_line(holder) == "locked"
        with closing(connect(path, busy_timeout=0.05)) as connection:
            with pytest.raises(StoreBusyError, match=r"Another process holds .*ccingest\.db"):
                enqueue.enqueue(connection, request())
            assert not connection.in_transaction
    finally:
        kill(holder)
    with closing(connect(path, busy_timeout=0.05)) as connection:
        assert enqueue.enqueue(connection, request()).created


def test_a_full_disk_changes_nothing(connection: Connection) -> None:
    claimed = enqueue.enqueue(connection, request(), claim_as="w").job
    publish(connection, claimed, "w", result(claimed))
    again = enqueue.enqueue(connection, request(), claim_as="w").job
    # At this limit SQLite fails in the same way as on a full disk.
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFullError, match="The disk is full"):
        publish(connection, again, "w", result(again, revision="b" * 40, manifest=files(20_000)))
    assert not connection.in_transaction
    connection.execute("PRAGMA max_page_count = 1000000")
    version = find_dataset(connection, "default", "org-repo")
    assert version
    assert version.revision == "a" * 40
    assert len(manifest(connection, version.dataset_id)) == 3
    publish(connection, again, "w", result(again, revision="b" * 40, manifest=files(20_000)))


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreError, match=r"Can't open .*home"):
        connect(tmp_path / "home" / "ccingest.db")


@contextmanager
def no_rights() -> Iterator[Path]:
    """A folder whose rights a test may take away. They are given back at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run as an ordinary user, because root may write everywhere."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_folder_that_can_not_be_written() -> None:
    with no_rights() as folder:
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(StoreError, match=r"Can't open .*: Permission denied"):
            connect(folder / "ccingest.db")


def test_a_database_that_can_not_be_written() -> None:
    with no_rights() as folder:
        path = folder / "ccingest.db"
        connect(path).close()
        path.chmod(0o444)
        folder.chmod(0o555)
        with (
            as_nobody(),
            pytest.raises(StoreError, match=r"(?s)Can't write .*check its permissions"),
            closing(connect(path)) as connection,
        ):
            enqueue.enqueue(connection, request())


def test_a_transaction_is_undone_by_any_exception(connection: Connection) -> None:
    def write_and_raise(error: BaseException) -> None:
        with transaction(connection):
            connection.execute("INSERT INTO projects(name) VALUES ('p')")
            raise error

    for error in (ValueError(), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            write_and_raise(error)
        assert connection.execute("SELECT COUNT(*) FROM projects").fetchone()[0] == 0
        assert not connection.in_transaction


@pytest.mark.parametrize("within", [transaction, reading])
def test_a_row_without_a_column_is_damage(tmp_path: Path, within: Any) -> None:
    with closing(connect(tmp_path / "ccingest.db")) as connection:
        with (
            pytest.raises(StoreError, match="database is damaged: a column is missing"),
            within(connection),
        ):
            connection.execute("SELECT 1 AS name").fetchone()["nane"]
        assert not connection.in_transaction
        with pytest.raises(IndexError, match="another"), within(connection):
            raise IndexError("another error")
