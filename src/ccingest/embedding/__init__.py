"""Texts to vectors.

| module | holds |
| --- | --- |
| embedder | what a model is to the rest of ccingest |
| bundled | the model in this package |
| vocabulary | its tokens: which ones a text has, and the vector of each |
| word_sums | texts to sums of its vectors; each word is tokenized once |
| word_pieces | words to its tokens |
| fastembed_models | all other models: fastembed's, or in a folder. Only this imports fastembed |
| remote | models behind an HTTP API. Only its `connection` imports httpx |
| plugins | models of other packages, by entry points |
| names | the names of models |
| known | what is known of a model without loading it |
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.embedding.bundled import DEFAULT_MODEL, load_bundled, load_vocabulary
from ccingest.embedding.embedder import Embedder, ModelInfo
from ccingest.embedding.known import is_provided, known_dimensions
from ccingest.embedding.names import (
    canonical_name,
    is_path,
    list_models,
    remote_name,
)
from ccingest.embedding.plugins import load_plugin
from ccingest.embedding.remote.batches import estimated_tokens
from ccingest.embedding.remote.providers import PROVIDERS

if TYPE_CHECKING:
    from ccingest.progress import Emit

__all__ = [
    "DEFAULT_MODEL",
    "Embedder",
    "ModelInfo",
    "canonical_name",
    "estimated_tokens",
    "is_path",
    "is_provided",
    "known_dimensions",
    "list_models",
    "load_embedder",
    "load_vocabulary",
]


def load_embedder(
    name: str, *, cache: Path, batch_size: int = 256, emit: Emit | None = None
) -> Embedder:
    """Load a model by its name. `cache` is the folder for downloaded models.

    `batch_size` is the most texts that a model gets at once. Only a model of fastembed's catalogue
    that is not in `cache`, and one of a provider, use the network. The latter reports to `emit`
    while it waits, and stops when that raises.

    Raises UnknownModelError when there is no such model, or a file is missing in its folder;
    ModelUnavailableError when it is not in `cache` and can't be downloaded; EmbedderError when its
    files are damaged; UsageError and AccessError for a provider's address or key.
    """
    known = canonical_name(name)
    if known == DEFAULT_MODEL:
        return load_bundled()
    if remote := remote_name(known):
        if remote.provider not in PROVIDERS:
            return load_plugin(remote.provider, remote.model, known)
        from ccingest.embedding.remote.embedder import load_remote
        from ccingest.progress import discard

        return load_remote(remote, cache, batch_size, emit or discard)
    from ccingest.embedding.fastembed_models import load_folder, load_from_catalogue

    if is_path(known):
        return load_folder(known, batch_size)
    return load_from_catalogue(known, cache, batch_size)
