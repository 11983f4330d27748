"""The tokens of the model in this package: which ones a text has, and the vector of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ccingest.embedding.word_sums import WordSums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHORTEST = 1e-9  # of a row of zeros


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Any number of threads may use it."""

    sums: WordSums
    matrix: NDArray[Any]  # int8, (tokens, dimensions)
    weights: NDArray[np.float32]  # (tokens,)
    lengths: NDArray[np.float32]  # of the rows, (tokens,); 0 until it is needed

    def counted(self, texts: Sequence[str]) -> list[tuple[NDArray[np.uint16], NDArray[np.uint8]]]:
        """The different tokens of each text, ascending, and how often each is there, 255 at most."""
        import numpy as np

        keys, times = self.sums.counted(texts)
        bounds = np.searchsorted(keys, np.arange(len(texts) + 1) * len(self.matrix)).tolist()
        tokens = (keys % len(self.matrix)).astype(np.uint16)
        counts = np.minimum(times, 255).astype(np.uint8)
        return [
            (tokens[first:end].copy(), counts[first:end].copy()) for first, end in pairwise(bounds)
        ]

    def cosines(self, some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float32]:
        """How alike they are, (some, others)."""
        import numpy as np

        rows, columns = self._rows(others), self._rows(some)
        # BLAS may set the processor's flag for invalid numbers when none is: see store/products.py.
        with np.errstate(invalid="ignore"):
            # This way round it takes half as long.
            found: NDArray[np.float32] = (rows @ columns.T).T
        found = found / self._lengths_of(others, rows)
        found /= self._lengths_of(some, columns)[:, None]
        return found

    def tells(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """How much each tells: the length of its vector, (tokens,)."""
        found: NDArray[np.float32] = self._lengths_of(tokens, self._rows(tokens))
        return found * self.weights[tokens]

    def _rows(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        import numpy as np

        return self.matrix.take(tokens, axis=0).astype(np.float32)

    def _lengths_of(
        self, tokens: NDArray[np.int64], rows: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Of these rows. Each is worked out once, which takes as long as to multiply the rows."""
        import numpy as np

        new = np.flatnonzero(self.lengths[tokens] == 0)
        if len(new):
            squares = np.einsum("ij,ij->i", rows[new], rows[new])
            self.lengths[tokens[new]] = np.maximum(np.sqrt(squares), _SHORTEST)
        return self.lengths[tokens]
