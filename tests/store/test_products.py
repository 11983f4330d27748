"""Products are right, and warn of nothing."""

from __future__ import annotations

import ast
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from ccingest import store
from ccingest.store.products import product
from effort import effort

WEIGHTS = np.array([1, 2, 4, 8, 2], dtype=np.float32)


def garbage() -> None:
    """Leave infinities and signalling NaNs in the memory that BLAS uses for its blocks."""
    signalling = np.full(90_000, 0x7FA00000, dtype=np.uint32).view(np.float32)
    for values in (signalling, np.full(90_000, np.inf, dtype=np.float32)):
        block = values.reshape(300, 300)
        with np.errstate(all="ignore"):
            assert not np.isfinite(block @ block).any()
            assert not np.isfinite(block[:, :5] @ block[0, :5]).any()


def test_counts_times_weights_are_exact() -> None:
    wrong: list[int] = []

    def ask(seed: int) -> None:
        numbers = np.random.default_rng(seed)
        for _ in range(effort(15, 150)):
            counts = numbers.integers(0, 256, (int(numbers.integers(0, 3000)), 5)).astype(np.uint8)
            garbage()
            found = product(counts, WEIGHTS)
            expected = counts.astype(np.int64) @ WEIGHTS.astype(np.int64)
            if found.dtype != np.float32 or not np.array_equal(found, expected):
                wrong.append(seed)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_the_processors_flag_is_no_warning() -> None:
    """An infinity sets it here as memory that nobody wrote does in BLAS."""
    matrix = np.array([[np.inf, 0], [1, 1]], dtype=np.float32)
    vector = np.array([0, 1], dtype=np.float32)
    with np.errstate(all="raise"):
        with pytest.raises(FloatingPointError, match="invalid value encountered in matmul"):
            matrix @ vector
        assert product(matrix, vector)[1] == 1


def test_the_store_multiplies_nowhere_else() -> None:
    for path in Path(store.__file__).parent.glob("*.py"):
        products = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        ]
        assert len(products) == (path.name == "products.py"), path
