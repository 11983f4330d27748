"""An embedder of a package of its own: `ccingest github add REPO --model example:DIMENSIONS`.

A vector counts the words of a text; each word has a place among the numbers. The name `dot:NUMBER`
gives vectors whose similarity is the dot product: those of longer texts are longer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

_WORD = re.compile(r"[a-z0-9]+")


class CountingModel:
    def __init__(self, dimensions: int, metric: str) -> None:
        self.dimensions = dimensions
        self.metric = metric
        self.chunks_per_batch = 256

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        numbers = [0.0] * self.dimensions
        for word in _WORD.findall(text.lower()):
            digest = blake2b(word.encode(), digest_size=4).digest()
            numbers[int.from_bytes(digest, "big") % self.dimensions] += 1.0
        return numbers


def load(model: str) -> CountingModel:
    """`512`, or `dot:512`."""
    metric, _, dimensions = model.rpartition(":")
    return CountingModel(int(dimensions), metric or "cosine")
