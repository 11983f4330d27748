"""A table that begins as another one's version has its rows, and its bytes on the disk only once."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccingest.disk import folder_size
from ccingest.errors import StoreError
from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import Lookup, TableStore, integrity
from ccingest.store.stamps import StampedFile

DIMENSIONS = 8


def embedded(number: int, text: str = "") -> EmbeddedChunk:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[number % DIMENSIONS] = 1
    said = text or " ".join(f"word{number}x{n}" for n in range(30))
    return EmbeddedChunk(
        Chunk(f"d/f{number}.py", 1, 3, "python", f"do_{number}", "function", said), 0, vector
    )


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path / "tables")


@pytest.fixture
def version(store: TableStore) -> int:
    """Of the table `t`: 300 chunks in two writes, less one."""
    writer = store.create("t", DIMENSIONS)
    writer.add([embedded(number) for number in range(299)])
    first, _ = writer.finish()
    writer = store.continue_from("t", first)
    writer.remove_files(["d/f1.py"])
    writer.add([embedded(299), embedded(300)])
    return writer.finish()[0]


def texts(store: TableStore, name: str, version: int) -> dict[str, str]:
    reader = store.read(name, version)
    found = {chunk.path: chunk.text for chunk in reader.chunks()}
    assert len(found) == reader.count()
    return found


def hits(store: TableStore, name: str, version: int, word: str) -> list[str]:
    reader = store.read(name, version)
    found = reader.candidates(Lookup(None, reader.statistics([word])), 5)
    return sorted(one.chunk.path for one in found)


def shared(store: TableStore, version: int) -> int:
    """The table `u`, which goes on from `t` with one file changed and one removed."""
    store.share("t", version, "u")
    writer = store.continue_from("u", version, is_new=True)
    writer.remove_files(["d/f3.py", "d/f5.py"])
    writer.add([embedded(3, "something entirely different")])
    return writer.finish()[0]


def test_it_has_the_rows_and_goes_its_own_way(store: TableStore, version: int) -> None:
    before = texts(store, "t", version)
    new = shared(store, version)
    expected = {**before, "d/f3.py": "something entirely different"}
    del expected["d/f5.py"]
    assert texts(store, "u", new) == expected
    assert texts(store, "t", version) == before
    assert hits(store, "u", new, "entirely") == ["d/f3.py"]
    assert hits(store, "u", new, "word3x1") == hits(store, "t", version, "entirely") == []
    assert hits(store, "u", new, "word7x1") == hits(store, "t", version, "word7x1") == ["d/f7.py"]
    for name, at in (("t", version), ("u", new)):
        store.check(name, at)
        assert store.problems(name, at, dict.fromkeys(texts(store, name, at), 1)) == []


@pytest.mark.parametrize("gone", ["t", "u"])
def test_each_outlives_the_other(store: TableStore, version: int, gone: str) -> None:
    new = shared(store, version)
    left, at = ("u", new) if gone == "t" else ("t", version)
    before = texts(store, left, at)
    store.drop(gone)
    again = TableStore(store._folder)
    assert texts(again, left, at) == before
    writer = again.continue_from(left, at)
    writer.add([embedded(900)])
    at, total = writer.finish()
    assert total == len(before) + 1
    assert again.continue_from(left, at).optimize()


def test_the_bytes_are_on_the_disk_once(tmp_path: Path, store: TableStore, version: int) -> None:
    before = folder_size(tmp_path)
    store.share("t", version, "u")
    own = folder_size(tmp_path) - before
    assert own < 4000  # the stamp
    assert store.size("t") < 0.7 * before
    assert store.size("t") + store.size("u") <= before + own


def test_without_hard_links_the_files_are_copied(
    store: TableStore, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    before = texts(store, "t", version)
    store.share("t", version, "u")
    assert texts(store, "u", version) == before
    store.drop("t")
    assert texts(TableStore(store._folder), "u", version) == before


def test_a_large_table_is_not_read_again_when_another_one_comes_or_goes(
    store: TableStore, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "_READ_WHOLE", 0)
    read: list[Path] = []

    def has_content(path: Path, _: StampedFile) -> bool:
        read.append(path)
        return False

    new = shared(store, version)
    monkeypatch.setattr(integrity, "has_content", has_content)
    TableStore(store._folder).check("t", version)
    TableStore(store._folder).check("u", new)
    store.drop("u")
    TableStore(store._folder).check("t", version)
    assert read == []
    file = max((store._folder / "t.lance" / "data").iterdir(), key=lambda one: one.stat().st_size)
    data = file.read_bytes()
    file.write_bytes(data[:-100] + bytes(100))
    with pytest.raises(StoreError, match="damaged"):
        TableStore(store._folder).check("t", version)


def test_a_damaged_file_is_not_shared(store: TableStore, version: int) -> None:
    file = max((store._folder / "t.lance" / "data").iterdir(), key=lambda one: one.stat().st_size)
    data = file.read_bytes()
    file.write_bytes(data[:-100] + bytes(100))
    with pytest.raises(StoreError):
        store.share("t", version, "u")
    with pytest.raises(StoreError):
        store.share("t", version + 5, "u")
    assert store.names() == {"t"}
