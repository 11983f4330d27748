"""What belongs to another table, in the place of a table's own, is damage like any other."""

from __future__ import annotations

import json
import random
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ccingest.errors import StoreError
from ccingest.models import EmbeddedChunk
from ccingest.store import TableStore
from ccingest.store.checksums import joined
from ccingest.store.stamps import OtherTableError
from store.test_integrity import DIMENSIONS, answer, damage, embedded, files_of

MANIFEST = {"d/f3.py": 1, "d/f4.py": 1}


def alike(number: int, text: str) -> EmbeddedChunk:
    """Of the same file in each table."""
    one = embedded(number)
    chunk = one.chunk
    return EmbeddedChunk(
        type(chunk)(chunk.path, 1, 3, "python", chunk.symbol, "function", text), 0, one.vector
    )


def publish(store: TableStore, name: str, text: str) -> int:
    writer = store.create(name, DIMENSIONS)
    writer.add([alike(3, f"{text} word3x1"), alike(4, text)])
    return writer.finish()[0]


@pytest.fixture
def version(tmp_path: Path) -> int:
    """Two tables that differ in nothing but the texts of their chunks."""
    versions = {publish(TableStore(tmp_path), name, text) for name, text in TEXTS.items()}
    return versions.pop()


TEXTS = {"one": "basket", "two": "ticket"}


def texts(store: TableStore, name: str, version: int) -> set[str]:
    found = store.read(name, version).files(list(MANIFEST))
    return {word for chunks in found.values() for one in chunks for word in one.text.split()}


def swap(first: Path, second: Path) -> None:
    first.rename(first.with_name("swapped"))
    second.rename(first)
    first.with_name("swapped").rename(second)


def without_name(table: Path) -> None:
    """Its stamp is as an earlier ccingest wrote it."""
    stamp = table / "_stamp.json"
    content = json.loads(stamp.read_bytes())
    stamp.write_text(json.dumps({"version": content["version"], "files": content["files"]}))


@pytest.mark.parametrize("what", ["", "_stamp.json"])
def test_the_folder_or_the_stamp_of_another_table(tmp_path: Path, version: int, what: str) -> None:
    swap(tmp_path / "one.lance" / what, tmp_path / "two.lance" / what)
    store = TableStore(tmp_path)
    for look in (store.read, store.check, store.continue_from, store.repair_index):
        with pytest.raises(OtherTableError, match=r"one\.lance of a dataset is that of another"):
            look("one", version)
    with pytest.raises(OtherTableError, match="of the dataset shop is"):
        store.read("one", version, dataset="shop")
    with pytest.raises(OtherTableError):
        store.problems("one", version, MANIFEST)
    with pytest.raises(OtherTableError):
        store.share("one", version, "new")
    assert store.names() == {"one", "two"}


def test_a_table_that_is_swapped_while_it_is_open(tmp_path: Path, version: int) -> None:
    store = TableStore(tmp_path)
    assert texts(store, "one", version) == {"basket", "word3x1"}
    swap(tmp_path / "one.lance", tmp_path / "two.lance")
    with pytest.raises(OtherTableError):
        store.read("one", version)


def test_a_table_of_an_earlier_ccingest_has_no_name(tmp_path: Path, version: int) -> None:
    without_name(tmp_path / "one.lance")
    store = TableStore(tmp_path)
    assert texts(store, "one", version) == {"basket", "word3x1"}
    store.check("one", version)
    writer = store.continue_from("one", version)
    writer.add([embedded(9)])
    writer.finish()
    assert json.loads((tmp_path / "one.lance/_stamp.json").read_bytes())["table"] == "one"


@pytest.mark.parametrize("suffixes", [[".content"], [".rows"], [".rows", ".segment", ".content"]])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_part_of_the_index_of_another_table(
    tmp_path: Path, version: int, suffixes: list[str], is_named: bool
) -> None:
    expected = answer(TableStore(tmp_path).read("one", version))
    for suffix in suffixes:
        (own,) = (tmp_path / "one.lance/_index").glob(f"*{suffix}")
        (other,) = (tmp_path / "two.lance/_index").glob(f"*{suffix}")
        shutil.copyfile(other, own)
    if not is_named:
        without_name(tmp_path / "one.lance")
    store = TableStore(tmp_path)
    assert texts(store, "one", version) == {"basket", "word3x1"}
    assert answer(store.read("one", version)) == expected
    (problem,) = store.problems("one", version, MANIFEST)
    assert "its index is not whole" in problem
    store.check("one", version)
    assert store.repair_index("one", version)
    store = TableStore(tmp_path)
    assert store.problems("one", version, MANIFEST) == []
    assert texts(store, "one", version) == {"basket", "word3x1"}


