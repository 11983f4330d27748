"""Shards that several machines make and use."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ccingest.app import shards as merging
from ccingest.app import worker
from ccingest.app.home import Home
from ccingest.app.search import HomeSearcher, SearchScope, make_question
from ccingest.app.shards import merge_shards
from ccingest.app.worker import Worker
from ccingest.db.stored import begin_merging, end_merging, renew_merging, stored_shards
from ccingest.queue.deletion import delete_datasets
from ccingest.queue.retention import begin_if_due
from ccingest.settings import load_settings
from s3_server import S3Server
from shard_kit import THINGS, add

COUNT = 17  # one more than a merge waits for


@pytest.fixture
def homes(team: S3Server, tmp_path: Path) -> Iterator[list[Home]]:
    """Three machines, and 17 datasets, which the first has added."""
    with ExitStack() as opened:
        made = []
        for name in ("first", "second", "third"):
            settings = load_settings({**os.environ, "CCINGEST_HOME": str(tmp_path / name)})
            settings.create_home()
            made.append(opened.enter_context(Home(settings)))
        for number in range(COUNT):
            add(made[0], number)
        yield made


def found(home: Home) -> list[tuple[object, ...]]:
    asked = HomeSearcher(home)
    return [
        (hit.dataset, hit.chunk.path, round(hit.score, 3))
        for thing in (THINGS[0], THINGS[3], "def lease_1")
        for hit in asked.search(make_question(thing, k=4), SearchScope("default")).hits
    ]


def here(home: Home) -> set[str]:
    return {shard.name for shard in home.store.shards.listing().shards}


def test_a_reader_asks_for_shards_and_not_for_datasets(homes: list[Home], team: S3Server) -> None:
    first, second, third = homes
    expected = found(first)
    assert merge_shards(second) == 1
    before = len(team.requests)
    assert found(third) == expected
    asked = team.requests[before:]
    assert len(asked) == 3
    assert all("/shards/" in one for one in asked)
    assert here(third) == here(second) == stored_shards(first.connection)
    assert found(first) == found(second) == expected
    assert list(third.settings.tables.glob("*.lance")) == []


def test_two_machines_that_merge_at_once(
    homes: list[Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = homes
    monkeypatch.setattr(merging, "_is_its_turn", lambda *_: True)
    assert begin_merging(second.connection)
    assert merge_shards(first) == 0  # another machine merges
    end_merging(second.connection)
    # One that took so long that another one merged the same meanwhile.
    merge_shards(first)
    for number in range(30, 30 + COUNT):
        add(first, number, ["def unrelated(): pass"])
    publish = merging._publish

    def late(home: Home, *arguments: object) -> None:
        monkeypatch.setattr(merging, "_publish", publish)
        end_merging(home.connection)
        assert merge_shards(second) == 1
        publish(home, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(merging, "_publish", late)
    assert merge_shards(first) == 0
    assert found(third) == found(second) == found(first)
    assert here(third) == stored_shards(first.connection)
    members = [member for shard in third.store.shards.listing().shards for member in shard.members]
    assert len(members) == len(set(members)) == 2 * COUNT


def later(home: Home, seconds: int) -> None:
    """So much time passes for what was published and merged by now."""
    by = f"- interval '{seconds} seconds'"
    home.connection.execute(f"UPDATE datasets SET indexed_at = indexed_at {by}")
    home.connection.execute(f"UPDATE stored_shards SET created_at = created_at {by}")
    home.connection.execute(f"UPDATE maintenance_runs SET at = at {by}")


def test_only_the_machine_that_merges_brings_shards(homes: list[Home], team: S3Server) -> None:
    first, second, third = homes
    assert merge_shards(first) == 1
    for number in range(30, 30 + COUNT):
        add(second, number, ["def unrelated(): pass"])
    before = len(team.requests)
    assert merge_shards(second) == 0
    later(first, 20)
    assert merge_shards(second) == merge_shards(third) == 0
    assert here(second) == here(third) == set()
    assert team.requests[before:] == []
    later(first, 20)  # the first does nothing for long
    assert merge_shards(second) > 0
    assert here(second) == stored_shards(first.connection)
    assert merge_shards(first) == merge_shards(third) == 0
    assert here(third) == set()


def test_what_others_publish_is_merged(homes: list[Home], monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of a drain, and by the machine that merges also when it has no job."""
    first, second, _ = homes
    assert begin_if_due(first.connection, "cleanup", 24)  # which would merge
    assert merge_shards(first) == 1
    for number in range(30, 30 + COUNT):
        add(first, number)
    Worker(second).run(drain=True)
    assert len(second.store.shards.listing().places) == 2 * COUNT
    for number in range(60, 60 + COUNT):
        add(first, number)
    monkeypatch.setattr(worker, "_MERGE_EVERY", 0.0)
    stop = threading.Event()
    Worker(second, stop=stop, on_idle=stop.set).run()
    assert len(second.store.shards.listing().places) == 3 * COUNT


def test_a_machine_that_died_while_it_merged_blocks_others_for_a_minute(homes: list[Home]) -> None:
    first, second, _ = homes
    assert begin_merging(second.connection)
    later(first, 50)
    assert merge_shards(first) == 0
    renew_merging(second.connection)  # it lives
    later(first, 50)
    assert merge_shards(first) == 0
    later(first, 20)
    renew_merging(second.connection)  # too late
    assert merge_shards(first) == 1


def test_a_damaged_shard_is_brought_again(homes: list[Home]) -> None:
    first, second, _ = homes
    expected = found(first)
    merge_shards(first)
    assert found(second) == expected
    (name,) = here(second)
    folder = second.store.shards.folder
    for suffix in (".shard", ".content", ".members"):
        path = folder / f"{name}{suffix}"
        path.write_bytes(path.read_bytes()[:-5])
        with Home(second.settings) as again:
            assert found(again) == expected
            assert here(again) == {name}


def test_deleted_datasets_leave_the_shards(homes: list[Home]) -> None:
    first, second, third = homes
    merge_shards(first)
    before = found(second)
    for number in range(1, COUNT):
        delete_datasets(first.connection, "default", name=f"r{number}")
    assert found(second) != before
    assert merge_shards(third) == 0
    assert merge_shards(first) > 0
    assert found(second) == found(first) == found(third)
    assert second.mirror
    second.mirror.sync_shards(second.connection)  # questions look once a second
    assert here(second) == stored_shards(first.connection)


def test_a_machine_that_lost_its_disk(homes: list[Home]) -> None:
    first, second, _ = homes
    merge_shards(first)
    expected = found(second)
    shutil.rmtree(second.settings.home)
    second.settings.create_home()
    with Home(second.settings) as again:
        assert found(again) == expected
