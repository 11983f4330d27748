"""Bundles in an object store: a real S3 server, which at times fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ccingest import Client
from ccingest.app import registry as registries
from ccingest.app.registry import Entry, Registry, still_named
from ccingest.errors import (
    AccessError,
    BundleError,
    CcingestError,
    NetworkError,
    NotFoundError,
    StorageFullError,
    UsageError,
)
from ccingest.models import PulledAll
from ccingest.objects import (
    ObjectCache,
    ObjectStore,
    object_url,
    require_conditional_puts,
    store_url,
)
from ccingest.objects import cache as caches
from ccingest.times import to_text
from cli.conftest import FILES
from git_server import commit, git, make_repository
from s3_server import S3Server

PREFIX = "s3://bucket/team"


@pytest.fixture
def ci(made: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The home that bundles are made in, which has a store."""
    monkeypatch.setenv("CCINGEST_STORE", PREFIX)
    with Client(made / "home") as client:
        client._home.settings.known_stores.unlink(missing_ok=True)
        yield client


@pytest.fixture
def reader(ci: Client, tmp_path: Path) -> Iterator[Client]:
    """A home with the same store."""
    with Client(tmp_path / "reader") as client:
        yield client


def test_a_bundle_by_its_address(ci: Client, laptop: Client, shop: str, s3: S3Server) -> None:
    made = ci.push("shop", "s3://bucket/some/shop.ccbundle")
    assert made.location == "s3://bucket/some/shop.ccbundle"
    pulled = laptop.pull("s3://bucket/some/shop.ccbundle", source=shop)
    assert (pulled.job.status, pulled.bundle.digest) == ("completed", made.digest)
    assert laptop.search("add two numbers", k=1)[0].path == "sums.py"
    assert s3.requests.count("GET /bucket/some/shop.ccbundle") == 1
    laptop.pull("s3://bucket/some/shop.ccbundle", source=shop, force=True)
    assert s3.requests.count("GET /bucket/some/shop.ccbundle") == 1
    ci.push("shop", "s3://bucket/some/shop.ccbundle")
    laptop.pull("s3://bucket/some/shop.ccbundle", source=shop, force=True)
    assert s3.requests.count("GET /bucket/some/shop.ccbundle") == 2


def test_a_bundle_by_its_name(ci: Client, reader: Client, shop: str) -> None:
    with pytest.raises(NotFoundError, match="There is no bundle at"):
        reader.pull("shop", source=shop)
    first = ci.push("shop")
    same = ci.push("shop")
    assert (same.digest, same.location, same.is_new) == (first.digest, first.location, False)
    assert same.manifest == first.manifest
    second = ci.push("shop", force=True)
    assert second.is_new
    assert first.location == f"{PREFIX}/bundles/default/shop/{first.digest}.ccbundle"
    assert reader.pull("shop", source=shop).bundle.digest == second.digest != first.digest
    assert reader.pull(first.location, source=shop).bundle.digest == first.digest
    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    assert ci.push("shop", sign_with=key).is_new
    assert not ci.push("shop", sign_with=key).is_new
    assert ci.push("shop").is_signed


