"""What is kept on a machine of the store, and what is removed from both."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from ccingest import Client
from ccingest.app.remote_store import RemoteStore
from ccingest.app.store_check import check_stored_tables
from ccingest.app.sweeping import sweep_store
from ccingest.remote import sweeping, tables
from git_server import commit, make_repository
from remote.conftest import FILES, Machine
from remote.test_machines import found, lacking


def remote_of(client: Client) -> RemoteStore:
    assert client._home.remote
    return client._home.remote


def keys(client: Client) -> set[str]:
    """The objects of tables and shards."""
    remote = remote_of(client)
    return {
        one.key.removeprefix("team/")
        for one in remote.tables.store.list("team/")
        if "/tables/" in one.key or "/shards/" in one.key
    }


def test_what_was_not_used_for_longest_goes(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = machine("first"), machine("second")
    for name in ("one", "two"):
        make_repository(tmp_path / name, {f"{name}.py": f"def thing(): return '{name}'\n"})
        first.ingest(str(tmp_path / name))
    kept = remote_of(second).tables
    folder = second._home.settings.tables
    (one, two) = sorted(second.datasets(), key=lambda dataset: dataset.name)
    assert found(second) == {"one.py", "two.py"}
    assert kept.trim(0) == 0  # both were used a moment ago
    for note in second._home.settings.table_notes.glob("*.json"):
        os.utime(note, (time.time() - 700, time.time() - 700))
    assert kept.trim(0) == 0  # and this process has them open
    third = machine("second")
    for note in second._home.settings.table_notes.glob("*.json"):
        os.utime(note, (time.time() - 700, time.time() - 700))
    assert third.search("thing", datasets=["two"])
    assert remote_of(third).tables.trim(0) > 0
    assert {path.stem for path in folder.glob("*.lance")} == {two.table_name}
    assert one.table_name != two.table_name
    assert found(third) == {"one.py", "two.py"}
    # A reader whose files are gone goes on, and gets them again.
    monkeypatch.setattr(tables, "_USED", -1.0)
    machine("second")._home.remote.tables.trim(0)  # type: ignore[union-attr]
    assert list(folder.glob("*.lance")) == []
    assert found(second) == {"one.py", "two.py"}
    assert second.read("one.py").text


def test_what_nothing_needs_goes_after_the_grace(
    machine: Machine, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    old = keys(first)
    commit(shop, {**FILES, "new.py": "def thing(): pass\n"})
    second.sync()
    assert old < keys(first)
    assert sweep_store(first._home, remote_of(first)).removed == 0  # it is seen for the first time
    assert old < keys(first)
    monkeypatch.setattr(sweeping, "GRACE", timedelta(0))
    swept = sweep_store(second._home, remote_of(second))
    assert swept.removed > 0
    assert swept.freed > 0
    assert lacking(first) == ()
    assert found(machine("third")) == {*FILES, "new.py"}
    first.delete("shop")
    sweep_store(first._home, remote_of(first))
    sweep_store(first._home, remote_of(first))
    assert keys(first) == set()
    garbage, _ = remote_of(first).tables.store.read("team/garbage.json", 1000)
    assert json.loads(garbage) == {}


def test_what_is_on_one_machine_alone_goes_to_the_store(
    machine: Machine, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a home with a database server got a store."""
    store = os.environ["CCINGEST_STORE"]
    monkeypatch.delenv("CCINGEST_STORE")
    assert machine("first").ingest(str(shop)).status == "completed"
    monkeypatch.setenv("CCINGEST_STORE", store)
    first = machine("first")
    assert found(first) == set(FILES)
    assert len(lacking(first)) == 1
    assert "The store lacks a part of 1 of 1: shop" in _state(first)
    first.clean_up()
    assert lacking(first) == ()
    assert "1, each whole in the store" in _state(first)
    assert found(machine("second")) == set(FILES)


def _state(client: Client) -> str:
    """What `check` says of the datasets."""
    return check_stored_tables(client._home.settings).detail
