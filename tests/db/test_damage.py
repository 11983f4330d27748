"""What is found of a database that was damaged after it was written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ccingest.db import catalog, manifests
from ccingest.db.connection import connect
from ccingest.db.damage import in_the_way
from ccingest.db.dialect import Connection
from ccingest.db.missing import no_dataset, nothing_to_search, require_listed
from ccingest.errors import StoreError
from ccingest.models.schedules import Every
from ccingest.queue import enqueue
from ccingest.queue.logs import add_log
from ccingest.queue.publish import publish
from ccingest.queue.schedules import add_schedule
from queue_kit import files, request, result


@pytest.fixture
def filled(path: Path) -> Iterator[Connection]:
    with closing(connect(path)) as made:
        job = enqueue.enqueue(made, request(priority=-5), claim_as="w").job
        publish(made, job, "w", result(job))
        add_log(made, job.id, "info", "done")
        add_schedule(made, request(), Every(3600))
        assert made.damage() is None
        yield made


def test_a_job_that_waits_has_neither_counts_nor_an_end(filled: Connection) -> None:
    enqueue.enqueue(filled, request("org/waits"))
    assert filled.damage() is None


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("datasets", "table_version", -127),
        ("datasets", "chunks", "abc"),
        ("datasets", "name", b"\xff"),
        ("datasets", "indexed_at", "q"),
        ("datasets", "options", "{"),
        ("files", "language", b"\xff"),
        ("files", "chunks", -1),
        ("jobs", "completed_at", "9"),
        ("jobs", "counts", "{"),
        ("job_logs", "at", "2026-99-99T00:00:00.000Z"),
        ("job_events", "message", b"x"),
        ("schedules", "every_seconds", "x"),
    ],
)
def test_values_that_nobody_wrote(
    filled: Connection, table: str, column: str, value: object
) -> None:
    filled.execute(f"UPDATE {table} SET {column} = ?", (value,))
    assert f"of {column} in {table} can't be right" in (filled.damage() or "")


def test_lost_parts_of_the_schema(filled: Connection) -> None:
    filled.execute("PRAGMA foreign_keys = OFF")
    filled.execute("DROP TABLE files")
    assert filled.damage() == "the table files is missing"
    with pytest.raises(StoreError, match=r"is damaged: no such table: files; move it away"):
        manifests.manifest(filled, 1)
    filled.execute("DROP INDEX jobs_claim")
    assert filled.damage() == "the index jobs_claim is missing"


def test_a_lost_project(filled: Connection) -> None:
    filled.execute("PRAGMA foreign_keys = OFF")
    filled.execute("DELETE FROM projects")
    assert "belongs to one of projects that is missing" in (filled.damage() or "")
    with pytest.raises(StoreError, match="project of the dataset 'org-repo' is missing"):
        nothing_to_search(filled, None)
    with pytest.raises(StoreError, match="is missing"):
        no_dataset(filled, "default", "org-repo", [])
    with pytest.raises(StoreError, match=r"is damaged: UNIQUE constraint failed.*move it away"):
        enqueue.enqueue(filled, request())


def test_lost_files(filled: Connection) -> None:
    (dataset,) = catalog.list_datasets(filled, None)
    require_listed(filled, dataset)
    assert manifests.numbers_of_files(filled) == {dataset.dataset_id: 3}
    filled.execute("DELETE FROM files WHERE path = 'src/000001.py'")
    with pytest.raises(StoreError, match="org-repo is damaged: it has 2 files instead of 3") as got:
        require_listed(filled, dataset)
    assert got.value.hint == "add_again_whole"


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_folder_where_sqlite_keeps_a_file(path: Path, filled: Connection, ending: str) -> None:
    filled.close()
    assert in_the_way(path) is None
    path.with_name(path.name + ending).mkdir()
    assert in_the_way(path) == f"{path}{ending} is a folder"
    with (
        pytest.raises(StoreError, match=f"{ending} is a folder, so the database can't be used"),
        closing(connect(path)) as opened,
    ):
        enqueue.enqueue(opened, request("org/other"))


def test_a_pipe_as_the_database(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="is no regular file, and no database; move it away"):
        connect(path)


def test_a_large_database_is_checked_quickly(filled: Connection) -> None:
    job = enqueue.enqueue(filled, request("org/large"), claim_as="w").job
    publish(filled, job, "w", result(job, manifest=files(100_000)))
    start = time.process_time()
    assert filled.damage() is None
    assert time.process_time() - start < 3
