"""Several arrays in one file, one after the other, each in NumPy's .npy format."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_READ_WHOLE = 1024 * 1024  # bytes, a segment of about 500 chunks


def write_arrays(path: Path, arrays: Iterable[Sequence[NDArray[Any]]]) -> None:
    """Write the arrays to a file, which is there whole or not at all. Raises OSError.

    Each array is given as one or more parts along its first axis, so that a large array need not
    be in memory as a whole.
    """
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        for parts in arrays:
            first = parts[0]
            npy.write_array_header_1_0(
                file,
                {
                    "descr": npy.dtype_to_descr(first.dtype),
                    "fortran_order": False,
                    "shape": (sum(map(len, parts)), *first.shape[1:]),
                },
            )
            for part in parts:
                file.write(np.ascontiguousarray(part).data)
    unfinished.replace(path)


def read_arrays(path: Path, count: int) -> list[NDArray[Any]]:
    """The first `count` arrays of a file. Raises OSError, or ValueError for a damaged file.

    A large file is mapped into memory and stays open. A small one is read and closed, so that many
    small datasets do not need as many open files.
    """
    arrays: list[NDArray[Any]] = []
    with path.open("rb") as file:
        if path.stat().st_size <= _READ_WHOLE:
            content: Any = file.read()
            file.seek(0)
        else:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for _ in range(count):
            npy.read_magic(file)
            shape, _, dtype = npy.read_array_header_1_0(file)
            size = int(np.prod(shape))
            arrays.append(np.frombuffer(content, dtype, size, file.tell()).reshape(shape))
            file.seek(size * dtype.itemsize, os.SEEK_CUR)
    return arrays
