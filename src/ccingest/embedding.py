"""Texts to vectors. The only import of fastembed.

The default model is static (a vector per token, summed) and lies in this package, so it works
with no network and embeds thousands of chunks a second. Any text model of fastembed's catalogue,
or a folder with a model2vec or an ONNX model, can take its place.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

from ccingest.errors import (
    CcingestError,
    EmbedderError,
    ModelUnavailableError,
    UnknownModelError,
)
from ccingest.word_sums import WordSums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_MODEL = "ccingest-static-2"
# Former defaults, of which datasets may still be around.
_RETIRED = frozenset({"ccingest-static-1"})
_BUNDLED = Path(__file__).parent / "models" / DEFAULT_MODEL

_CATALOGUE = "https://qdrant.github.io/fastembed/examples/Supported_Models/"
_HUB = "https://huggingface.co"
_HUB_TIMEOUT = 5.0  # seconds
# A call takes 0.3 s with a static model, about 1 s with a small transformer on two cores: between
# two calls progress is told and a cancel is noticed. With bge-small, texts of 1000 characters and
# batches of 8, 16 and 32 the process peaks at 510, 820 and 1470 MB, and none is faster.
_STATIC_CHUNKS = 1024
_ONNX_CHUNKS = 8


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


def canonical_name(name: str) -> str:
    """The name that a dataset remembers: the default's, the catalogue's, or a folder's full path.

    The case of a catalogue's name doesn't matter. A folder's path goes before a catalogue's name
    only when it starts like a path, as in `./models/mine`.

    Raises UnknownModelError, naming the nearest known ones, or what takes a former default's place.
    """
    if name.lower() in ("", DEFAULT_MODEL):
        return DEFAULT_MODEL
    if name.lower() in _RETIRED:
        raise UnknownModelError(
            f"The model {name} is no longer part of ccingest; `ccingest github add` of the same "
            f"repository embeds a dataset that was made with it anew, with {DEFAULT_MODEL}."
        )
    folder = Path(name).expanduser().absolute()
    if _is_path(name):
        if not folder.is_dir():
            raise UnknownModelError(f"There is no model folder {folder}.")
        return str(folder)
    names = {model.name.lower(): model.name for model in list_models()}
    if name.lower() in names:
        return names[name.lower()]
    if folder.is_dir():
        return str(folder)
    near = get_close_matches(name.lower(), names, n=3, cutoff=0.3)
    hint = f"; near it are {', '.join(names[n] for n in near)}" if near else ""
    raise UnknownModelError(
        f"There is no model {name!r}{hint}; all are listed at {_CATALOGUE}, and a model of your "
        "own is given as the path of its folder."
    )


def load_embedder(name: str, *, cache: Path, batch_size: int = 256) -> Embedder:
    """Load a model. `cache` is where models from a hub are kept; `batch_size` caps one batch.

    Only a catalogue's model that is not in `cache` uses the network.

    Raises UnknownModelError when there is no such model or a file is missing in its folder,
    ModelUnavailableError when a catalogue's model is not in the cache and can't be downloaded,
    EmbedderError when its files are damaged.
    """
    known = canonical_name(name)
    if known == DEFAULT_MODEL:
        return _load_static(DEFAULT_MODEL, _BUNDLED)
    if not _is_path(known):
        return _load_from_catalogue(known, cache, batch_size)
    folder = Path(known)
    if (folder / "model.safetensors").is_file():
        return _load_static(known, folder)
    return _load_onnx_folder(known, folder, batch_size)


def list_models() -> tuple[ModelInfo, ...]:
    """The default and fastembed's catalogue of text models, by name."""
    _be_quiet()
    from fastembed import TextEmbedding

    default = ModelInfo(DEFAULT_MODEL, 256, 8, "mit", "In the package; static, for code.")
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
    return (default, *sorted(listed, key=lambda model: model.name.lower()))


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

        with _model_errors(self.name):
            rows = list(embed())
        matrix = np.asarray(rows, dtype=np.float32).reshape(len(rows), self.dimensions)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        unit: NDArray[np.float32] = matrix / np.maximum(lengths, 1e-12)
        return unit


def _load_static(name: str, folder: Path) -> Embedder:
    _require_files(folder, "model.safetensors", "tokenizer.json")
    _be_quiet()
    from fastembed.common.model_description import DenseModelDescription, ModelSource
    from fastembed.common.utils import normalize
    from fastembed.text.static_embedding import StaticTextEmbedding

    class LocalStaticEmbedding(StaticTextEmbedding):
        """fastembed's static model, for a folder that is not in its catalogue."""

        sums: WordSums | None = None  # where its tokenizer and its weights are as that needs them

        def raw_embed(self, documents: list[str]) -> NDArray[Any]:
            return normalize(self.sums.of(documents)) if self.sums else super().raw_embed(documents)

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

    with _model_errors(name):
        model = LocalStaticEmbedding(
            name, cache_dir=str(folder), specific_model_path=str(folder), mmap=True
        )
        embeddings, tokenizer = model.embeddings, model.tokenizer
        if tokenizer is not None:
            tokenizer.no_truncation()  # fastembed stops at 512 tokens; a sum has no such limit
    if embeddings is None or embeddings.ndim != 2:
        raise EmbedderError(f"The model {name} holds no matrix of embeddings.")
    if embeddings.dtype == "int8" and model.weights is not None:
        model.weights = _few_bits(model.weights)
        if name == DEFAULT_MODEL:
            model.sums = WordSums(
                tokenizer, embeddings, model.weights, model.token_mapping, model.unk_token_id
            )
    return _FastembedModel(name, int(embeddings.shape[1]), _STATIC_CHUNKS, model, _STATIC_CHUNKS)


def _few_bits(weights: NDArray[Any]) -> NDArray[np.float32]:
    """Weights, shape (tokens,), rounded to 8 bits on a scale that is a power of two.

    A text's vector is a sum of weight * int8 row. With so few bits every partial sum is exact in
    float32, for texts of up to 500 tokens at the very least, so the order in which BLAS adds does
    not matter: a text has the same vector, to the bit, whichever others are in its batch.
    """
    import numpy as np

    step = 2.0 ** np.ceil(np.log2(max(float(weights.max(initial=0.0)), 1e-30) / 256))
    rounded: NDArray[np.float32] = (np.round(weights / step) * step).astype(np.float32)
    return rounded


def _load_from_catalogue(name: str, cache: Path, batch_size: int) -> Embedder:
    _be_quiet()
    from fastembed import TextEmbedding

    dimensions = TextEmbedding.get_embedding_size(name)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _model_errors(name):
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
    _require_files(folder, "tokenizer.json", "config.json", "tokenizer_config.json")
    _be_quiet()
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    with _model_errors(name):
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


def _require_files(folder: Path, *names: str) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise UnknownModelError(f"The model folder {folder} lacks the file {name}.")


def _is_path(name: str) -> bool:
    return name.startswith(("./", "../", "~")) or name in (".", "..") or Path(name).is_absolute()


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


@contextmanager
def _model_errors(name: str) -> Iterator[None]:
    """The one edge where fastembed's errors become ours.

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
