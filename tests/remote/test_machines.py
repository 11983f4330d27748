"""Machines that share nothing but a database and an object store: real servers, which at times fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccingest import Client
from ccingest.app.sweeping import inspected
from ccingest.errors import CcingestError, NetworkError, UsageError
from ccingest.objects import probe
from git_server import commit, git
from remote.conftest import FILES, Machine
from s3_server import S3Server

MORE = {**FILES, "src/new.py": "def new_thing():\n    return 'new'\n"}


def found(client: Client, text: str = "thing") -> set[str]:
    return {hit.path for hit in client.search(text, k=20)}


def lacking(client: Client) -> tuple[str, ...]:
    """The published tables of which the store lacks something."""
    home = client._home
    assert home.remote
    return inspected(home, home.remote).missing


def test_what_one_machine_adds_another_finds(machine: Machine, shop: Path, team: S3Server) -> None:
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    before = len(team.requests)
    assert found(second) == set(FILES)
    assert [one.partition(" ")[0] for one in team.requests[before:]] == ["GET", "GET"]
    before = len(team.requests)
    assert found(second) == found(first) == set(FILES)
    assert second.read("src/1.py").text == FILES["src/1.py"]
    home = second._home.settings.home
    assert not any(path.stat().st_mode & 0o77 for path in (home, *home.iterdir()) if path.is_dir())
    assert len(team.requests) == before
    assert lacking(second) == ()


def test_a_sync_on_another_machine_puts_only_what_is_new(
    machine: Machine, shop: Path, team: S3Server
) -> None:
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    before = len(team.requests)
    (same,) = second.sync()
    assert same.job
    assert "up to date" in (same.job.message or "")
    assert team.requests[before:] == []  # nothing is brought to see that nothing has changed
    commit(shop, {path: text for path, text in MORE.items() if path != "src/0.py"})
    before = len(team.requests)
    (synced,) = second.sync()
    assert synced.job
    counts = synced.job.counts
    assert counts
    assert (counts.files_kept, counts.files_added, counts.files_removed) == (5, 1, 1)
    puts = [one for one in team.requests[before:] if one.startswith("PUT") and "/tables/" in one]
    assert len(puts) == 2  # what is new, in one object, and the manifest
    assert found(first) == found(second) == MORE.keys() - {"src/0.py"}
    opened = first._get_searcher()._searcher._tables._open
    assert [one.table for one in opened.values()] == [first.datasets()[0].table_name]
    assert lacking(first) == ()
    assert all(check.ok for check in first.check(deep=True) if check.name != "home")


def test_another_branch_puts_only_what_is_new(machine: Machine, shop: Path, team: S3Server) -> None:
    """Its first version begins as a copy of the other branch's."""
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    git(shop, "branch", "other", "main")
    for client, dataset in ((first, "one"), (second, "two")):
        job = client.ingest(str(shop), branch="other", dataset=dataset)
        assert job.counts
        assert job.counts.files_kept == len(FILES)
        home = client._home
        assert home.remote
        table = next(one.table_name for one in client.datasets() if one.name == dataset)
        manifest = home.remote.tables.manifest(table)
        shared = [file for file in manifest.files if not file.object.startswith(f"{table}/")]
        assert any(file.path.startswith("data/") for file in shared)
        assert sum(file.size for file in shared) > 0.5 * sum(file.size for file in manifest.files)
    second.delete("shop")
    assert lacking(second) == ()
    third = machine("third")
    hits = third.search("thing", k=20, datasets=["one"])
    assert {hit.path for hit in hits} == set(FILES)


def test_a_deleted_dataset(machine: Machine, shop: Path) -> None:
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    assert found(second)
    first.delete("shop")
    with pytest.raises(CcingestError, match="no dataset"):
        second.search("thing")


@pytest.mark.parametrize(
    "fail",
    [{"unavailable": 3}, {"loses": 2}, {"cuts": 40, "cuts_left": 2}],
    ids=["503", "lost answers", "cut connections"],
)
def test_a_store_that_fails_for_a_while(
    machine: Machine, shop: Path, team: S3Server, fail: dict[str, int]
) -> None:
    first, second = machine("first"), machine("second")
    _set(team, fail)
    first.ingest(str(shop))
    _set(team, fail)
    assert found(second) == set(FILES)
    commit(shop, MORE)
    _set(team, fail)
    second.sync()
    assert found(first) == set(MORE)
    assert lacking(first) == ()


def test_a_store_that_refuses(machine: Machine, shop: Path, team: S3Server) -> None:
    first = machine("first")
    first.ingest(str(shop))
    team.forbids.add("PUT")
    commit(shop, MORE)
    (refused,) = first.sync()
    assert refused.job
    assert refused.job.status == "failed"
    assert "refuses access" in str(refused.job.error)
    second = machine("second")  # which needs no permission to write
    assert found(first) == found(second) == set(FILES)
    team.forbids.clear()
    team.cuts = 40
    third = machine("third")
    with pytest.raises(NetworkError):
        third.search("thing")
    team.cuts = None
    assert found(third) == set(FILES)


def test_a_store_without_conditional_puts(
    machine: Machine, shop: Path, team: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_TRIES", 1)
    team.drops |= {"if-none-match", "if-match"}
    with pytest.raises(UsageError, match="does not enforce conditional puts"):
        machine("first").ingest(str(shop))


def test_a_store_that_another_database_has(machine: Machine, shop: Path) -> None:
    first = machine("first")
    first.ingest(str(shop))
    other = machine("other")
    other._home.connection.execute("UPDATE properties SET value = 'another'")
    with pytest.raises(UsageError, match="has the tables of another database"):
        other.ingest(str(shop), force=True)


def test_a_damaged_file_of_the_cache_is_brought_again(machine: Machine, shop: Path) -> None:
    first = machine("first")
    first.ingest(str(shop))
    for damage in (_cut, _overwrite):
        for pattern in ("_index/*.segment", "_index/*.content", "_index/*.rows", "_stamp.json"):
            second = machine(f"{damage.__name__} {pattern[-4:]}")
            assert found(second) == set(FILES)
            (table,) = second._home.settings.tables.glob("*.lance")
            damage(next(table.glob(pattern)))
            assert found(machine(f"{damage.__name__} {pattern[-4:]}")) == set(FILES)


def test_a_damaged_table_is_continued_from_what_the_store_has(machine: Machine, shop: Path) -> None:
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    for number, damage in enumerate((_cut, _overwrite, _remove)):
        (table,) = first._home.settings.tables.glob("*.lance")
        damage(next(table.glob("data/*.lance")))
        commit(shop, {**FILES, "more.py": f"def thing(): return {number}\n"})
        (synced,) = first.sync()
        assert synced.job
        assert synced.job.counts
        assert synced.job.counts.files_kept == len(FILES)
        assert found(first) == found(second) == {*FILES, "more.py"}
        assert lacking(second) == ()


def _set(team: S3Server, values: dict[str, int]) -> None:
    for name, value in values.items():
        setattr(team, name, value)


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def _overwrite(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:20] + b"damage" + data[26:])
