"""Models of fastembed's catalogue, and models in a folder: of model2vec, or in ONNX."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from ccingest.embedding.embedder import (
    STATIC_CHUNKS,
    Embedder,
    ModelInfo,
    model_errors,
    quantize_weights,
    require_files,
    unit_rows,
)
from ccingest.errors import EmbedderError, ModelUnavailableError, UnknownModelError
from ccingest.proxies import proxy_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_HUB = "https://huggingface.co"
_HUB_TIMEOUT = 5.0  # seconds
# A small transformer takes about 1 s for so many on two cores. Larger batches are no faster and
# take more memory: with bge-small and texts of 1000 characters, the process has a peak of 510 MB
# for batches of 8, 820 for 16 and 1470 for 32.
_ONNX_CHUNKS = 8


def catalogue() -> list[ModelInfo]:
    """The text models of fastembed, by name."""
    from fastembed import TextEmbedding

    listed = [
        ModelInfo(
            str(model["model"]),
            int(model["dim"]),
            round(float(model["size_in_GB"]) * 1000),
            str(model["license"]),
            str(model["description"]),
        )
        for model in TextEmbedding.list_supported_models()
    ]
    return sorted(listed, key=lambda model: model.name.lower())


@dataclass(frozen=True, slots=True)
class _FastembedModel:
    """An Embedder around a model of fastembed, static or ONNX."""

    name: str
    dimensions: int
    chunks_per_batch: int
    model: Any
    batch_size: int

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # A batch is padded to its longest text. Sorted by length, texts need little padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        ordered = [texts[index] for index in order]
        with model_errors(self.name):
            rows = list(self.model.passage_embed(ordered, batch_size=self.batch_size))
        sorted_vectors = self._unit_vectors(rows)
        vectors: NDArray[np.float32] = sorted_vectors.copy()
        vectors[order] = sorted_vectors
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        with model_errors(self.name):
            rows = list(self.model.query_embed(text))
        vector: NDArray[np.float32] = self._unit_vectors(rows)[0]
        return vector

    def _unit_vectors(self, rows: list[Any]) -> NDArray[np.float32]:
        import numpy as np

        return unit_rows(np.asarray(rows, dtype=np.float32).reshape(len(rows), self.dimensions))


def load_folder(name: str, batch_size: int) -> Embedder:
    """Load the model from the folder whose path is its name. Raises what `load_embedder` does."""
    folder = Path(name)
    if (folder / "model.safetensors").is_file():
        return _load_static(name, folder)
    return _load_onnx_folder(name, folder, batch_size)


def _load_static(name: str, folder: Path) -> Embedder:
    require_files(folder, "model.safetensors", "tokenizer.json")
    from fastembed.common.model_description import DenseModelDescription, ModelSource
    from fastembed.text.static_embedding import StaticTextEmbedding

    class LocalStaticEmbedding(StaticTextEmbedding):
        """fastembed's static model, for a folder that is not in its catalogue."""

        @classmethod
        def _list_supported_models(cls) -> list[DenseModelDescription]:
            source = ModelSource(url="file://localhost/none")  # required, but not used
            return [
                DenseModelDescription(
                    model=name,
                    dim=0,
                    description="",
                    license="",
                    size_in_GB=0.0,
                    sources=source,
                    model_file="model.safetensors",
                )
            ]

    with model_errors(name):
        model = LocalStaticEmbedding(
            name, cache_dir=str(folder), specific_model_path=str(folder), mmap=True
        )
        embeddings, tokenizer = model.embeddings, model.tokenizer
        if tokenizer is not None:
            tokenizer.no_truncation()  # fastembed cuts at 512 tokens, but a sum needs no limit
    if embeddings is None or embeddings.ndim != 2:
        raise EmbedderError(f"The model {name} holds no matrix of embeddings.")
    if embeddings.dtype == "int8" and model.weights is not None:
        model.weights = quantize_weights(model.weights)
    return _FastembedModel(name, int(embeddings.shape[1]), STATIC_CHUNKS, model, STATIC_CHUNKS)


