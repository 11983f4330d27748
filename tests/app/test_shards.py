"""Merging the indexes of many datasets, and what questions find meanwhile."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccingest.app.catalogue import Catalogue
from ccingest.app.doctor import check_all
from ccingest.app.home import Home
from ccingest.app.maintenance import clean_up
from ccingest.app.search import HomeSearcher, SearchScope, make_question
from ccingest.app.shards import merge_shards
from ccingest.db.catalog import searchable
from ccingest.db.connection import connect
from ccingest.models import Dataset
from ccingest.queue.deletion import delete_datasets
from ccingest.search import searcher
from ccingest.settings import Settings
from ccingest.store import TableStore
from ccingest.store.shards import folder as shard_folder
from ccingest.store.shards.members import CONTENT_SUFFIX, INDEX_SUFFIX, LAYOUT, SUFFIX
from crash.shard_process import MOMENTS
from shard_kit import THINGS, add, killed_merge

COUNT = 17  # one more than a merge waits for
SCOPE = SearchScope("default")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "home"
    with Home(Settings(home=folder)) as home:
        home.settings.create_home()
        for number in range(COUNT):
            add(home, number)
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Iterator[Home]:
    """A copy of a home of 17 datasets that nobody has merged."""
    shutil.copytree(made, tmp_path / "home")
    with Home(Settings(home=tmp_path / "home")) as opened:
        yield opened


def found(home: Home, asked: HomeSearcher | None = None) -> list[tuple[object, ...]]:
    """The hits of some questions."""
    asked = asked or HomeSearcher(home)
    return [
        (hit.dataset, hit.chunk.path, hit.chunk.text, round(hit.score, 3))
        for thing in (THINGS[0], THINGS[3], "def lease_1")
        for hit in asked.search(make_question(thing, k=4), SCOPE).hits
    ]


def shards_of(home: Home) -> list[tuple[int, ...]]:
    return [shard.sizes for shard in home.store.shards.listing().shards]


def opened_tables(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are opened from now on."""
    names: list[str] = []
    read = TableStore.read

    def noted(store: TableStore, name: str, version: int, **more: object) -> object:
        names.append(name)
        return read(store, name, version, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(TableStore, "read", noted)
    return names


def test_a_question_needs_no_table_of_what_is_merged(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = HomeSearcher(home)
    before = found(home, asked)
    assert merge_shards(home) == 1
    assert [len(sizes) for sizes in shards_of(home)] == [COUNT]
    assert merge_shards(home) == 0
    tables = opened_tables(monkeypatch)
    assert found(home) == before == found(home, asked)
    assert tables == []


def test_a_version_shows_at_once_and_leaves_at_once(home: Home) -> None:
    asked = HomeSearcher(home)
    merge_shards(home)
    found(home, asked)
    add(home, 3, ["def zebra(): return stripes"], "b" * 40)
    add(home, 90, ["def giraffe(): return neck"])
    delete_datasets(home.connection, "default", name="r4")
    texts = [
        (hit.dataset, hit.chunk.text)
        for word in ("zebra stripes", "giraffe neck", THINGS[3], THINGS[4])
        for hit in asked.search(make_question(word, k=50), SCOPE).hits
    ]
    assert ("r3", "def zebra(): return stripes") in texts
    assert ("r90", "def giraffe(): return neck") in texts
    assert {text for name, text in texts if name == "r3"} == {"def zebra(): return stripes"}
    assert not any(name == "r4" for name, _ in texts)
    with_shards = found(home, asked)
    shutil.rmtree(home.store.shards.folder)
    assert with_shards == found(home)


def test_a_clean_up_removes_what_no_dataset_has(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge_shards(home)
    for number in (1, 9):  # which alone say it
        delete_datasets(home.connection, "default", name=f"r{number}")
    before = found(home)
    monkeypatch.setattr(shard_folder, "READER_GRACE", 0.0)
    clean_up(home, 90)
    assert [len(sizes) for sizes in shards_of(home)] == [COUNT - 2]
    clean_up(home, 90)
    held = b"".join(path.read_bytes() for path in home.store.shards.folder.glob("*.content"))
    assert THINGS[0].encode() in held
    assert THINGS[1].encode() not in held
    assert len(list(home.store.shards.folder.glob(f"*{SUFFIX}"))) == 1
    assert len(list(home.store.shards.folder.iterdir())) == 4  # and the lock
    assert found(home) == before
    for number in {*range(COUNT)} - {1, 9}:
        delete_datasets(home.connection, "default", name=f"r{number}")
    clean_up(home, 90)
    assert shards_of(home) == []


def test_one_process_merges_at_a_time(home: Home) -> None:
    with Home(home.settings) as other, other.store.shards.merging() as may_merge:
        assert may_merge
        assert merge_shards(home) == 0
    assert merge_shards(home) == 1


def replace(path: Path, content: bytes | bytearray) -> None:
    """Not in the file itself: while a searcher has it open, who writes to it waits for 45 seconds.
    That is tests/search/test_shards.py."""
    damaged = path.with_suffix(".damaged")
    damaged.write_bytes(content)
    damaged.replace(path)


def cut(path: Path) -> None:
    replace(path, path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace(path, content)


def of_another_layout(path: Path) -> None:
    from zlib import crc32

    now = f'"layout": {LAYOUT}'.encode()
    text = path.read_bytes().partition(b"\n")[2].replace(now, b'"layout": 0')
    path.write_bytes(b"%08x\n%b" % (crc32(text), text))


DAMAGE: list[tuple[str, Callable[[Path], None]]] = [
    *((suffix, cut) for suffix in (SUFFIX, INDEX_SUFFIX, CONTENT_SUFFIX)),
    *((suffix, flip) for suffix in (SUFFIX, INDEX_SUFFIX, CONTENT_SUFFIX)),
    *((suffix, Path.unlink) for suffix in (SUFFIX, INDEX_SUFFIX, CONTENT_SUFFIX)),
    (SUFFIX, of_another_layout),
]


@pytest.mark.parametrize(("suffix", "damage"), DAMAGE)
def test_a_damaged_shard_is_made_again(
    home: Home, suffix: str, damage: Callable[[Path], None]
) -> None:
    """Also when a searcher has it open."""
    before = found(home)
    merge_shards(home)
    asked = HomeSearcher(home)
    assert found(home, asked) == before
    (path,) = home.store.shards.folder.glob(f"*{suffix}")
    damage(path)
    assert found(home, asked) == before
    with Home(home.settings) as other:
        assert found(other) == before
        is_noticed = not (suffix == SUFFIX and damage is Path.unlink)
        (check,) = [one for one in check_all(home.settings, deep=True) if one.name == "shards"]
        assert check.ok != is_noticed
        assert merge_shards(other) == 1
        assert [len(sizes) for sizes in shards_of(other)] == [COUNT]
        assert found(other) == before
    assert found(home, asked) == before


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_a_merge(home: Home, moment: str) -> None:
    """Nothing is lost: neither a dataset nor a file."""
    asked = HomeSearcher(home)
    before = found(home, asked)
    merge_shards(home)
    for number in range(20, 20 + COUNT):
        add(home, number, ["def unrelated(): pass"])
    expected = found(home, asked)
    assert killed_merge(home.settings.home, moment) == -signal.SIGKILL
    assert found(home, asked) == expected == found(home)
    merge_shards(home)
    assert sorted(map(len, shards_of(home))) == [2 * COUNT]
    assert found(home, asked) == expected
    with home.store.shards.merging():
        home.store.shards.remove_leftovers(grace=0)
    assert len(list(home.store.shards.folder.iterdir())) == 4  # and the lock
    assert found(home) == expected
    assert before


def test_the_catalogue_follows_every_change(home: Home) -> None:
    catalogue = Catalogue()

    def now() -> tuple[Dataset, ...]:
        return catalogue.datasets(home.connection, "default")

    first = now()
    assert now() is first
    assert list(first) == searchable(home.connection, "default")
    add(home, 50)  # by this connection
    assert searchable(home.connection, "default") == list(now())
    other = connect(home.settings.database)
    with ThreadPoolExecutor(3) as pool:
        for number in (1, 2):
            delete_datasets(other, "default", name=f"r{number}")
            seen = list(pool.map(lambda _: len(now()), range(6)))
            assert seen == [COUNT + 1 - number] * 6
    other.execute("UPDATE maintenance_runs SET at = at")
    kept = now()
    other.execute("UPDATE datasets SET scope = 'local' WHERE name = 'r5'")
    after = now()
    assert len(after) == len(kept) - 1
    assert set(map(id, after)) < set(map(id, kept))  # what did not change is the same value
    other.close()


def test_a_question_about_some_datasets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their statistics are those of these datasets."""
    scope = SearchScope("default", tuple(f"r{number}" for number in range(0, COUNT, 2)))

    def answers() -> list[object]:
        return [
            (hit.dataset, hit.chunk.text, round(hit.score, 4))
            for mode in ("hybrid", "text", "vector")
            for hit in HomeSearcher(home)
            .search(make_question("token price", k=9, mode=mode), scope)
            .hits
        ]

    monkeypatch.setattr(searcher, "_CANDIDATES", 5)
    before = answers()
    merge_shards(home)
    tables = opened_tables(monkeypatch)
    assert answers() == before
    assert tables == []
