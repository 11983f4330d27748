"""Models of fastembed's catalogue, and those in a folder: model2vec's or ONNX. Imports fastembed."""

from __future__ import annotations

import json
import logging
import os
import socket
import warnings
from collections.abc import Callable, Sequence
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

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HUB = "https://huggingface.co"
_HUB_TIMEOUT = 5.0  # seconds
# A call takes about 1 s with a small transformer on two cores. With bge-small, texts of 1000
# characters and batches of 8, 16 and 32 the process peaks at 510, 820 and 1470 MB, and none is
# faster.
_ONNX_CHUNKS = 8


def catalogue() -> list[ModelInfo]:
    """fastembed's text models, by name."""
    _be_quiet()
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
        # Sorted by length a batch has little padding; one long text would blow up all the others.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        ordered = [texts[index] for index in order]
        vectors = self._collect(
            lambda: self.model.passage_embed(ordered, batch_size=self.batch_size)
        )
        placed: NDArray[np.float32] = vectors.copy()
        placed[order] = vectors
        return placed

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._collect(lambda: self.model.query_embed(text))[0]
        return vector

    def _collect(self, embed: Callable[[], Any]) -> NDArray[np.float32]:
        import numpy as np

        with model_errors(self.name):
            rows = list(embed())
        matrix = np.asarray(rows, dtype=np.float32).reshape(len(rows), self.dimensions)
        return unit_rows(matrix)


def load_folder(name: str, batch_size: int) -> Embedder:
    """The model in the folder that `name` is the path of. Raises as `load_embedder` does."""
    folder = Path(name)
    if (folder / "model.safetensors").is_file():
        return _load_static(name, folder)
    return _load_onnx_folder(name, folder, batch_size)


def _load_static(name: str, folder: Path) -> Embedder:
    require_files(folder, "model.safetensors", "tokenizer.json")
    _be_quiet()
    from fastembed.common.model_description import DenseModelDescription, ModelSource
    from fastembed.text.static_embedding import StaticTextEmbedding

    class LocalStaticEmbedding(StaticTextEmbedding):
        """fastembed's static model, for a folder that is not in its catalogue."""

        @classmethod
        def _list_supported_models(cls) -> list[DenseModelDescription]:
            source = ModelSource(url="file://localhost/none")  # one is required; none is used
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
            tokenizer.no_truncation()  # fastembed stops at 512 tokens; a sum has no such limit
    if embeddings is None or embeddings.ndim != 2:
        raise EmbedderError(f"The model {name} holds no matrix of embeddings.")
    if embeddings.dtype == "int8" and model.weights is not None:
        model.weights = quantize_weights(model.weights)
    return _FastembedModel(name, int(embeddings.shape[1]), STATIC_CHUNKS, model, STATIC_CHUNKS)


def load_from_catalogue(name: str, cache: Path, batch_size: int) -> Embedder:
    """The model of this name, downloaded if need be. Raises as `load_embedder` does."""
    _be_quiet()
    from fastembed import TextEmbedding

    dimensions = TextEmbedding.get_embedding_size(name)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with model_errors(name):
        model = _from_cache_or_hub(name, cache)
    return _FastembedModel(name, dimensions, _ONNX_CHUNKS, model, min(batch_size, _ONNX_CHUNKS))


def _from_cache_or_hub(name: str, cache: Path) -> Any:
    from fastembed import TextEmbedding

    def load() -> TextEmbedding:
        return TextEmbedding(name, cache_dir=str(cache), local_files_only=True)

    try:
        return load()
    except (ValueError, OSError):
        pass  # not in the cache
    hub = os.environ.get("HF_ENDPOINT") or _HUB
    unavailable = ModelUnavailableError(
        f"The model {name} is not in {cache} and can't be downloaded from {hub}; use the default "
        "model, give the path of a folder with the model, or name a mirror in HF_ENDPOINT."
    )
    if not _answers(hub):
        raise unavailable
    try:
        # By default three times, 40 s in all: a retry of the job does that better.
        description = TextEmbedding._get_model_description(name)
        TextEmbedding.download_model(description, str(cache), retries=1)
    except (ValueError, OSError) as error:
        raise unavailable from error
    return load()


def _answers(url: str) -> bool:
    """Whether a download is worth trying: the libraries below try for long to reach nobody."""
    parts = urlsplit(url)
    if getproxies().keys() & {parts.scheme, "all"}:
        return True  # then the proxy reaches it, not we
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        socket.create_connection((parts.hostname or "", port), _HUB_TIMEOUT).close()
    except (OSError, ValueError):  # ValueError: the port is no number
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
    _be_quiet()
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
    """How sentence-transformers says that the first token's vector stands for the text."""
    pooling = folder / "1_Pooling" / "config.json"
    if not pooling.is_file():
        return False
    return bool(json.loads(pooling.read_text()).get("pooling_mode_cls_token"))


def _be_quiet() -> None:
    """Bars and warnings of the libraries below would mix with what the command prints.

    To be called before fastembed is imported: huggingface_hub reads the environment only then.
    """
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from loguru import logger

    logger.disable("fastembed")
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message="Cannot enable progress bars")
