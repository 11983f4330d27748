"""Texts to sums of token vectors. Each different word is tokenized once.

Most of the time of a static model goes into its tokenizer, which sees the same words again and again: 8 MB of source have 890,000 words, but only 21,000 different ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from ccingest.embedding.embedder import weight_step
from ccingest.embedding.word_pieces import WordPieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# For bytes.translate: every ASCII character but letters and digits becomes a blank.
_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
# About 150 bytes each. When there are so many, all are dropped; frequent ones are soon back.
_MOST_WORDS = 100_000


class WordSums:
    """Sums up the vectors of a static model. A token counts by the root of how often it is there.

    So a word that code says twenty times does not drown the others. Vectors alone put the lines that
    answer among the first five for 0.60 of 940 questions so, and for 0.55 with each time counted.

    The tokenizer must cut a text at every ASCII character but letters and digits, since it is given
    words. The sums are exact in float32 (see `quantize_weights`), so that a text has the same vector,
    to the bit, in whatever order its words come.
    """

    def __init__(
        self,
        pieces: WordPieces,
        matrix: NDArray[Any],  # int8, shape (tokens, dimensions)
        weights: NDArray[np.float32],  # shape (tokens,)
    ) -> None:
        self._pieces = pieces
        self._matrix = matrix
        self._weights = weights
        self._step = weight_step(weights)
        self._tokens: dict[str, list[int]] = {}

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The sum of each text, shape (len(texts), dimensions); zeros without a known token."""
        import numpy as np

        if not texts:
            return np.zeros((0, self._matrix.shape[1]), dtype=np.float32)
        sums = np.zeros((len(texts), self._matrix.shape[1]), dtype=np.float32)
        tokens = self.tokens(texts)
        base = len(self._matrix)
        lengths = [len(of) for of in tokens]
        places = np.repeat(np.arange(len(texts)), lengths) * base
        keys, times = np.unique(np.concatenate(tokens) + places, return_counts=True)
        bounds = np.searchsorted(keys, np.arange(len(texts) + 1) * base).tolist()
        different = keys % base
        # Rounded again, so that the sums stay exact.
        steps = np.rint(self._weights[different] * np.sqrt(times) / self._step)
        weights = (steps * self._step).astype(np.float32)
        # BLAS may set the processor's flag for invalid numbers when none is: see store/products.py.
        with np.errstate(invalid="ignore"):
            for place, (first, end) in enumerate(pairwise(bounds)):
                # Text by text. One product of matrices for many texts takes twice as long and 60 MB.
                rows = self._matrix[different[first:end]].astype(np.float32)
                sums[place] = weights[first:end] @ rows
        return sums

    def tokens(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """The known tokens of each text, in order."""
        import numpy as np

        words = [text.encode().translate(_WORDS).decode().split() for text in texts]
        known = self._known(set().union(*words))
        return [
            np.fromiter(chain.from_iterable(map(known.__getitem__, of)), dtype=np.int64)
            for of in words
        ]

    def _known(self, words: set[str]) -> dict[str, list[int]]:
        """The tokens of these words, and of others that are known already."""
        if len(self._tokens) > _MOST_WORDS:
            self._tokens = {}
        known = self._tokens
        # `words - known.keys()` would go through all known words.
        new = [word for word in words if word not in known]
        known.update(zip(new, self._pieces.of(new), strict=True))
        return known
