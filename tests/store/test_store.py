"""The store against real LanceDB tables."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ccingest.errors import StoreBusyError, StoreError, VersionGoneError
from ccingest.models import Candidate, Chunk, EmbeddedChunk
from ccingest.store import (
    EVERYTHING,
    ROWS_PER_WRITE,
    Lookup,
    RowFilter,
    Scored,
    TableReader,
    TableStore,
    best_of_all,
)
from ccingest.store.rows import store_errors
from ccingest.store.scored import highest

DIMENSIONS = 8
AWKWARD_PATHS = [
    "it's; DROP TABLE t; --.py",
    'quo"te.py',
    "ünïcödé/日本語.py",
    "new\nline.py",
    "percent%_under.py",
    "back\\slash.py",
    "d/" * 100 + "x" * 55,
]


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path / "lance")


def unit(*values: float) -> NDArray[np.float32]:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[: len(values)] = values
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def embedded(
    path: str, text: str, vector: NDArray[np.float32], *, ordinal: int = 0, language: str = "python"
) -> EmbeddedChunk:
    chunk = Chunk(path, 1, 3, language, "Thing.do", "method", text)
    return EmbeddedChunk(chunk, ordinal, vector)


def publish(store: TableStore, name: str, rows: list[EmbeddedChunk]) -> int:
    writer = store.create(name, DIMENSIONS)
    writer.add(rows)
    version, _ = writer.finish()
    return version


def nearest(
    reader: TableReader, vector: NDArray[np.float32], limit: int, where: RowFilter = EVERYTHING
) -> list[Candidate]:
    found = reader.candidates(Lookup(vector), limit, where)
    return sorted(found, key=lambda candidate: -candidate.similarity)


def matching(
    reader: TableReader, terms: str, limit: int, where: RowFilter = EVERYTHING
) -> list[Candidate]:
    found = reader.candidates(Lookup(None, reader.statistics(terms.split())), limit, where)
    return sorted(found, key=lambda candidate: -candidate.bm25)


def paths_of(store: TableStore, name: str, version: int) -> set[str]:
    return {chunk.path for chunk in store.read(name, version).chunks()}


def test_chunks_come_back_as_they_were(store: TableStore) -> None:
    rows = [embedded(path, f"text of {path}\r\n", unit(1)) for path in AWKWARD_PATHS]
    version = publish(store, "d1", rows)
    found = {chunk.path: chunk for chunk in store.read("d1", version).chunks()}
    assert found == {row.chunk.path: row.chunk for row in rows}


def test_nearest_is_by_cosine_best_first(store: TableStore) -> None:
    vectors = [unit(1, 0), unit(1, 1), unit(0, 1), unit(-1, 0)]
    rows = [embedded(f"f{i}.py", "x", vector) for i, vector in enumerate(vectors)]
    reader = store.read("d1", publish(store, "d1", rows))
    found = nearest(reader, unit(1, 0), limit=3)
    assert [c.chunk.path for c in found] == ["f0.py", "f1.py", "f2.py"]
    assert [c.similarity for c in found] == pytest.approx([1.0, 0.5**0.5, 0.0], abs=1e-5)


def test_text_search_knows_identifiers_symbols_and_paths(store: TableStore) -> None:
    rows = [
        embedded("users.py", "def getUserById(n): return n", unit(1)),
        embedded("orders.py", "def total(order): return sum(order)", unit(1)),
    ]
    reader = store.read("d1", publish(store, "d1", rows))
    for terms in ("getuserbyid", "user", "users", "id"):
        assert [c.chunk.path for c in matching(reader, terms, 5)] == ["users.py"], terms
    assert len(matching(reader, "thing", 5)) == 2  # the symbol of both
    assert matching(reader, "", 5) == []
    assert matching(reader, "nowhere", 5) == []


def test_text_search_when_every_row_was_replaced(store: TableStore) -> None:
    version = publish(store, "d1", [embedded(f"{n}.py", "old", unit(1)) for n in range(9)])
    writer = store.continue_from("d1", version)
    writer.remove_files([f"{n}.py" for n in range(9)])
    writer.add([embedded("new.py", "brand new", unit(1))])
    reader = store.read("d1", writer.finish()[0])
    reader.check()
    assert [c.chunk.path for c in matching(reader, "brand", 5)] == ["new.py"]
    assert matching(reader, "old", 5) == []


@pytest.mark.parametrize("path", AWKWARD_PATHS)
def test_any_path_can_be_removed_and_only_it(store: TableStore, path: str) -> None:
    rows = [embedded(p, "same", unit(1), ordinal=i) for p in AWKWARD_PATHS for i in (0, 1)]
    version = publish(store, "d1", rows)
    writer = store.continue_from("d1", version)
    assert writer.remove_files([path]) == 2
    version, total = writer.finish()
    assert total == len(rows) - 2
    assert paths_of(store, "d1", version) == set(AWKWARD_PATHS) - {path}


def test_a_published_version_stays_whole_while_the_next_is_written(store: TableStore) -> None:
    old = publish(store, "d1", [embedded("a.py", "alpha", unit(1)), embedded("b.py", "b", unit(1))])
    writer = store.continue_from("d1", old)
    writer.remove_files(["a.py"])
    writer.add([embedded("c.py", "gamma", unit(0, 1))])
    new, total = writer.finish()
    assert total == 2
    for version, expected in ((old, {"a.py", "b.py"}), (new, {"b.py", "c.py"})):
        reader = store.read("d1", version)
        assert {chunk.path for chunk in reader.chunks()} == expected
        assert {c.chunk.path for c in nearest(reader, unit(1), 10)} == expected
    assert not matching(store.read("d1", old), "gamma", 5)
    assert not matching(store.read("d1", new), "alpha", 5)
    assert [c.chunk.path for c in matching(store.read("d1", new), "gamma", 5)] == ["c.py"]


def test_a_writer_starts_from_the_published_version_not_from_the_newest(store: TableStore) -> None:
    published = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    crashed = store.continue_from("d1", published)
    crashed.remove_files(["a.py"])
    crashed.add([embedded(f"junk{i}.py", "junk", unit(1)) for i in range(ROWS_PER_WRITE)])
    again = store.continue_from("d1", published)
    again.add([embedded("b.py", "b", unit(1))])
    version, total = again.finish()
    assert total == 2
    assert paths_of(store, "d1", version) == {"a.py", "b.py"}


def test_two_writers_never_make_a_mixture(store: TableStore) -> None:
    published = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    first = store.continue_from("d1", published)
    second = store.continue_from("d1", published)
    second.remove_files(["a.py"])
    with pytest.raises(StoreBusyError):
        first.remove_files(["a.py"])


def test_a_writer_does_not_finish_over_another_ones_writes(store: TableStore) -> None:
    published = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    first = store.continue_from("d1", published)
    second = store.continue_from("d1", published)
    second.add([embedded("c.py", "c", unit(1))])
    second.finish()
    with pytest.raises(StoreBusyError):
        first.finish()


def test_pruning_frees_space_and_spares_what_is_published(
    store: TableStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(store, "d1", [embedded("a.py", "alpha", unit(1))])
    for name in ("b", "c"):
        writer = store.continue_from("d1", published)
        writer.add([embedded(f"{name}.py", f"beta{name}", unit(1))])
        published, _ = writer.finish()
    monkeypatch.setattr("ccingest.store.writer.READER_GRACE", timedelta(seconds=1))
    time.sleep(1.5)
    writer = store.continue_from("d1", published)
    fresh = writer.optimize()
    pruned = writer.prune()
    for version in (fresh, pruned):
        assert paths_of(store, "d1", version) == {"a.py", "b.py", "c.py"}
        assert matching(store.read("d1", version), "betac", 5)
    with pytest.raises(VersionGoneError):
        store.read("d1", published)


def test_filters_by_language_and_path(store: TableStore) -> None:
    rows = [
        embedded("src/it's.py", "x", unit(1)),
        embedded("src/b.go", "x", unit(1), language="go"),
        embedded("tests/b_test.go", "x", unit(1), language="go"),
    ]
    reader = store.read("d1", publish(store, "d1", rows))

    def found(where: RowFilter) -> set[str]:
        by_vector = {c.chunk.path for c in nearest(reader, unit(1), 10, where)}
        assert by_vector == {c.chunk.path for c in matching(reader, "x", 10, where)}
        return by_vector

    assert found(RowFilter(languages=("go",))) == {"src/b.go", "tests/b_test.go"}
    assert found(RowFilter(languages=("go' OR '1'='1",))) == set()
    assert found(RowFilter(wanted_paths=("^src/",))) == {"src/it's.py", "src/b.go"}
    assert found(RowFilter(wanted_paths=("^src/it's",))) == {"src/it's.py"}
    assert found(RowFilter(languages=("go",), unwanted_paths=("_test",))) == {"src/b.go"}


def test_more_rows_than_one_write(store: TableStore) -> None:
    count = ROWS_PER_WRITE * 2 + 5
    rows = [embedded(f"f{i // 10}.py", f"word{i}", unit(1), ordinal=i % 10) for i in range(count)]
    writer = store.create("d1", DIMENSIONS)
    for start in range(0, count, 1000):
        writer.add(rows[start : start + 1000])
    version, total = writer.finish()
    assert total == count
    assert len(matching(store.read("d1", version), f"word {count - 1}", 5)) == 5


def test_what_is_gone_is_said_to_be_gone(store: TableStore, tmp_path: Path) -> None:
    with pytest.raises(VersionGoneError):
        store.read("nowhere", 1)
    version = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    with pytest.raises(VersionGoneError):
        store.read("d1", version + 7)
    store.drop("d1")
    store.drop("d1")
    assert store.names() == frozenset()
    publish(store, "d2", [embedded("a.py", "a", unit(1))])
    shutil.rmtree(tmp_path / "lance" / "d2.lance" / "_versions")
    with pytest.raises(VersionGoneError):
        store.read("d2", 1)


@pytest.mark.parametrize(
    "text",
    [
        "lance error: Object at location d1.lance/_versions/4.manifest not found: No such file",
        "Table 'd1' was not found",
        "Not found: d1.lance/data/1.lance",
    ],
)
def test_what_lance_says_of_a_file_that_went_meanwhile_is_understood(text: str) -> None:
    with pytest.raises(VersionGoneError, match="could not open it"), store_errors("open it"):
        raise RuntimeError(text)


def test_a_panic_of_lance_is_an_error_like_others() -> None:
    """As for a data file of zeros whose stamp is gone: benchmarks/fuzz.py --case stores 301550."""

    class RustPanic(Exception):  # noqa: N818
        """Like that of lancedb, which can't be imported."""

    with (
        pytest.raises(StoreError, match="a file of the dataset is damaged") as caught,
        store_errors("open it"),
    ):
        raise RustPanic("rust future panicked: unknown error")
    assert caught.value.hint == "add_again_whole"
    with pytest.raises(KeyError), store_errors("open it"):
        raise KeyError("a fault of ours")


