"""The signs of vectors: which of very many are compared with a question's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ccingest.store import vectorcodes
from ccingest.store.scored import highest
from ccingest.store.signs import (
    asked_signs,
    histogram,
    largest_distance,
    sign_distances,
    signs_of,
)
from ccingest.store.vectorcodes import VectorIndex, codes_of, quantize

Vectors = NDArray[np.float32]


def like_texts(count: int, seed: int, dimensions: int = 64) -> Vectors:
    """Unit vectors in groups, as those of texts about the same things."""
    random = np.random.default_rng(seed)
    topics = np.random.default_rng(7).standard_normal((50, dimensions))
    vectors = topics[random.integers(0, 50, count)]
    vectors = vectors + 0.7 * random.standard_normal((count, dimensions))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def nearest(
    index: VectorIndex, question: Vectors, allowed: NDArray[np.bool_] | None = None
) -> list[int]:
    """Ten rows."""
    rows, estimates = index.estimates(question, allowed)
    assert np.all(np.diff(rows) > 0)
    rows = rows[highest(estimates, 20)]
    found: list[int] = rows[highest(index.similarities(rows, question), 10)].tolist()
    return found


@pytest.fixture
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs choose among some thousand vectors as they do among a million."""
    monkeypatch.setattr(vectorcodes, "_COMPARED_WITHOUT_SIGNS", 500)
    monkeypatch.setattr(vectorcodes, "_CHOSEN_BY_SIGNS", 300)


@pytest.mark.parametrize("dimensions", [1, 63, 64, 100, 256, 384])
def test_a_distance_is_what_the_differing_numbers_are_worth(dimensions: int) -> None:
    random = np.random.default_rng(dimensions)
    numbers = random.integers(-127, 128, (20_000 // dimensions, dimensions), dtype=np.int8)
    question = random.standard_normal(dimensions).astype(np.float32)
    usual = np.sqrt(np.mean(question**2))
    worth = np.rint(np.minimum(np.abs(question) / (2 * usual), 1) * 3)
    expected = ((numbers > 0) != (question > 0)) @ worth
    distances = sign_distances(signs_of(numbers), asked_signs(question))
    assert distances.tolist() == expected.tolist()
    counts = histogram(distances, largest_distance(dimensions))
    assert counts.tolist() == np.bincount(distances, minlength=3 * dimensions + 1).tolist()


def test_a_question_of_zeros_has_no_distance_to_any() -> None:
    signs = signs_of(np.ones((3, 8), dtype=np.int8))
    assert sign_distances(signs, asked_signs(np.zeros(8, np.float32))).tolist() == [0, 0, 0]


@pytest.mark.usefixtures("_few_are_many")
@pytest.mark.parametrize("is_filtered", [False, True])
def test_of_many_vectors_the_nearest_allowed_are_found_in_any_parts(is_filtered: bool) -> None:
    vectors = like_texts(6000, seed=1)
    vectors[4000:4200] = vectors[10]  # copies
    chunks = np.arange(2000, dtype=np.uint32)
    random = np.random.default_rng(3)
    row_of = random.permutation(6000).astype(np.int32)
    row_of[random.integers(0, 6000, 900)] = -1
    is_there = row_of >= 0
    allowed = random.random(6000) < 0.4 if is_filtered else None
    parts = [quantize(vectors[at : at + 2000], chunks) for at in (0, 2000, 4000)]
    split = VectorIndex(parts, np.split(row_of, 3), 6000)
    whole = VectorIndex([quantize(vectors, np.arange(6000, dtype=np.uint32))], [row_of], 6000)
    if allowed is not None:
        is_there &= allowed[row_of]
    shares = []
    for question in [*like_texts(40, seed=2), vectors[10]]:
        found = nearest(split, question, allowed)
        assert sorted(found) == sorted(nearest(whole, question, allowed))
        assert set(found) <= set(row_of[is_there].tolist())
        similar = np.where(is_there, vectors @ question, -2)
        right = similar[np.argsort(-similar)[:10]]
        of_row = dict(zip(row_of[is_there].tolist(), similar[is_there].tolist(), strict=True))
        shares.append(sum(of_row[row] >= right[-1] - 1e-4 for row in found) / 10)
    assert np.mean(shares) >= 0.99


@pytest.mark.usefixtures("_few_are_many")
def test_vectors_of_any_length_are_compared_without_their_signs() -> None:
    vectors = like_texts(2000, seed=4)
    vectors *= np.random.default_rng(4).uniform(0.1, 50, (2000, 1)).astype(np.float32)
    rows = np.arange(2000)
    index = VectorIndex([quantize(vectors, rows.astype(np.uint32))], [rows.astype(np.int32)], 2000)
    for question in like_texts(20, seed=2):
        best = np.argsort(-(vectors @ question))[:10]
        assert len(set(nearest(index, question)) & set(best.tolist())) >= 9


def test_codes_of_an_earlier_ccingest_get_their_signs() -> None:
    codes = quantize(like_texts(50, seed=5), np.arange(50, dtype=np.uint32))
    again = codes_of(codes.chunks, codes.scales, codes.coarse, codes.fine)
    assert again.signs.tolist() == codes.signs.tolist()
