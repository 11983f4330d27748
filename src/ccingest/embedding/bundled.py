"""The model in this package: each token has a vector, and a text has their weighted sum.

It needs no network and embeds thousands of chunks a second. fastembed's class for static models would
count each time that a token is there; see word_sums.py.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccingest.embedding.embedder import (
    STATIC_CHUNKS,
    ModelInfo,
    model_errors,
    quantize_weights,
    require_files,
    unit_rows,
)
from ccingest.embedding.vocabulary import Vocabulary
from ccingest.embedding.word_pieces import TOKENIZER, VOCABULARY, WordPieces
from ccingest.embedding.word_sums import WordSums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_MODEL = "ccingest-static-5"
DEFAULT_INFO = ModelInfo(DEFAULT_MODEL, 256, 13, "mit", "In the package; static, for code.")
# Former defaults. There may still be datasets that were made with them.
RETIRED = frozenset(f"ccingest-static-{number}" for number in range(1, 5))
FOLDER = Path(__file__).parent / "weights" / DEFAULT_MODEL

_DTYPES = {"I8": "int8", "F32": "float32"}


@dataclass(frozen=True, slots=True)
class BundledModel:
    """The Embedder of DEFAULT_MODEL. Its tokenizer cuts at all ASCII but letters and digits."""

    vocabulary: Vocabulary
    chunks_per_batch: int
    name: str = DEFAULT_MODEL
    dimensions: int = DEFAULT_INFO.dimensions

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with model_errors(self.name):
            return unit_rows(self.vocabulary.sums.of(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_documents([text])[0]
        return vector


@cache
def load_bundled() -> BundledModel:
    """The model, which is loaded once in a process.

    Raises UnknownModelError or EmbedderError if files are missing or damaged.
    """
    import numpy as np

    require_files(FOLDER, "model.safetensors", TOKENIZER, VOCABULARY)
    with model_errors(DEFAULT_MODEL):
        tensors = _tensors(FOLDER / "model.safetensors")
        weights = quantize_weights(tensors["weights"])
        matrix = tensors["embeddings"]
        sums = WordSums(WordPieces(FOLDER), matrix, weights)
        vocabulary = Vocabulary(sums, matrix, weights, np.zeros_like(weights))
        return BundledModel(vocabulary, STATIC_CHUNKS)


def load_vocabulary() -> Vocabulary:
    """Its tokens. Raises as `load_bundled`."""
    return load_bundled().vocabulary


def _tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file, by name. They are mapped: nothing is read before its use.

    The package safetensors would copy them. The format is 8 bytes with the length of the header, a
    header in JSON, and the data: https://huggingface.co/docs/safetensors.
    """
    import numpy as np

    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, mode="r", offset=8 + length)
    tensors = {}
    for name, about in header.items():
        if name != "__metadata__":
            begin, end = about["data_offsets"]
            flat = data[begin:end].view(_DTYPES[about["dtype"]])
            tensors[name] = np.asarray(flat.reshape(about["shape"]))
    return tensors
