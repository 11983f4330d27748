"""The vector index: as good as comparing whole vectors, whatever happened to its files."""

from __future__ import annotations

import tracemalloc
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import EVERYTHING, Lookup, RowFilter, TableReader, TableStore
from ccingest.store.arrays import read_arrays, write_arrays
from ccingest.store.postings import Postings
from ccingest.store.vectorcodes import VectorCodes, VectorIndex, quantize

DIMENSIONS = 64
Vectors = NDArray[np.float32]


def made_up(count: int, seed: int = 1) -> Vectors:
    """Unit vectors that lie about evenly, which is the hardest that there is."""
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def embedded(number: int, vector: Vectors) -> EmbeddedChunk:
    folder = "odd" if number % 2 else "even"
    chunk = Chunk(f"{folder}/{number}.py", 1, 3, "python", "", "block", f"word{number}")
    return EmbeddedChunk(chunk, 0, vector)


def number_of(path: str) -> int:
    return int(path.rpartition("/")[2].removesuffix(".py"))


def nearest(
    reader: TableReader, vector: Vectors, limit: int, where: RowFilter = EVERYTHING
) -> dict[int, float]:
    found = reader.candidates(Lookup(vector), limit, where)
    return {number_of(c.chunk.path): c.similarity for c in found}


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 20), st.just(8)),
        elements=st.floats(-1, 1, width=32),
    )
)
def test_products_are_those_of_the_vectors(vectors: Vectors) -> None:
    codes = quantize(vectors, np.arange(len(vectors), dtype=np.uint32))
    question = vectors[0] / max(float(np.linalg.norm(vectors[0])), 1e-6)
    right = vectors @ question
    largest = np.abs(vectors).max(axis=1)
    places = np.arange(len(vectors))
    # Half a step of each of 8 numbers, and what float32 loses.
    step = largest / 127 * np.abs(question).sum() / 2 + 1e-6
    assert np.all(np.abs(codes.estimates(question) - right) <= step)
    assert np.all(np.abs(codes.products(places, question) - right) <= step / 200 + 1e-6)


def test_many_vectors_are_compared_in_little_memory() -> None:
    """What is larger than a process keeps, it takes from the system anew for each question."""
    vectors = np.random.default_rng(1).standard_normal((3000, 256), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    codes = quantize(vectors, np.arange(3000, dtype=np.uint32))
    codes.estimates(vectors[7])
    tracemalloc.start()
    found = codes.estimates(vectors[7])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 256 * 1024  # ccingest.process has the allocator return what is larger
    assert found == pytest.approx(vectors @ vectors[7], abs=0.02)


def test_rows_that_are_gone_and_rows_without_a_vector() -> None:
    vectors = made_up(4)
    codes = quantize(vectors, np.arange(4, dtype=np.uint32))
    index = VectorIndex([codes], [np.array([2, -1, 0, -1], dtype=np.int32)], 4)
    found = index.similarities(np.array([0, 1, 2]), vectors[2])
    assert found == pytest.approx([1, 0, vectors[0] @ vectors[2]], abs=1e-5)
    rows, estimates = index.estimates(vectors[2])
    assert rows.tolist() == [0, 2]
    assert estimates == pytest.approx(found[[0, 2]], abs=0.01)


@pytest.mark.parametrize("lost", [False, True])
def test_it_finds_what_comparing_all_vectors_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    monkeypatch.setattr("ccingest.store.writer.ROWS_PER_WRITE", 200)
    vectors = made_up(3000)
    store = TableStore(tmp_path)
    writer = store.create("t", DIMENSIONS)
    writer.add([embedded(n, vectors[n]) for n in range(2500)])  # 13 writes, of which 8 are merged
    version, _ = writer.finish()
    writer = store.continue_from("t", version)
    writer.remove_files([embedded(n, vectors[n]).chunk.path for n in range(0, 2500, 7)])
    writer.add([embedded(n, vectors[n]) for n in range(2500, 3000)])
    version, _ = writer.finish()
    if lost:
        for path in list((tmp_path / "t.lance" / "_index").iterdir())[::2]:
            path.unlink()
    left = np.array([n for n in range(3000) if n >= 2500 or n % 7])
    reader = store.read("t", version)
    for question in made_up(40, seed=2):
        similar = vectors[left] @ question
        best = np.argsort(-similar)[:10]
        expected = dict(zip(left[best].tolist(), similar[best].tolist(), strict=True))
        assert nearest(reader, question, 10) == pytest.approx(expected, abs=3e-5)


def test_a_filter_leaves_the_nearest_of_what_it_lets_through(tmp_path: Path) -> None:
    vectors = made_up(300)
    store = TableStore(tmp_path)
    writer = store.create("t", DIMENSIONS)
    writer.add([embedded(n, vectors[n]) for n in range(300)])
    reader = store.read("t", writer.finish()[0])
    odd = np.arange(1, 300, 2)
    right = odd[np.argsort(-(vectors[odd] @ vectors[8]))[:5]]
    found = nearest(reader, vectors[8], 5, RowFilter(wanted_paths=("^odd/",)))
    assert found.keys() == set(right.tolist())


def test_a_segment_of_an_earlier_ccingest_has_no_signs_and_is_read(tmp_path: Path) -> None:
    vectors = made_up(30)
    store = TableStore(tmp_path)
    writer = store.create("t", DIMENSIONS)
    writer.add([embedded(n, vectors[n]) for n in range(30)])
    version, _ = writer.finish()
    (path,) = (tmp_path / "t.lance" / "_index").glob("*.segment")
    count = len(fields(Postings)) + len(fields(VectorCodes))
    *earlier, signs = read_arrays(path, count).arrays
    assert signs.dtype == np.uint64
    write_arrays(path, [[array] for array in earlier])
    assert len(read_arrays(path, count).arrays) == count - 1
    reader = TableStore(tmp_path).read("t", version)
    assert max(nearest(reader, vectors[8], 3).items(), key=lambda found: found[1])[0] == 8
