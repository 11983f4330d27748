"""What a model is to the rest of ccingest, and the errors of models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ccingest.errors import CcingestError, EmbedderError, UnknownModelError
from ccingest.exhausted import exhausted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A static model embeds so many in 0.3 s. Between two calls a job reports its progress and can be
# cancelled.
STATIC_CHUNKS = 1024


class Embedder(Protocol):
    """A model. `chunks_per_batch` is how many texts to embed in one call, which takes up to 1 s."""

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def chunks_per_batch(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimensions); zeros for a text without a known token.

        Of any length for a model whose similarity is the dot product (see plugins). A static model
        reads all of a text, others only as much as fits in their context. Raises EmbedderError
        when the model does not work, and AccessError and NetworkError when it is a service's.
        """

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A vector of the same kind, shape (dimensions,). Raises what `embed_documents` does."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What can be known of a model without loading it."""

    name: str
    dimensions: int
    megabytes: int
    licence: str
    description: str


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row divided by its length, shape as given. A row of zeros stays as it is."""
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[np.abs(lengths - 1) < 1e-6] = (
        1  # to normalize a unit row again would change its last bits
    )
    unit: NDArray[np.float32] = rows / np.maximum(lengths, 1e-12)
    return unit


def quantize_weights(weights: NDArray[Any]) -> NDArray[np.float32]:
    """Weights, shape (tokens,), rounded to 8 bits on a scale that is a power of two.

    A text's vector is the sum of weight * int8 row over its tokens. With weights of 8 bits, every
    partial sum is exact in float32 for texts of at least 500 tokens. Then the order in which BLAS
    adds does not matter, and a text has the same vector, to the bit, in any batch.
    """
    import numpy as np

    step = weight_step(weights)
    rounded: NDArray[np.float32] = (np.round(weights / step) * step).astype(np.float32)
    return rounded


def weight_step(weights: NDArray[Any]) -> float:
    """What quantized weights are multiples of: the power of two that is 1/256 of the largest or more."""
    import numpy as np

    largest = max(float(weights.max(initial=0.0)), 1e-30)
    return float(2.0 ** np.ceil(np.log2(largest / 256)))


def require_files(folder: Path, *names: str) -> None:
    """Raise UnknownModelError when one of the files is missing."""
    for name in names:
        if not (folder / name).is_file():
            raise UnknownModelError(f"The model folder {folder} lacks the file {name}.")


@contextmanager
def model_errors(name: str) -> Iterator[None]:
    """Errors of a model's libraries become EmbedderError. `name` is the model's.

    It has to catch Exception: tokenizers raises just that, and the errors of onnxruntime have no
    other base class.
    """
    try:
        yield
    except (CcingestError, MemoryError):
        raise
    except Exception as error:  # the libraries of models have no base class of errors
        if limit := exhausted(error):
            raise limit from error
        first_line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise EmbedderError(f"The model {name} does not work: {first_line}") from error
