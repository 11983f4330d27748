"""What a model is to the rest of ccingest, and how what goes wrong in one is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ccingest.errors import CcingestError, EmbedderError, UnknownModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# With a static model such a call takes 0.3 s: between two, progress is told and a cancel noticed.
STATIC_CHUNKS = 1024


class Embedder(Protocol):
    """A model. `chunks_per_batch` is how many texts it gets through in about a second."""

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def chunks_per_batch(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimensions); zeros for a text of no known token.

        A static model reads each text whole, an ONNX model as far as its context goes.
        Raises EmbedderError when the model's files turn out to be damaged.
        """

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector, shape (dimensions,), or zeros; raises what embed_documents does."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    name: str
    dimensions: int
    megabytes: int
    licence: str
    description: str


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row by its length, shape as given; a row of zeros, or of unit length, stays."""
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[np.abs(lengths - 1) < 1e-6] = 1  # to divide twice would change last bits
    unit: NDArray[np.float32] = rows / np.maximum(lengths, 1e-12)
    return unit


def quantize_weights(weights: NDArray[Any]) -> NDArray[np.float32]:
    """Weights, shape (tokens,), rounded to 8 bits on a scale that is a power of two.

    A text's vector is a sum of weight * int8 row. With so few bits every partial sum is exact in
    float32, for texts of up to 500 tokens at the very least, so the order in which BLAS adds does
    not matter: a text has the same vector, to the bit, whichever others are in its batch.
    """
    import numpy as np

    step = 2.0 ** np.ceil(np.log2(max(float(weights.max(initial=0.0)), 1e-30) / 256))
    rounded: NDArray[np.float32] = (np.round(weights / step) * step).astype(np.float32)
    return rounded


def require_files(folder: Path, *names: str) -> None:
    """Raises UnknownModelError when one is missing."""
    for name in names:
        if not (folder / name).is_file():
            raise UnknownModelError(f"The model folder {folder} lacks the file {name}.")


@contextmanager
def model_errors(name: str) -> Iterator[None]:
    """The one edge where errors of a model's library become ours.

    tokenizers raises bare Exceptions and onnxruntime classes that have no other base, so nothing
    narrower would do.
    """
    try:
        yield
    except (CcingestError, MemoryError):
        raise
    except Exception as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise EmbedderError(f"The model {name} does not work: {first_line}") from error
