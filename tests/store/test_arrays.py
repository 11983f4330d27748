"""Files of several arrays."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ccingest.store.arrays import read_arrays, write_arrays


@pytest.fixture
def often_switched() -> Iterator[None]:
    """Threads take turns also while Python collects garbage, which it does often."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(20)
    gc.callbacks.append(_collected)
    yield
    gc.callbacks.remove(_collected)
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def _collected(*_: object) -> None:
    """Python code, in which another thread may take its turn."""


@pytest.mark.usefixtures("often_switched")
def test_many_threads_read_at_once(tmp_path: Path) -> None:
    """In Python 3.11 this fails without a lock: NumPy parses headers with `ast`."""
    wanted = np.arange(12, dtype=np.int8).reshape(3, 4)
    write_arrays(tmp_path / "file", [[wanted]] * 6)

    def read() -> int:
        return sum(
            bool((array == wanted).all())
            for _ in range(150)
            for array in read_arrays(tmp_path / "file", 6).arrays
        )

    with ThreadPoolExecutor(6) as pool:
        reading = [pool.submit(read) for _ in range(6)]
        assert [each.result() for each in reading] == [900] * 6
