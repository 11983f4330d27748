"""Texts to sums of token vectors, each word of them tokenized once.

A tokenizer takes three quarters of the time that a static model needs, and meets the same words
again and again: 8 MB of source are 890,000 words, of which 21,000 differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Blanks for all of ASCII but letters and digits: one of them is between any two words.
_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
# About 150 bytes each. At that number all are forgotten: what is frequent is soon back.
_MOST_WORDS = 100_000


class WordSums:
    """Sums up the vectors of a static model.

    For a tokenizer that cuts at each ASCII character but letters and digits, whatever is around it,
    and sums that are exact in float32: else they might differ from those of fastembed.
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
        """Shape (len(texts), dimensions); zeros for a text without a known token."""
        import numpy as np

        sums = np.zeros((len(texts), self._matrix.shape[1]), dtype=np.float32)
        for place, tokens in enumerate(self.tokens(texts)):
            # One by one: for several, a matrix of all their words times all these words' vectors
            # takes twice as long, and 60 MB.
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
        """The tokens of these words, and of others."""
        if len(self._tokens) > _MOST_WORDS:
            self._tokens = {}
        known = self._tokens
        # Not `words - known.keys()`, which goes through all that are known.
        new = [word for word in words if word not in known]
        for word, encoding in zip(
            new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True
        ):
            known[word] = [token for token in encoding.ids if token != self._unknown]
        return known
