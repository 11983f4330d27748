"""Embedders of other packages, which register themselves by entry points.

A package names, in the group `ccingest.embedders`, a provider and what makes its models:

    [project.entry-points."ccingest.embedders"]
    acme = "acme_embedder:load"

`load("small")` is then called for the model `acme:small`, and returns a PluginModel. See
docs/guides/plugins.md and tests/example_plugin.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from ccingest.embedding.embedder import model_errors, unit_rows
from ccingest.errors import EmbedderError
from ccingest.values import dataclass

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

GROUP = "ccingest.embedders"
Metric: TypeAlias = Literal["cosine", "dot"]
_CHUNKS = 64
_MOST_CHUNKS = 4096


class PluginModel(Protocol):
    """What a package's `load(model)` returns.

    It may also have `chunks_per_batch`, how many texts it embeds in a second or less (64 unless it
    says), and `metric`: "dot" for a model whose similarity is the dot product of vectors as they
    are. With "cosine", which holds unless it says, ccingest makes them unit vectors.
    """

    @property
    def dimensions(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> ArrayLike:
        """A vector of `dimensions` finite numbers for each text, in their order."""

    def embed_query(self, text: str) -> ArrayLike:
        """A vector of `dimensions` finite numbers."""


@dataclass(frozen=True, slots=True)
class _Plugin:
    """An Embedder around a model of a package, which is checked at each call."""

    name: str
    dimensions: int
    chunks_per_batch: int
    metric: Metric
    model: Any

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with model_errors(self.name):
            return self._checked(self.model.embed_documents(list(texts)), len(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        with model_errors(self.name):
            vector: NDArray[np.float32] = self._checked([self.model.embed_query(text)], 1)[0]
            return vector

    def _checked(self, given: Any, count: int) -> NDArray[np.float32]:
        import numpy as np

        rows = np.asarray(given, dtype=np.float32)
        if not count:
            return rows.reshape(0, self.dimensions)
        if rows.shape != (count, self.dimensions):
            raise EmbedderError(
                f"The model {self.name} gives vectors of the shape {rows.shape} instead of "
                f"{(count, self.dimensions)}."
            )
        if not np.isfinite(rows).all():
            raise EmbedderError(f"The model {self.name} gives numbers that are infinite or none.")
        return unit_rows(rows) if self.metric == "cosine" else rows


def load_plugin(provider: str, model: str, name: str) -> _Plugin:
    """The model of a package. `name` is what datasets store. Raises EmbedderError."""
    point = _entry_points()[provider]
    with model_errors(name):
        made = point.load()(model)
        dimensions = int(made.dimensions)
        chunks = int(getattr(made, "chunks_per_batch", _CHUNKS))
        metric: Any = getattr(made, "metric", "cosine")
    if dimensions < 1 or metric not in ("cosine", "dot"):
        raise EmbedderError(
            f"The model {name} has {dimensions} dimensions and the metric {metric!r}; it must have at "
            "least one, and cosine or dot."
        )
    return _Plugin(name, dimensions, min(max(chunks, 1), _MOST_CHUNKS), metric, made)


def plugin_names() -> tuple[str, ...]:
    """The providers that packages have registered, in lower case."""
    return tuple(_entry_points())


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # takes 20 ms

    # The first by name and package, so that it does not depend on the order of sys.path.
    found = sorted(entry_points(group=GROUP), key=lambda one: (one.name.lower(), one.value))
    return {one.name.lower(): one for one in reversed(found)}
