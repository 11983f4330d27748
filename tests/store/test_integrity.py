"""Damaged files are noticed before native code reads them, and a version outlives a power cut."""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ccingest.errors import StoreError, UsageError
from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import Lookup, RowFilter, TableReader, TableStore
from ccingest.store.arrays import read_arrays, write_arrays
from effort import effort

TESTS = Path(__file__).parents[1]
DIMENSIONS = 8
CHUNKS = 2500
MAPPED = 1024 * 1024  # bytes; their part of the index is larger


def embedded(number: int) -> EmbeddedChunk:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[number % DIMENSIONS] = 1
    text = " ".join(f"word{number}x{n}" for n in range(30))
    chunk = Chunk(f"d/f{number}.py", 1, 3, "python", f"do_{number}", "function", text)
    return EmbeddedChunk(chunk, 0, vector)


def publish(store: TableStore, count: int) -> int:
    """A version of two writes, with deleted rows."""
    writer = store.create("t", DIMENSIONS)
    writer.add([embedded(number) for number in range(count)])
    version, _ = writer.finish()
    writer = store.continue_from("t", version)
    writer.remove_files(["d/f1.py"])
    writer.add([embedded(count)])
    return writer.finish()[0]


def answer(reader: TableReader, word: str = "word3x1") -> list[tuple[str, float, float]]:
    lookup = Lookup(np.full(DIMENSIONS, 8**-0.5, np.float32), reader.statistics([word]))
    found = reader.candidates(lookup, 5)
    return sorted((c.chunk.path, round(c.bm25, 4), round(c.similarity, 4)) for c in found)


def files_of(table: Path, *, index: bool) -> list[Path]:
    files = (path for path in table.rglob("*") if path.is_file() and path.name != "_stamp.json")
    return sorted(path for path in files if (path.parent.name == "_index") == index)


def damage(path: Path, seed: int) -> None:
    """Other bytes of the same length somewhere, or a shorter file; its times stay the same."""
    numbers = random.Random(seed)
    before = path.stat()
    content = bytearray(path.read_bytes())
    if seed % 4 == 3:
        del content[numbers.randrange(len(content)) :]
    else:
        length = min(numbers.choice([1, 16, 512]), len(content))
        at = numbers.randrange(len(content) - length + 1)
        content[at : at + length] = bytes(byte ^ 0xA5 for byte in content[at : at + length])
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A store with a version of many chunks."""
    folder = tmp_path_factory.mktemp("large")
    return folder, publish(TableStore(folder), CHUNKS)


@pytest.fixture
def large(published: tuple[Path, int], tmp_path: Path) -> int:
    """A copy of it in `tmp_path`; its version."""
    shutil.copytree(published[0], tmp_path, dirs_exist_ok=True)
    return published[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, publish(TableStore(folder), 40)


@pytest.mark.parametrize("seed", range(effort(4, 8)))
def test_a_damaged_file_of_lance_is_named(
    tmp_path: Path, whole: tuple[Path, int], seed: int
) -> None:
    original, version = whole
    for file in files_of(original / "t.lance", index=False):
        folder = tmp_path / file.name
        shutil.copytree(original, folder)
        damaged = folder / file.relative_to(original)
        damage(damaged, seed)
        store = TableStore(folder)

        def opened_by_lance(name: str, version: int, store: TableStore = store) -> None:
            store.read(name, version).check()

        for attempt in (opened_by_lance, store.continue_from, store.check):
            with pytest.raises(StoreError, match="damaged") as raised:
                attempt("t", version)
            assert str(damaged) in str(raised.value)
            assert raised.value.hint == "add_again_whole"
        with pytest.raises(StoreError, match="of the dataset shop is damaged"):
            store.read("t", version, dataset="shop").check()
        assert store.problems("t", version, {}) == [
            f"damaged files: {damaged.relative_to(folder / 't.lance')}"
        ]


@pytest.mark.parametrize("seed", range(effort(4, 8)))
def test_a_damaged_part_of_the_index_is_made_again(tmp_path: Path, seed: int) -> None:
    version = publish(TableStore(tmp_path), 40)
    expected = answer(TableStore(tmp_path).read("t", version))
    manifest = {f"d/f{number}.py": 1 for number in range(41) if number != 1}
    assert TableStore(tmp_path).problems("t", version, manifest) == []
    for part in files_of(tmp_path / "t.lance", index=True):
        damage(part, seed)
    store = TableStore(tmp_path)
    assert answer(store.read("t", version)) == expected
    (problem,) = store.problems("t", version, manifest)
    assert "its index is not whole" in problem
    writer = store.continue_from("t", version)
    version, _ = writer.finish()
    assert store.problems("t", version, manifest) == []


def test_a_part_of_the_index_in_the_place_of_another_is_made_again(tmp_path: Path) -> None:
    store = TableStore(tmp_path / "lance")
    version = publish(store, 30)
    other = TableStore(tmp_path / "other")
    publish(other, 31)
    table = tmp_path / "lance" / "t.lance"
    right = answer(store.read("t", version))
    whole = {path: path.read_bytes() for path in files_of(table, index=True)}
    assert {path.suffix for path in whole} == {".content", ".rows", ".segment"}
    others = [*whole, *files_of(tmp_path / "other" / "t.lance", index=True)]
    contents = {path: path.read_bytes() for path in others}
    for place, taken in product(whole, others):
        if (place.suffix, place.parent) != (taken.suffix, taken.parent):
            place.write_bytes(contents[taken])
            reader = TableStore(tmp_path / "lance").read("t", version)
            if (
                place.suffix == taken.suffix == ".rows"
            ):  # its rows may be those of a table like this
                with suppress(StoreError):
                    answer(reader)
            else:
                assert answer(reader) == right, (place, taken)
            for path, content in whole.items():
                path.write_bytes(content)


ASKING = """
import os, sys, threading, time
from pathlib import Path
from ccingest.store import TableStore, arrays
from ccingest.store.indexing import VersionIndex
from store.test_integrity import answer, files_of

