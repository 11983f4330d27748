"""Values that nobody wrote: what SQLite holds after a bit has flipped, or somebody has edited it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ccingest.db import catalog, manifests
from ccingest.db.checked import Columns, JsonFields, damaged, time_of
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.overlays import find_overlay, publish_overlay, reserve_overlay
from ccingest.db.rows import counts_of, options_of, reference_of
from ccingest.errors import StoreError
from ccingest.models import (
    Dataset,
    Event,
    IngestCounts,
    IngestOptions,
    Job,
    LogLine,
    ManifestFile,
    OverlayFile,
    PreparedOverlay,
    Reference,
    SkippedFile,
)
from ccingest.models.schedules import Every
from ccingest.queue import claim, enqueue
from ccingest.queue.events import events_after
from ccingest.queue.history import get_job, history, readable_history
from ccingest.queue.logs import add_log, logs
from ccingest.queue.publish import publish
from ccingest.queue.schedules import (
    add_schedule,
    enqueue_due,
    readable_schedules,
    remove_schedule,
)
from ccingest.queue.statistics import statistics
from ccingest.queue.sync import planned_sync
from queue_kit import request, result


@pytest.fixture
def filled(path: Path) -> Iterator[Connection]:
    """Everything there is, once. A server takes no such values."""
    with closing(connect(path)) as made:
        job = enqueue.enqueue(made, request(), claim_as="w").job
        publish(made, job, "w", result(job))
        add_log(made, job.id, "info", "done")
        add_schedule(made, request(), Every(3600))
        (dataset,) = catalog.list_datasets(made, None)
        files = (OverlayFile("a", "c", "python", 1, "modified", True),)
        prepared = PreparedOverlay("h", "main", "l", "r", "t", 1, 1, 1, files)
        publish_overlay(made, reserve_overlay(made, dataset, "/tree"), dataset, prepared)
        yield made


def _manifest_of(connection: Connection) -> object:
    return manifests.manifest_of(connection, 1, list(manifests.manifest(connection, 1)))


def _names(connection: Connection) -> tuple[str, str]:
    """Project and name of the dataset, whatever its name is by now."""
    row = connection.execute("SELECT project, name FROM published_datasets").fetchone()
    return row[0], row[1]


def _ids(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT id FROM jobs").fetchall()]


def _schedules(connection: Connection) -> object:
    """Damaged ones are told beside the others, and raise nothing."""
    found, sentences = readable_schedules(connection, None)
    if sentences:
        raise damaged(sentences[0])
    return found


READERS: dict[str, Callable[[Connection], object]] = {
    "datasets": lambda c: (catalog.published_versions(c), catalog.find_dataset(c, *_names(c))),
    "files": lambda c: (manifests.paths(c, 1), _manifest_of(c)),
    "skipped_files": lambda c: manifests.skipped_files(c, 1),
    "jobs": lambda c: [get_job(c, id_) for id_ in _ids(c)],
    "job_events": lambda c: events_after(c, 0),
    "job_logs": lambda c: [logs(c, id_) for id_ in _ids(c)],
    "schedules": lambda c: (_schedules(c), enqueue_due(c)),
    "overlays": lambda c: find_overlay(c, 1, "/tree"),
    "overlay_files": lambda c: find_overlay(c, 1, "/tree"),
}
# Where it is known which dataset a value is of, that is named.
IS_DAMAGED = (
    r"^The database is damaged: .*; move it away and add|"
    r"^The dataset .* \(project .*\) is damaged in the database: .*; delete it and add it again"
)
VALUES = [
    *[("datasets", name) for name in ("name", "branch", "table_name", "embedder", "chunks")],
    *[("datasets", name) for name in ("table_version", "files", "indexed_at", "wanted_branch")],
    *[("files", name) for name in ("path", "language", "content_id", "chunks")],
    *[("skipped_files", name) for name in ("path", "rule")],
    *[("jobs", name) for name in ("dataset_name", "attempt", "worker_host", "completed_at")],
    *[("jobs", name) for name in ("message", "error", "current_phase", "options", "counts")],
    *[("job_events", name) for name in ("at", "progress", "message", "phase")],
    *[("job_logs", name) for name in ("at", "level", "message")],
    *[("schedules", name) for name in ("next_at", "every_seconds", "branch", "priority")],
    *[("overlays", name) for name in ("table_version", "head", "published_at", "base_table")],
    *[("overlay_files", name) for name in ("path", "chunks", "content_id")],
]


@pytest.mark.parametrize(("table", "column"), VALUES)
def test_a_value_of_another_type(filled: Connection, table: str, column: str) -> None:
    READERS[table](filled)
    filled.execute("PRAGMA ignore_check_constraints = ON")
    blob = f"CAST(coalesce({column}, 'x') AS BLOB)"
    filled.execute(f"UPDATE {table} SET {column} = {blob}")
    with pytest.raises(StoreError, match=IS_DAMAGED):
        READERS[table](filled)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("datasets", "table_version", -127),
        ("datasets", "chunks", -1),
        ("datasets", "chunks", "abc"),
        ("datasets", "chunks", 1.5),
        ("datasets", "updated_at", "q"),
        ("datasets", "updated_at", "2026-11-26T02:11:25.171"),  # no time of a place
        ("datasets", "source", '{"kind": "github", "name": 1, "location": "x"}'),
        ("files", "chunks", -3),
        ("jobs", "attempt", -1),
        ("jobs", "options", '{"include": [1]}'),
        ("jobs", "options", '{"force": "yes"}'),
        ("jobs", "options", '{"max_pages": "9"}'),
        ("jobs", "counts", '{"indexed_files": "9"}'),
        ("jobs", "counts", '{"phase_seconds": {"chunk": "x"}}'),
        ("jobs", "counts", "[" * 100_000),
        ("job_events", "at", "q"),
        ("job_logs", "at", "9"),
        ("schedules", "every_seconds", -60),
        ("overlays", "table_version", -1),
    ],
)
def test_a_value_out_of_its_range(
    filled: Connection, table: str, column: str, value: object
) -> None:
    filled.execute(f"UPDATE {table} SET {column} = ?", (value,))
    with pytest.raises(StoreError, match=IS_DAMAGED):
        READERS[table](filled)


def test_a_damaged_row_of_a_job_hides_no_other(filled: Connection) -> None:
    (job,) = history(filled)
    other = enqueue.enqueue(filled, request("org/other")).job
    filled.execute("UPDATE jobs SET options = '{' WHERE id = ?", (job.id,))
    found, damaged = readable_history(filled)
    assert [one.id for one in found] == [other.id]
    (sentence,) = damaged
    assert sentence.startswith(f"The job {job.id} is damaged in the database: ")


@pytest.mark.parametrize("damage", ["source = '{'", "next_at = '2026-99'", "every_seconds = -1"])
def test_a_damaged_schedule_holds_up_no_other(filled: Connection, damage: str) -> None:
    add_schedule(filled, request("org/other"), Every(3600))
    filled.execute("UPDATE schedules SET next_at = '2026-01-01T00:00:00.000Z'")
    filled.execute(f"UPDATE schedules SET {damage} WHERE id = 1")
    (made,) = enqueue_due(filled)
    assert get_job(filled, made).source.name == "org/other"


NO_TEXT = "CAST(x'70ff' AS TEXT)"  # no UTF-8
_WRONG_SCHEDULES = [
    "source = '{'",
    "cron = '1', every_seconds = NULL",
    "every_seconds = 1e15",
    f"branch = {NO_TEXT}",
    f"source = {NO_TEXT}",
]


@pytest.mark.parametrize("damage", _WRONG_SCHEDULES)
def test_a_damaged_schedule_is_named_and_can_be_removed(filled: Connection, damage: str) -> None:
    other, _ = add_schedule(filled, request("org/other"), Every(3600))
    filled.execute("UPDATE schedules SET next_at = '2026-01-01T00:00:00.000Z'")
    filled.execute(f"UPDATE schedules SET {damage} WHERE id = 1")
    (made,) = enqueue_due(filled)
    assert get_job(filled, made).source.name == "org/other"
    (found,), (sentence,) = readable_schedules(filled, None)
    assert found.request == other.request
    assert sentence.startswith("The schedule of org-repo (project default) is damaged in the ")
    assert remove_schedule(filled, "default", "org-repo") is None
    assert readable_schedules(filled, "default")[1] == []


def test_a_damaged_schedule_is_replaced(filled: Connection) -> None:
    filled.execute("UPDATE schedules SET source = '{' WHERE id = 1")
    assert add_schedule(filled, request(), Every(3600))[1]
    assert readable_schedules(filled, None)[1] == []


def test_a_schedule_whose_name_is_no_text_can_be_removed(filled: Connection) -> None:
    filled.execute(f"UPDATE schedules SET dataset_name = {NO_TEXT} WHERE id = 1")
    ((sentence,), named) = readable_schedules(filled, None)[1], "p\\xff"
    assert f"The schedule of {named} (project default) is damaged" in sentence
    assert remove_schedule(filled, "default", named) is None
    assert readable_schedules(filled, None) == ([], [])


def test_a_job_that_is_no_text_hides_no_other(filled: Connection) -> None:
    job = enqueue.enqueue(filled, request("org/bad")).job
    filled.execute(f"UPDATE jobs SET message = {NO_TEXT} WHERE id = ?", (job.id,))
    whole = len(history(filled))
    (sentence,) = readable_history(filled)[1]
    assert sentence.startswith(f"The job {job.id} is damaged in the database: message of ")
    filled.execute("UPDATE jobs SET message = NULL")
    assert len(history(filled)) == whole + 1


@pytest.mark.parametrize("damage", ["options = '{'", f"source = {NO_TEXT}"])
def test_a_damaged_job_fails_and_holds_up_no_worker(filled: Connection, damage: str) -> None:
    filled.execute("DELETE FROM jobs WHERE status = 'pending'")
    bad = enqueue.enqueue(filled, request("org/bad")).job
    good = enqueue.enqueue(filled, request("org/good")).job
    filled.execute(f"UPDATE jobs SET {damage} WHERE id = ?", (bad.id,))
    claimed = claim.claim(filled, "worker")
    assert claimed is not None
    assert claimed.id == good.id
    status, error = filled.execute(
        "SELECT status, error FROM jobs WHERE id = ?", (bad.id,)
    ).fetchone()
    assert status == "failed"
    assert error.startswith("The job is damaged in the database: ")


def test_rows_that_lost_all_their_values(filled: Connection) -> None:
    """As after zeros over a page: NULL also in a column that is declared NOT NULL."""
    filled.execute(
        "CREATE TEMP TABLE files AS SELECT NULL AS dataset_id"
    )  # in front of the real one
    filled.execute(
        "CREATE TEMP VIEW published_datasets AS SELECT 'a' AS project, NULL AS chunks, "
        "NULL AS dataset_id, NULL AS table_name"
    )
    for read in (
        manifests.numbers_of_files,
        catalog.published_tables,
        lambda c: statistics(c, None),
    ):
        with pytest.raises(StoreError, match=r"^The database is damaged: "):
            read(filled)


def test_the_request_of_a_sync(filled: Connection) -> None:
    for column in ("wanted_revision", "options"):
        before = filled.execute(f"SELECT {column} FROM datasets").fetchone()[0]
        filled.execute(f"UPDATE datasets SET {column} = x'ff'")
        with pytest.raises(StoreError, match="is damaged"):
            planned_sync(filled, None)
        filled.execute(f"UPDATE datasets SET {column} = ?", (before,))
    assert len(planned_sync(filled, None)) == 1


def test_the_message_names_the_value() -> None:
    columns = Columns.of("files", ManifestFile)
    rows: list[Any] = [("a", "b", "c", 1), ("a", "b", b"x" * 10_000, 1)]
    with pytest.raises(StoreError, match="chunks of a row of files is -2;"):
        columns.checked_row(("a", "b", "c", -2))
    with pytest.raises(StoreError, match=r"language of a row of files is b'.{30,40}\.\.\.;"):
        columns.checked(rows)
    with pytest.raises(StoreError, match="time of a row is None"):
        time_of(None)
    assert "add the repositories again" in damaged("x").message


def test_what_is_written_is_taken() -> None:
    columns = Columns.of("files", ManifestFile)
    assert columns.checked([]) == []
    assert columns.checked_row(("a", "b", "c", 0)) == ("a", "b", "c", 0)
    assert options_of("{}") == IngestOptions()
    assert reference_of('{"kind": "a", "name": "b", "location": "c", "of": 1}').branch is None
    assert counts_of('{"phase_seconds": {"chunk": 1, "embed": 0.5}}')


@pytest.mark.parametrize("kind", [Dataset, ManifestFile, SkippedFile, Job, Event, LogLine])
def test_the_columns_of_a_dataclass(kind: type[Any]) -> None:
    """A field of a new type has to be known here: all others are taken for texts."""
    known = {"str", "int", "bool", "datetime", "Scope", "Reference", "IngestOptions", "Phase"}
    known |= {"IngestCounts", "Status", "SkipReason", "SourceKind", "None"}
    assert {word for one in fields(kind) for word in one.type.split(" | ")} <= known


@pytest.mark.parametrize("kind", [Reference, IngestOptions, IngestCounts])
def test_the_fields_of_json(kind: type[Any]) -> None:
    known = {"str", "int", "bool", "None", "SourceKind", "tuple[str, ...]"}
    known |= {"Mapping[str, int]", "Mapping[str, float]"}
    assert {word for one in fields(kind) for word in one.type.split(" | ")} <= known
    assert JsonFields(kind).checked({}) == {}


def test_a_large_manifest_is_checked_quickly() -> None:
    rows: list[Any] = [(f"src/{n}.py", f"{n:040}", "python", n % 9) for n in range(200_000)]
    columns = Columns.of("files", ManifestFile)
    start = time.process_time()
    columns.checked(rows)
    assert time.process_time() - start < 0.5
