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


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<i4', 'fortran_order': False, 'shape': (3,",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|V4', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999,)}",
        "(" * 60,
        '{"""',
    ],
)
def test_a_damaged_header_of_an_array(tmp_path: Path, header: str) -> None:
    path = tmp_path / "1.rows"
    write_arrays(path, [[np.arange(3, dtype=np.int32)]])
    content = path.read_bytes()
    start = content.index(b"{")
    end = content.index(b"\n", start)
    assert len(header) <= end - start
    path.write_bytes(content[:start] + header.encode().ljust(end - start) + content[end:])
    with pytest.raises(ValueError, match=r"."):
        read_arrays(path, 1, is_known=True)
