"""Products of a matrix and a vector, without false warnings.

NumPy leaves them to BLAS, and warns of "invalid value encountered in matmul" when the processor's flag
for that is set afterwards. OpenBLAS also computes on what fills its blocks up, which is memory that
nobody wrote, so the flag may be set when no number of the result is wrong (numpy issues 24067 and
28967). What is multiplied here are counts of one byte, numbers of the same kind, and constants: no
product of them is invalid. So the flag says nothing, and the result is looked at instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def product(matrix: NDArray[Any], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    """`matrix @ factor`, (n, m) and (m,) or (m, k), of finite numbers: (n,) or (n, k)."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        found: NDArray[np.float32] = matrix @ factor
    if np.isfinite(found).all():
        return found
    # Not seen yet. NumPy's own loop is slower, and has no blocks to fill up.
    exact: NDArray[np.float32] = np.einsum("ij,j...->i...", matrix, factor)
    return exact