def test_runs_of_ci_and_a_laptop(
    ci: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe of docs/guides/bundles.md: each run begins with an empty home."""
    folder = tmp_path / "shop"  # its name is the dataset's, and is no file to pull
    make_repository(folder, FILES)
    git(folder, "remote", "add", "origin", "https://github.com/org/shop")
    monkeypatch.chdir(tmp_path)
    embedded = []
    for run in range(3):
        commit(folder, {**FILES, f"run{run}.py": f"def run_{run}():\n    return {run}\n"})
        with Client(tmp_path / f"run{run}") as client:
            with suppress(NotFoundError):
                client.pull("shop", source=str(folder))
            job = client.ingest(str(folder), dataset="shop")
            assert job.counts
            embedded.append(job.counts.chunks_added)
            client.push("shop")
    assert embedded == [4, 1, 1]
    with Client(tmp_path / "laptop") as laptop:
        laptop.pull("shop", source=str(folder))
        (hit,) = laptop.search("run_2", here=folder, k=1)
        assert hit.path == "run2.py"
        assert [one.name for one in laptop.datasets()] == ["shop"]
        laptop.pull("shop", dataset="hosted")
        assert laptop.datasets()[0].source.web_url == "https://github.com/org/shop"


def test_all_datasets_of_a_store(
    ci: Client, reader: Client, shop: str, tmp_path: Path, s3: S3Server
) -> None:
    """A reader that pulls all now and then has what is new, and downloads nothing else."""
    make_repository(tmp_path / "tool", {"tool.py": "def tool_of(all_trades):\n    return 'jack'\n"})
    git(tmp_path / "tool", "remote", "add", "origin", "https://github.com/org/tool")
    with Client(tmp_path / "other") as other:
        other.ingest(str(tmp_path / "tool"), dataset="org/tool")
        other.push("org/tool")
        ci.push("shop")
        found = reader.pull_all()
        assert [one.job.dataset for one in found.pulled] == ["org/tool"]
        (refused,) = found.refused
        assert (refused.dataset, refused.error.hint) == ("shop", "name_source")
        reader.pull("shop", source=shop)
        assert set(reader.pull_all().up_to_date) == {"org/tool", "shop"}
        downloads = sum(one.endswith(".ccbundle") for one in s3.requests)
        assert not reader.pull_all().pulled
        assert sum(one.endswith(".ccbundle") for one in s3.requests) == downloads
        commit(tmp_path / "tool", {"more.py": "def more_of(tool):\n    return tool * 2\n"})
        other.sync()
        other.push("org/tool")
        found = reader.pull_all()
        assert [one.job.status for one in found.pulled] == ["completed"]
        assert found.up_to_date == ("shop",)
        assert {hit.path for hit in reader.search("more of tool")} >= {"more.py"}
    with pytest.raises(UsageError, match="for one bundle"):
        reader.pull_all(source=shop)
    assert reader.pull_all(project="empty") == PulledAll((), (), ())


def test_no_push_is_lost(ci: Client, s3: S3Server) -> None:
    """Eight at once, of two bundles: the index has all of them."""
    bundle = ci.push("shop")
    registry = Registry.of(store_url(PREFIX), "default", "shop")
    digests = [f"{number:064x}" for number in range(8)]
    threads = [
        threading.Thread(target=registry.add, args=(replace(bundle, digest=digest),))
        for digest in digests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index, _ = registry.store.read("team/bundles/default/shop/index.json", 10_000)
    assert {one["digest"] for one in json.loads(index)["bundles"]} == {bundle.digest, *digests}


@pytest.mark.parametrize("header", ["if-none-match", "if-match"])
def test_a_store_that_ignores_conditions_is_refused(header: str, ci: Client, s3: S3Server) -> None:
    s3.drops.add(header)
    with pytest.raises(UsageError, match="does not enforce conditional puts") as error:
        ci.push("shop")
    assert PREFIX in error.value.message
    assert list(ObjectStore("s3://bucket").list("team")) == []
    s3.drops.clear()
    ci.push("shop")
    probes = sum("probe-" in one for one in s3.requests)
    ci.push("shop")
    assert sum("probe-" in one for one in s3.requests) == probes


def test_doctor_looks_at_the_store(
    ci: Client, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(client: Client = ci) -> tuple[bool, str]:
        (check,) = [check for check in client.check() if check.name == "store"]
        return check.ok, check.detail

    s3.forbids.add("PUT")
    assert found() == (True, f"{PREFIX}, which this machine may only read")
    with pytest.raises(AccessError, match="refuses access"):
        ci.push("shop")
    s3.forbids.clear()
    s3.drops.add("if-match")
    is_good, detail = found()
    assert not is_good
    assert "does not enforce conditional puts" in detail
    s3.drops.clear()
    assert found() == (True, f"{PREFIX}, which enforces conditional puts")
    monkeypatch.setenv("CCINGEST_STORE", "s3://no-bucket/x")
    with Client(ci._home.settings.home) as other:
        assert found(other)[0] is False
        assert "no such bucket" in found(other)[1]


def test_a_store_that_is_away_for_a_moment(
    ci: Client, reader: Client, shop: str, s3: S3Server
) -> None:
    s3.unavailable = 3
    ci.push("shop")
    s3.unavailable = 3
    assert reader.pull("shop", source=shop).job.status == "completed"


def test_an_answer_that_is_lost_is_no_second_push(ci: Client, s3: S3Server) -> None:
    """The client asks again, and the store refuses: it has done it already."""
    s3.loses = 1
    first = ci.push("shop")  # of the probe
    store = ObjectStore("s3://bucket")
    registry = Registry.of(store_url(PREFIX), "default", "shop")
    store.delete(registry.place.below("index.json").key)
    for number in range(2):  # the index is made, and replaced
        s3.loses = 1
        registry.add(replace(first, digest=f"{number:064x}"))
        assert registry.newest().digest == f"{number:064x}"
    assert len(registry._index()[0]) == 2
    assert s3.loses == 0


def test_a_store_that_stays_away(
    ci: Client, s3: S3Server, monkeypatch: pytest.MonkeyPatch, laptop: Client, tmp_path: Path
) -> None:
    from ccingest.objects import store

    monkeypatch.setattr(store, "_RETRIES", {"max_retries": 1})
    s3.unavailable = 1000
    with pytest.raises(NetworkError, match="answers 503") as error:
        laptop.pull("s3://bucket/shop.ccbundle")
    assert "hidden-secret" not in error.value.message
    assert laptop.jobs() == []
    with pytest.raises(NetworkError):
        ci.push("shop", "s3://bucket/shop.ccbundle")
    assert not list(ci._home.settings.object_cache.glob("push-*"))


def test_an_answer_that_is_cut(
    ci: Client, laptop: Client, shop: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ccingest.objects import store

    monkeypatch.setattr(store, "_RETRIES", {"max_retries": 0})
    ci.push("shop", "s3://bucket/shop.ccbundle")
    s3.cuts = 1000
    with pytest.raises(NetworkError):
        laptop.pull("s3://bucket/shop.ccbundle", source=shop)
    assert not list(laptop._home.settings.object_cache.glob("*.part"))
    s3.cuts = None
    laptop.pull("s3://bucket/shop.ccbundle", source=shop)


def test_a_kept_object_that_was_damaged_is_fetched_again(
    ci: Client, laptop: Client, shop: str
) -> None:
    ci.push("shop", "s3://bucket/shop.ccbundle")
    laptop.pull("s3://bucket/shop.ccbundle", source=shop)
    (kept,) = laptop._home.settings.object_cache.glob("*.object")
    kept.write_bytes(kept.read_bytes()[::-1])
    with pytest.raises(BundleError):
        laptop.pull("s3://bucket/shop.ccbundle", source=shop)
    laptop.pull("s3://bucket/shop.ccbundle", source=shop)


def test_the_cache_is_bounded(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ObjectStore("s3://bucket")
    for number in range(5):
        store.put_new(f"{number}", bytes([number]) * 1000)
    cache = ObjectCache(tmp_path / "objects", limit=2500)
    for number in range(5):
        assert cache.fetch(object_url(f"s3://bucket/{number}")).read_bytes()[0] == number
        assert len(list((tmp_path / "objects").glob("*.object"))) <= 2
    assert cache.trim(0) == 2000
    monkeypatch.setattr(caches, "_LEAST_FREE", 2**62)
    with pytest.raises(StorageFullError, match="no room"):
        cache.fetch(object_url("s3://bucket/1"))
    monkeypatch.setattr(caches, "_MOST_BYTES", 10)
    with pytest.raises(CcingestError, match="too much"):
        cache.fetch(object_url("s3://bucket/1"))


def test_which_bundles_stay_in_the_index() -> None:
    now = datetime(2026, 11, 26, tzinfo=timezone.utc)
    ages = [30, 20, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 0.5, 0.1]  # days, the newest last
    entries = [
        Entry(
            str(age), "r", None, "e", "c", "s", 1, False, "", "", to_text(now - timedelta(days=age))
        )
        for age in ages
    ]
    assert [entry.digest for entry in still_named(entries, now)] == list(map(str, ages[-9:]))
    # In a burst, those that were replaced a moment ago are still read by somebody.
    burst = [replace(entry, pushed_at=to_text(now)) for entry in entries]
    assert still_named(burst, now) == burst
    assert still_named([], now) == []


def test_old_bundles_are_deleted_after_a_while(ci: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orphan = "team/bundles/default/shop/" + "a" * 64 + ".ccbundle"
    store = ObjectStore("s3://bucket")
    store.put_new(orphan, b"of a push that was killed")
    monkeypatch.setattr(registries, "MOST_KEPT", 2)
    made = [ci.push("shop", force=True).location for _ in range(3)]
    there = {f"s3://bucket/{one.key}" for one in store.list("team")}
    assert {*made, f"s3://bucket/{orphan}"} <= there
    monkeypatch.setattr(registries, "GRACE", timedelta(seconds=-1))
    made.append(ci.push("shop", force=True).location)
    there = {f"s3://bucket/{one.key}" for one in store.list("team/bundles")}
    assert there == {*made[-2:], f"{PREFIX}/bundles/default/shop/index.json"}


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "..", "ä?#%", "a b"])
def test_any_name_is_one_key(name: str, s3: S3Server) -> None:
    registry = Registry.of(store_url(PREFIX), name, name)
    key = registry.place.below("index.json").key
    assert key.count("/") == 4
    assert registry.store.put_new(key, b"x")
    assert registry.store.read(key, 9)[0] == b"x"
    assert [one.key for one in registry.store.list(registry.place.key + "/")] == [key]


def test_an_index_that_is_damaged(ci: Client, reader: Client, shop: str) -> None:
    store = ObjectStore("s3://bucket")
    key = "team/bundles/default/shop/index.json"
    for data in (b"", b"[]", b'{"format": "ccingest bundles", "version": 9}', b"[" * 100_000):
        store.delete(key)
        store.put_new(key, data)
        with pytest.raises(BundleError):
            reader.pull("shop", source=shop)
    store.delete(key)


@pytest.mark.parametrize(
    "text",
    [
        "s3://key:secret@bucket/x",
        "s3://bucket",
        "s3:///x",
        "s3://bucket/../x",
        "s3://bucket/a//b",
        "s3://bucket/a?versionId=1",
        "s3://bucket/\x1b",
        "s3://bu cket/x",
        "s3://bucket/" + "a" * 2000,
        "https://bucket/x",
        "ftp://bucket/x",
    ],
)
def test_addresses_that_are_none(text: str, laptop: Client) -> None:
    with pytest.raises(UsageError) as error:
        laptop.pull(text)
    assert "secret" not in error.value.message
    assert laptop.jobs() == []


def test_what_is_not_there(s3: S3Server, laptop: Client, made: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no object s3://bucket/nothing"):
        laptop.pull("s3://bucket/nothing")
    with Client(made / "home") as ci, pytest.raises(UsageError, match="CCINGEST_STORE"):
        ci.push("shop")
    with pytest.raises(NotFoundError):
        require_conditional_puts(store_url("s3://no-bucket/x"), made / "stores.json")
