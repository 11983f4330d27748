"""What is tidied up after jobs: a job beside many datasets does not look at all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccingest import Client
from ccingest.app import ingest as ingest_module
from ccingest.app import maintenance
from ccingest.app.home import Home
from ccingest.store import TableStore

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
    monkeypatch.setattr(maintenance, "_prune", lambda _, dataset: pruned.append(dataset.name))
    with client:
        (tmp_path / "folder2" / "a.py").write_text("def other(): return 9\n")
        client.sync(["folder2"])
    assert len(seen) == 1
    assert pruned == ["folder2"]
