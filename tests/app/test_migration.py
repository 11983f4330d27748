"""Moving jobs and the catalogue from the home's file to a Postgres database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ccingest.app.migration import migrate
from ccingest.database_address import PostgresAddress
from ccingest.db.catalog import list_datasets
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, skipped_files
from ccingest.db.overlays import find_overlay, publish_overlay, reserve_overlay
from ccingest.errors import JobStateError, UsageError
from ccingest.models import Every, IngestOptions, OverlayFile, PreparedOverlay
from ccingest.queue import claim, enqueue
from ccingest.queue.events import events_after
from ccingest.queue.history import history
from ccingest.queue.logs import add_log, logs
from ccingest.queue.publish import publish
from ccingest.queue.retention import begin_if_due
from ccingest.queue.schedules import add_schedule, list_schedules
from ccingest.settings import Settings
from postgres_server import PostgresServer
from queue_kit import files, request, result


@pytest.fixture
def source(settings: Settings) -> Connection:
    """The database of a home in which everything has rows."""
    connection = connect(settings.database)
    options = IngestOptions(("*.py",), force=True)
    job = enqueue.enqueue(connection, request(options=options), claim_as="w").job
    publish(connection, job, "w", result(job, manifest=files(30), skipped=3))
    add_log(connection, job.id, "info", "a\0b: 日本")
    dataset = list_datasets(connection, None)[0]
    overlay = reserve_overlay(connection, dataset, "/tree")
    publish_overlay(
        connection,
        overlay,
        dataset,
        PreparedOverlay(
            head="h",
            branch="main",
            listing="l",
            recipe="r",
            table_name="overlay",
            table_version=1,
            chunks=1,
            uncommitted=1,
            files=(OverlayFile("a.py", "c", "python", 1, "modified", True),),
        ),
    )
    add_schedule(connection, request("o/scheduled"), Every(3600))
    begin_if_due(connection, "cleanup", 24)
    connection.execute(
        "INSERT INTO webhook_deliveries VALUES ('d', '2026-01-01T00:00:00.000Z', '[]')"
    )
    connection.execute("INSERT INTO hosts VALUES ('github.com', '2026-01-01T00:00:00.000Z')")
    enqueue.enqueue(connection, request("o/pending", scope="global"))
    for name in ("o/failed", "o/gone"):
        other = enqueue.enqueue(connection, request(name, max_retries=0), claim_as="w").job
        claim.mark_cancelled(connection, other, "w")
    connection.execute("DELETE FROM jobs WHERE dataset_name = 'o-gone'")
    return connection


def test_all_of_it_is_there_afterwards(
    settings: Settings, source: Connection, postgres: PostgresServer
) -> None:
    url = postgres.new_database()
    done = migrate(settings, url)
    assert done.is_new
    assert (done.rows["files"], done.rows["jobs"], done.rows["overlay_files"]) == (30, 3, 1)
    assert set(done.rows.values()) >= {1, 3, 30}
    assert all(done.rows.values())
    with closing(connect(PostgresAddress(url, settings.home))) as target:
        for read in (history, list_schedules, list_datasets):
            assert read(target, project=None) == read(source, project=None)
        dataset = list_datasets(source, None)[0]
        for look in (manifest, skipped_files):
            assert look(target, dataset.dataset_id) == look(source, dataset.dataset_id)
        overlay = find_overlay(target, dataset.dataset_id, "/tree")
        assert overlay == find_overlay(source, dataset.dataset_id, "/tree")
        assert events_after(target, 0) == events_after(source, 0)
        assert (
            logs(target, history(target, status="completed")[0].id)[-1].message == "a\ufffdb: 日本"
        )
        # A reader that was at the last event of a job that is gone sees the next one.
        last = source.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'job_events'"
        ).fetchone()
        assert enqueue.enqueue(target, request("o/new")).created
        assert events_after(target, 0)[-1].id == last["seq"] + 1
        with pytest.raises(UsageError, match="holds something else already"):
            migrate(settings, url)


def test_it_may_be_run_again(
    settings: Settings, source: Connection, postgres: PostgresServer
) -> None:
    url = postgres.new_database()

    def interrupt(table: str, rows: int) -> None:
        if table == "jobs":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(settings, url, interrupt)
    with closing(connect(PostgresAddress(url, settings.home))) as target:
        assert history(target) == []
    assert migrate(settings, url).is_new
    assert not migrate(settings, url).is_new
    claim.claim(source, "w")
    with pytest.raises(JobStateError, match="stop the workers first"):
        migrate(settings, url)


def test_it_needs_the_address_of_a_server(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="to must be the address"):
        migrate(settings, str(tmp_path / "other.db"))
