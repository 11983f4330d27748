"""The vectors of a question, by the model of each dataset, where that answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING

from ccingest.embedding import Embedder
from ccingest.errors import CcingestError, EmbedderError, UsageError
from ccingest.models import Dataset
from ccingest.values import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_KEPT = 256  # vectors of questions
# Seconds in which a model that failed is not asked again: many questions may come in one go.
_REST = 15.0


@dataclass(frozen=True, slots=True)
class Asked:
    """The vectors of a question by model, and why a model gave none."""

    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    failures: dict[str, CcingestError] = field(default_factory=dict)

    def require(self, dataset: Dataset, dimensions: int) -> None:
        """Drop the vector of the dataset's model if it is of another size than the dataset's are.

        `dimensions` is 0 for a dataset without chunks.
        """
        vector = self.vectors.get(dataset.embedder)
        if vector is not None and dimensions and len(vector) != dimensions:
            del self.vectors[dataset.embedder]
            self.failures[dataset.embedder] = EmbedderError(
                f"It gives {len(vector):,} dimensions now, and {dataset.name} has {dimensions:,}; add "
                "the dataset again as a whole."
            )


class Embedders:
    """The models that questions need. Each is loaded once and asked once a question.

    Any number of threads may use it.
    """

    def __init__(self, load: Callable[[str], Embedder]) -> None:
        self._load = load
        self._loaded: dict[str, Embedder] = {}
        self._loading = Lock()
        self._vectors: dict[tuple[str, str], NDArray[np.float32]] = {}
        self._failed: dict[str, tuple[float, CcingestError]] = {}
        self._lock = Lock()

    def of(self, name: str) -> Embedder:
        """Raises what loading raises."""
        with self._loading:  # a model is loaded once: it may take seconds and much memory
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def ask(self, names: Iterable[str], text: str) -> Asked:
        """The vector of a text from each of these models. One that fails is no error."""
        asked = Asked()
        for name in sorted(set(names)):
            try:
                asked.vectors[name] = self.vector(name, text)
            except UsageError as error:  # a wrong setting does not pass by itself
                asked.failures[name] = error
            except CcingestError as error:
                asked.failures[name] = error
                with self._lock:
                    self._failed[name] = time.monotonic() + _REST, error
        return asked

    def vector(self, name: str, text: str) -> NDArray[np.float32]:
        """The vector of a text from this model. Raises what it raises."""
        with self._lock:
            known = self._vectors.get((name, text))
            until, error = self._failed.get(name, (0.0, None))
        if known is not None:
            return known
        if error and time.monotonic() < until:
            raise error
        vector = self.of(name).embed_query(text)
        with self._lock:
            while len(self._vectors) >= _MOST_KEPT:
                del self._vectors[next(iter(self._vectors))]
            self._vectors[name, text] = vector
            self._failed.pop(name, None)
        return vector