def load_from_catalogue(name: str, cache: Path, batch_size: int) -> Embedder:
    """Load a model of the catalogue, downloaded if needed. Raises what `load_embedder` does."""
    from fastembed import TextEmbedding

    dimensions = TextEmbedding.get_embedding_size(name)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with model_errors(name):
        model = _from_cache_or_hub(name, cache)
    return _FastembedModel(name, dimensions, _ONNX_CHUNKS, model, min(batch_size, _ONNX_CHUNKS))


def _from_cache_or_hub(name: str, cache: Path) -> Any:
    """The loaded model. Raises ModelUnavailableError when it can't be downloaded."""
    from fastembed import TextEmbedding

    try:
        return _from_cache(name, cache)
    except (ValueError, OSError) as error:
        _log.info("The model %s can't be loaded from %s: %s", name, cache, error)
    hub = os.environ.get("HF_ENDPOINT") or _HUB
    unavailable = ModelUnavailableError(
        f"The model {name} is not in {cache} and can't be downloaded from {hub}; use the default "
        "model, give the path of a folder with the model, or name a mirror in HF_ENDPOINT."
    )
    if not _answers(hub):
        raise unavailable
    try:
        # fastembed would try three times, 40 s in all. The retry of the job is the better place.
        description = TextEmbedding._get_model_description(name)
        TextEmbedding.download_model(description, str(cache), retries=1)
    except (ValueError, OSError) as error:
        raise unavailable from error
    return _from_cache(name, cache)


def _from_cache(name: str, cache: Path) -> Any:
    """Raises ValueError or OSError when the model is not in the cache, or damaged there."""
    from fastembed import TextEmbedding

    return TextEmbedding(name, cache_dir=str(cache), local_files_only=True)


def _answers(url: str) -> bool:
    """Whether the host accepts connections. Without this check, fastembed would try for long."""
    parts = urlsplit(url)
    proxy_of(url)  # raises for a text that names none: the library's own error would quote it
    if getproxies().keys() & {parts.scheme, "all"}:
        return True  # the proxy connects to the host, so this process can't tell
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        socket.create_connection((parts.hostname or "", port), _HUB_TIMEOUT).close()
    except (OSError, ValueError) as error:  # ValueError: the port is no number
        _log.info("%s can't be reached: %s", url, error)
        return False
    return True


def _load_onnx_folder(name: str, folder: Path, batch_size: int) -> Embedder:
    model_file = next(
        (file for file in ("model.onnx", "onnx/model.onnx") if (folder / file).is_file()), None
    )
    if model_file is None:
        raise UnknownModelError(
            f"{folder} holds neither model.safetensors nor model.onnx: no model to load."
        )
    require_files(folder, "tokenizer.json", "config.json", "tokenizer_config.json")
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    with model_errors(name):
        dimensions = int(json.loads((folder / "config.json").read_text())["hidden_size"])
        if name not in {model["model"] for model in TextEmbedding.list_supported_models()}:
            TextEmbedding.add_custom_model(
                model=name,
                pooling=PoolingType.CLS if _pools_cls(folder) else PoolingType.MEAN,
                normalization=True,
                sources=ModelSource(url="file://localhost/none"),
                dim=dimensions,
                model_file=model_file,
            )
        model = TextEmbedding(name, cache_dir=str(folder), specific_model_path=str(folder))
    return _FastembedModel(name, dimensions, _ONNX_CHUNKS, model, min(batch_size, _ONNX_CHUNKS))


def _pools_cls(folder: Path) -> bool:
    """Whether the first token's vector is that of the text, as sentence-transformers notes it."""
    pooling = folder / "1_Pooling" / "config.json"
    if not pooling.is_file():
        return False
    return bool(json.loads(pooling.read_text()).get("pooling_mode_cls_token"))
