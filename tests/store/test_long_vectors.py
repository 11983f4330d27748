"""Vectors of thousands of numbers, and such that are no unit vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import Lookup, TableStore
from ccingest.store.vectorcodes import VectorIndex, quantize


def random_vectors(count: int, dimensions: int, *, unit: bool) -> NDArray[np.float32]:
    chance = np.random.default_rng(dimensions)
    vectors = chance.standard_normal((count, dimensions)).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not unit:
        lengths /= chance.uniform(0.1, 50, (count, 1))
    scaled: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return scaled


@pytest.mark.parametrize("unit", [True, False], ids=["cosine", "dot"])
@pytest.mark.parametrize("dimensions", [1, 3, 1536, 3072, 4096])
def test_codes_give_the_products(dimensions: int, unit: bool) -> None:
    vectors = random_vectors(200, dimensions, unit=unit)
    asked = random_vectors(1, dimensions, unit=True)[0]
    rows = np.arange(200, dtype=np.int32)
    index = VectorIndex([quantize(vectors, rows.astype(np.uint32))], [rows], 200)
    exact = vectors @ asked
    size = np.linalg.norm(vectors, axis=1).max()
    np.testing.assert_allclose(
        index.similarities(rows.astype(np.int64), asked), exact, atol=1e-4 * size
    )
    found, estimates = index.estimates(asked)
    assert found[estimates.argmax()] == exact.argmax()


@pytest.mark.parametrize("dimensions", [1536, 3072, 4096])
def test_a_table_of_long_vectors(
    tmp_path: Path, dimensions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.store.writer.ROWS_PER_WRITE", 60)
    vectors = random_vectors(50, dimensions, unit=True)
    store = TableStore(tmp_path)
    writer = store.create("t", dimensions)
    assert writer.dimensions == dimensions
    chunks = [
        EmbeddedChunk(Chunk(f"{number}.py", 1, 1, "python", "", "block", f"x{number}"), 0, vector)
        for number, vector in enumerate(vectors)
    ]
    writer.add(chunks)
    version, count = writer.finish()
    reader = store.read("t", version)
    assert (count, reader.dimensions) == (50, dimensions)
    assert len(list((tmp_path / "t.lance" / "data").iterdir())) == -(
        -50 // (60 * 1024 // dimensions)
    )
    best = max(reader.candidates(Lookup(vectors[7]), 5), key=lambda found: found.similarity)
    assert best.chunk.path == "7.py"
    assert best.similarity == pytest.approx(1, abs=1e-4)
    found = reader.at("9.py", 1)
    assert found
    np.testing.assert_allclose(found[1], vectors[9], atol=1e-5)  # two bytes a number
    again = store.continue_from("t", version)
    assert (again.remove_files(["7.py"]), again.dimensions) == (1, dimensions)