def test_the_whole_index_of_another_table(tmp_path: Path, version: int) -> None:
    swap(tmp_path / "one.lance/_index", tmp_path / "two.lance/_index")
    assert texts(TableStore(tmp_path), "one", version) == {"basket", "word3x1"}


def remove(stamp: Path) -> None:
    stamp.unlink()


def put_a_folder(stamp: Path) -> None:
    stamp.unlink()
    stamp.mkdir()


@pytest.mark.parametrize("harm", [remove, put_a_folder])
@pytest.mark.parametrize("is_shared", [False, True])
def test_the_whole_index_of_another_table_without_a_stamp(
    tmp_path: Path, version: int, harm: Callable[[Path], None], is_shared: bool
) -> None:
    store = TableStore(tmp_path)
    if is_shared:  # then both have the same file of rows
        store.share("two", version, "three")
    other = "three" if is_shared else "two"
    swap(tmp_path / "one.lance/_index", tmp_path / f"{other}.lance/_index")
    harm(tmp_path / "one.lance/_stamp.json")
    with pytest.raises(StoreError, match=r"_stamp\.json of a dataset is (missing|damaged)"):
        texts(TableStore(tmp_path), "one", version)


@pytest.mark.parametrize("seed", range(4))
def test_without_a_stamp_nothing_is_read_by_lance(tmp_path: Path, version: int, seed: int) -> None:
    table = tmp_path / "one.lance"
    (table / "_stamp.json").unlink()
    store = TableStore(tmp_path)
    assert texts(store, "one", version) == {"basket", "word3x1"}  # the index has its checksums
    shutil.rmtree(table / "_index")
    for file in files_of(table, index=False):
        damage(file, seed)
    store = TableStore(tmp_path)
    for look in (
        lambda: answer(store.read("one", version)),
        lambda: store.check("one", version),
        lambda: store.continue_from("one", version),
        lambda: store.repair_index("one", version),
        lambda: store.problems("one", version, MANIFEST),
    ):
        with pytest.raises(StoreError, match=r"_stamp\.json of .* is missing") as raised:
            look()
        assert raised.value.hint == "add_again_whole"
    assert not (table / "_stamp.json").exists()


def test_a_stamp_that_was_written_over_is_damaged(tmp_path: Path, version: int) -> None:
    stamp = tmp_path / "one.lance/_stamp.json"
    content = stamp.read_text()
    (data,) = (tmp_path / "one.lance/data").iterdir()
    stamp.write_text(content.replace(data.name, f"x{data.name[1:]}"))  # so nothing vouches for it
    with pytest.raises(StoreError, match=r"_stamp\.json of a dataset is damaged"):
        TableStore(tmp_path).check("one", version)


def test_a_stamp_without_the_version_is_damaged(tmp_path: Path, version: int) -> None:
    stamp = tmp_path / "one.lance/_stamp.json"
    stamp.write_text('{"version": 1, "files": {}}')  # as of an earlier ccingest
    store = TableStore(tmp_path)
    for look in (lambda *name: store.read(*name).check(), store.continue_from, store.check):
        with pytest.raises(StoreError, match=r"_stamp\.json of a dataset is damaged"):
            look("one", version)


def test_a_write_whose_index_was_lost_before_the_first_stamp(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    writer = store.create("t", DIMENSIONS)
    chunks = [embedded(number) for number in range(3)]
    writer.add(chunks)
    writer._write(chunks)
    writer._rows = []
    for part in files_of(tmp_path / "t.lance", index=True):
        part.unlink()
    version, total = writer.finish()
    assert total == len(answer(TableStore(tmp_path).read("t", version))) == 3


def test_the_checksum_of_two_texts() -> None:
    numbers = random.Random(1)
    for _ in range(200):
        first, second = (numbers.randbytes(numbers.randrange(200)) for _ in range(2))
        together = joined(zlib.crc32(first), zlib.crc32(second), len(second))
        assert together == zlib.crc32(first + second)
