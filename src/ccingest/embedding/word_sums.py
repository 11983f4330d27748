"""Texts to sums of token vectors. Each different word is tokenized once.

Three quarters of the time of a static model go into its tokenizer, which sees the same words again
and again: 8 MB of source have 890,000 words, but only 21,000 different ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# For bytes.translate: every ASCII character but letters and digits becomes a blank.
_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
# About 150 bytes each. When there are so many, all are dropped; frequent ones are soon back.
_MOST_WORDS = 100_000


class WordSums:
    """Sums up the vectors of a static model.

    The tokenizer must cut a text at every ASCII character but letters and digits, and the sums must
    be exact in float32 (see `quantize_weights`). Otherwise the vectors might differ from
    fastembed's.
    """

    def __init__(
        self,
        tokenizer: Any,
        matrix: NDArray[Any],  # int8, shape (tokens, dimensions)
        weights: NDArray[np.float32],  # shape (tokens,)
        unknown: int | None,  # the token of what the model does not know
    ) -> None:
        self._tokenizer = tokenizer
        self._matrix = matrix
        self._weights = weights
        self._unknown = unknown
        self._tokens: dict[str, list[int]] = {}

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The sum of each text, shape (len(texts), dimensions); zeros without a known token."""
        import numpy as np

        sums = np.zeros((len(texts), self._matrix.shape[1]), dtype=np.float32)
        # BLAS may set the processor's flag for invalid numbers when none is: see store/products.py.
        with np.errstate(invalid="ignore"):
            for place, tokens in enumerate(self.tokens(texts)):
                # Text by text. One product of matrices for many texts takes twice as long and 60 MB.
                sums[place] = self._weights[tokens] @ self._matrix[tokens].astype(np.float32)
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
        for word, encoding in zip(
            new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True
        ):
            known[word] = [token for token in encoding.ids if token != self._unknown]
        return known