def test_a_crashed_creation_is_replaced(store: TableStore, tmp_path: Path) -> None:
    (tmp_path / "lance" / "d1.lance" / "data").mkdir(parents=True)
    assert store.names() == {"d1"}
    version = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    assert paths_of(store, "d1", version) == {"a.py"}
    assert store.size("d1") > 0


def test_a_version_is_known_to_be_whole_without_opening_it(
    store: TableStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    writer = store.continue_from("d1", first)
    writer.add([embedded("b.py", "b", unit(1))])
    second, _ = writer.finish()
    opened: list[str] = []
    read = TableStore.read

    def spy(self: TableStore, name: str, version: int) -> TableReader:
        opened.append(name)
        return read(self, name, version)

    monkeypatch.setattr(TableStore, "read", spy)
    store.check("d1", second)
    for part in (tmp_path / "lance" / "d1.lance" / "_index").iterdir():
        part.unlink()  # is made again from the rows
    store.check("d1", second)
    assert opened == []
    store.check("d1", first)  # noted for another version
    store.check("d1", first)
    assert opened == ["d1"]


@pytest.mark.parametrize("harm", ["missing", "cut"])
def test_a_version_whose_files_changed_is_looked_at(
    store: TableStore, tmp_path: Path, harm: str
) -> None:
    version = publish(store, "d1", [embedded("a.py", "a" * 500, unit(1))])
    (data,) = (tmp_path / "lance" / "d1.lance" / "data").iterdir()
    if harm == "missing":
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(StoreError):
        store.check("d1", version)
    shutil.rmtree(tmp_path / "lance" / "d1.lance")
    with pytest.raises(VersionGoneError):
        store.check("d1", version)


def test_of_many_versions_as_much_is_read_as_of_one() -> None:
    def scored(similarity: list[float], bm25: list[float], named: int | None = None) -> Scored:
        rows = np.arange(len(similarity))
        return Scored(
            rows,
            np.array(similarity, dtype=np.float32),
            np.array(bm25, dtype=np.float32),
            np.zeros(len(rows), dtype=np.float32),
            rows == named,
        )

    each = [
        scored([0.1, 0.2, 0.3, 0.9], [0, 0, 0, 0], named=0),
        scored([0.8, 0.7, 0.0, 0.0], [0, 0, 5.0, 4.0]),
        scored([0.01, 0.02, 0.03], [0, 6.0, 0]),
    ]
    kept = best_of_all(each, ["a", "a", "b"], 2)
    # Closest of model a: 0.9 and 0.8; of model b: 0.03 and 0.02; BM25: 6 and 5.
    assert [part.rows.tolist() for part in kept] == [[0, 3], [0, 2], [1, 2]]
    assert kept[0].similarity.tolist() == pytest.approx([0.1, 0.9])


def test_a_new_table_of_many_writes_has_few_versions_at_its_end(
    store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.store.writer.ROWS_PER_WRITE", 10)
    rows = [embedded(f"{n}.py", f"word{n}", unit(1)) for n in range(700)]
    writer = store.create("large", DIMENSIONS)
    writer.add(rows)
    version, _ = writer.finish()
    assert store.versions("large") <= 3  # of 70 writes
    assert store.read("large", version).count() == len(rows)

    writer = store.continue_from("large", version)
    writer.add(rows)
    assert writer.finish()[1] == 2 * len(rows)
    store.read("large", version).check()  # a published version stays for its readers


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.5001, 1.0, -1.0]), max_size=40),
    st.integers(1, 45),
)
def test_the_highest_scores_are_those_that_a_sort_puts_first(
    scores: list[float], limit: int
) -> None:
    array = np.array(scores, dtype=np.float32)
    first = np.argsort(-array, kind="stable")[:limit]
    assert sorted(highest(array, limit).tolist()) == sorted(first.tolist())


def test_without_its_stamp_a_table_is_not_given_to_native_code(
    store: TableStore, tmp_path: Path
) -> None:
    version = publish(store, "d1", [embedded("a.py", "a", unit(1))])
    stamp = tmp_path / "lance" / "d1.lance" / "_stamp.json"
    for damaged in ("{", "[]", '{"version": 1}'):
        stamp.write_text(damaged)
        for look in (store.check, lambda *name: store.read(*name).check(), store.continue_from):
            with pytest.raises(StoreError, match=r"_stamp\.json .*is damaged"):
                look("d1", version)
    stamp.unlink()
    for look in (store.check, lambda *name: store.read(*name).check(), store.continue_from):
        with pytest.raises(StoreError, match=r"_stamp\.json .*is missing"):
            look("d1", version)
    assert not stamp.exists()


def test_long_chunks_are_written_a_few_at_a_time(store: TableStore) -> None:
    writer = store.create("long", DIMENSIONS)
    for number in range(20):
        writer.add([embedded(f"{number}.py", "a b " * 250_000, unit(1))])
        assert len(writer._rows) < 10
    version, count = writer.finish()
    assert count == 20
    assert len(paths_of(store, "long", version)) == 20