arrays._READ_WHOLE = int(sys.argv[3])
reader = TableStore(Path(sys.argv[1])).read("t", int(sys.argv[2]))
expected = answer(reader)
is_unchanged = VersionIndex.is_unchanged

def cut_short_after_the_check(index):
    was_unchanged = is_unchanged(index)
    for part in files_of(Path(sys.argv[1], "t.lance"), index=True):
        threading.Thread(target=os.truncate, args=(part, 100), daemon=True).start()
    time.sleep(0.1)
    return was_unchanged

VersionIndex.is_unchanged = cut_short_after_the_check
assert [answer(reader) for _ in range(3)] == [expected] * 3
"""


@pytest.mark.parametrize("most_read", [MAPPED, 2**30])
def test_a_process_that_answers_outlives_a_file_that_is_cut_short(
    large: int, tmp_path: Path, most_read: int
) -> None:
    command = [sys.executable, "-c", ASKING, str(tmp_path), str(large), str(most_read)]
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=False)
    assert done.returncode == 0


@contextmanager
def waiting_writer(write: Callable[[], object]) -> Iterator[None]:
    """Write in a thread, which waits for the lease of a file that is mapped."""
    thread = threading.Thread(target=write)
    thread.start()
    thread.join(0.05)
    yield
    thread.join(60)
    assert not thread.is_alive()


def write_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


@pytest.mark.parametrize("most_read", [MAPPED, 2**30])
@pytest.mark.parametrize("size", [0, 100, 4096, 1_500_000])
def test_a_file_that_is_cut_short_while_it_is_used(
    large: int, tmp_path: Path, size: int, most_read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.store.arrays._READ_WHOLE", most_read)
    reader = TableStore(tmp_path).read("t", large)
    expected = answer(reader)
    part = max(files_of(tmp_path / "t.lance", index=True), key=lambda path: path.stat().st_size)
    assert part.stat().st_size > 1_500_000
    with waiting_writer(partial(os.truncate, part, size)):
        assert answer(reader) == expected
    assert part.stat().st_size == size
    assert answer(reader) == expected
    for data in files_of(tmp_path / "t.lance", index=False):
        os.truncate(data, data.stat().st_size // 2)
    for part in files_of(tmp_path / "t.lance", index=True):
        part.unlink()  # so that Lance is read
    with pytest.raises(StoreError, match="damaged"):
        answer(TableStore(tmp_path).read("t", large))


def test_a_part_of_the_index_that_is_removed_while_it_is_used(large: int, tmp_path: Path) -> None:
    reader = TableStore(tmp_path).read("t", large)
    expected = answer(reader)
    for part in files_of(tmp_path / "t.lance", index=True):
        part.unlink()
    assert answer(reader) == expected


def test_a_part_of_the_index_that_is_written_over_while_it_is_used(
    large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest keeps the errors that are logged, these their frames, and those the old mapping.
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    monkeypatch.setattr("ccingest.store.arrays._READ_WHOLE", MAPPED)
    reader = TableStore(tmp_path).read("t", large)
    expected = answer(reader)
    for part in files_of(tmp_path / "t.lance", index=True):
        with waiting_writer(partial(write_over, part)):
            assert answer(reader) == expected
    assert answer(reader) == expected


def test_of_a_large_table_only_files_that_were_written_to_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(TableStore(tmp_path), 40)
    monkeypatch.setattr("ccingest.store.integrity._READ_WHOLE", 1000)
    read: list[str] = []
    monkeypatch.setattr(
        "ccingest.store.integrity.has_content", lambda path, _: read.append(path.name)
    )
    TableStore(tmp_path).read("t", version).check()
    assert read == []
    monkeypatch.undo()
    monkeypatch.setattr("ccingest.store.integrity._READ_WHOLE", 1000)
    for path in files_of(tmp_path / "t.lance", index=False):
        if path.suffix == ".lance":
            damage(path, 1)
            break
    with pytest.raises(StoreError, match="damaged"):
        TableStore(tmp_path).read("t", version).check()


def test_a_table_of_an_earlier_ccingest(tmp_path: Path) -> None:
    version = publish(TableStore(tmp_path), 40)
    expected = answer(TableStore(tmp_path).read("t", version))
    stamp = tmp_path / "t.lance" / "_stamp.json"
    known = json.loads(stamp.read_text())
    lance = {path: entry[:2] for path, entry in known["files"].items() if "_index" not in path}
    stamp.write_text(json.dumps({"version": known["version"], "files": lance}))
    for part in files_of(tmp_path / "t.lance", index=True):
        part.write_bytes(part.read_bytes()[64:])  # it had no header
    store = TableStore(tmp_path)
    store.check("t", version)
    assert answer(store.read("t", version)) == expected
    writer = store.continue_from("t", version)
    writer.add([embedded(99)])
    version, _ = writer.finish()
    assert {"d/f99.py"} <= {chunk.path for chunk in store.read("t", version).chunks()}
    damage(files_of(tmp_path / "t.lance", index=False)[0], 0)
    with pytest.raises(StoreError, match="damaged"):
        TableStore(tmp_path).read("t", version).check()


@pytest.mark.parametrize("lost", [b"", b"\0" * 900])
def test_a_manifest_that_was_never_published_and_lost_its_content(
    tmp_path: Path, lost: bytes
) -> None:
    version = publish(TableStore(tmp_path), 40)
    expected = answer(TableStore(tmp_path).read("t", version))
    writer = TableStore(tmp_path).continue_from("t", version)
    writer.remove_files(["d/f3.py"])
    newest = tmp_path / "t.lance" / "_versions" / f"{version + 1}.manifest"
    newest.write_bytes(lost)
    store = TableStore(tmp_path)
    assert answer(store.read("t", version)) == expected
    writer = store.continue_from("t", version)
    writer.add([embedded(99)])
    writer.finish()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    arrays: list[list[NDArray[np.int32]]] = [
        [np.arange(6, dtype=np.int32).reshape(3, 2), np.ones((1, 2), dtype=np.int32)],
        [np.zeros((0, 3), dtype=np.int32)],
    ]
    write_arrays(tmp_path / "a", arrays)
    first, second = read_arrays(tmp_path / "a", 2).arrays
    assert first.tolist() == [[0, 1], [2, 3], [4, 5], [1, 1]]
    assert second.shape == (0, 3)
    for length in range((tmp_path / "a").stat().st_size):
        (tmp_path / "b").write_bytes((tmp_path / "a").read_bytes()[:length])
        with pytest.raises(ValueError, match="cut short"):
            read_arrays(tmp_path / "b", 2)


def test_thousands_of_patterns(tmp_path: Path) -> None:
    reader = TableStore(tmp_path).read("t", publish(TableStore(tmp_path), 40))

    def found(where: RowFilter) -> set[str]:
        lookup = Lookup(np.ones(DIMENSIONS, np.float32))
        return {c.chunk.path for c in reader.candidates(lookup, 99, where)}

    many = tuple(f"^(?:.+/)?x{number}\\.py(?P<ps_d>/)?$" for number in range(5000))
    assert found(RowFilter(wanted_paths=(*many, r"/f2\d\.py$"))) == {
        f"d/f2{number}.py" for number in range(10)
    }
    everything = found(RowFilter())
    assert found(RowFilter(unwanted_paths=(*many, "/f2"))) == {
        path for path in everything if "/f2" not in path
    }
    slow = "a*" * 1000 + "b"  # takes a matcher that goes back for ever
    assert found(RowFilter(wanted_paths=(slow,))) == set()
    with pytest.raises(UsageError, match="path"):
        found(RowFilter(wanted_paths=("(",)))
    with pytest.raises(UsageError, match="path"):
        found(RowFilter(wanted_paths=("\udcff",)))  # a byte of the command line that is no UTF-8
