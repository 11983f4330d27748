"""What is tidied up after jobs: a job beside many datasets does not look at all of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ccingest import Client
from ccingest.app import ingest as ingest_module
from ccingest.app import maintenance
from ccingest.app.home import Home
from ccingest.app.maintenance import prune_table_of
from ccingest.db.catalog import find_dataset
from ccingest.db.connection import connect
from ccingest.models import Job
from ccingest.progress import discard
from ccingest.queue.claim import claim
from ccingest.queue.sync import enqueue_sync
from ccingest.settings import Settings
from ccingest.store import TableStore
from ccingest.store.writer import TableWriter

DATASETS = 4


@pytest.fixture
def client(tmp_path: Path) -> Client:
    client = Client(home=tmp_path / "home")
    for number in range(DATASETS):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        (folder / "a.py").write_text(f"def f{number}(): return {number}\n")
        client.ingest(str(folder))
    return client


def test_of_many_jobs_not_each_tidies_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[Home] = []
    monkeypatch.setattr(ingest_module, "_TIMES_AS_LONG", 10**6)
    monkeypatch.setattr(ingest_module, "merge_shards", lambda home, **_: tidied.append(home))
    with client:
        assert len(client.sync()) == DATASETS
    assert len(tidied) == 2  # after the first and after the last


def test_only_the_table_of_the_job_is_pruned(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    versions = TableStore.versions

    def looked_at(store: TableStore, table: str) -> int:
        seen.append(table)
        return versions(store, table)

    monkeypatch.setattr(TableStore, "versions", looked_at)
    monkeypatch.setattr(maintenance, "MOST_VERSIONS", 1)
    pruned: list[str] = []
    monkeypatch.setattr(maintenance, "_prune", lambda _, one: pruned.append(one.dataset.name))
    with client:
        (tmp_path / "folder2" / "a.py").write_text("def other(): return 9\n")
        client.sync(["folder2"])
    assert len(seen) == 1
    assert pruned == ["folder2"]


def test_a_clean_up_that_was_stopped_for_long_shows_nothing_of_a_running_job(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder2" / "b.py").write_text("def second(): return 2\n")
    client.sync(["folder2"])
    optimize = TableWriter.optimize

    def interrupted(writer: TableWriter) -> int:
        """As after a stop of the process, or of its machine: a job has begun to write meanwhile."""
        connection.execute("UPDATE datasets SET maintenance_until = '2020-01-01T00:00:00.000Z'")
        enqueue_sync(connection, None, ["folder2"])
        job = claim(connection, "w")
        assert job
        running.append(job)
        (tmp_path / "folder2" / "c.py").write_text("def unfinished(): return 3\n")
        ingest_module.IngestHandler(home)(job, discard)
        return optimize(writer)

    running: list[Job] = []
    settings = Settings(home=tmp_path / "home")
    with Home(settings) as home, closing(connect(settings.database)) as connection:
        before = find_dataset(connection, "default", "folder2")
        assert before
        monkeypatch.setattr(TableWriter, "optimize", interrupted)
        prune_table_of(home, "default", "folder2")
        assert not running  # it has few versions
        monkeypatch.setattr(maintenance, "MOST_VERSIONS", 0)
        prune_table_of(home, "default", "folder2")
        assert running
        after = find_dataset(connection, "default", "folder2")
        assert after
        assert after.table_version == before.table_version
        reader = home.store.read(after.table_name, after.table_version)
        assert reader.problems({"a.py": 1, "b.py": 1}) == []
