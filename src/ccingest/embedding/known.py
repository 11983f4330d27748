"""What is known of a model without loading it, and without asking a host."""

from __future__ import annotations

from ccingest.embedding.bundled import DEFAULT_INFO, DEFAULT_MODEL
from ccingest.embedding.names import is_path, list_models, remote_name


def is_provided(name: str) -> bool:
    """Whether a provider, or another package, has the model: it gets what is asked.

    Raises UnknownModelError for a provider that there is not.
    """
    return remote_name(name) is not None


def known_dimensions(name: str) -> int | None:
    """Of the vectors of a model with this canonical name; None when only the model knows."""
    if name == DEFAULT_MODEL:
        return DEFAULT_INFO.dimensions
    if remote := remote_name(name):
        return remote.dimensions
    if is_path(name):
        return None
    return next((model.dimensions for model in list_models() if model.name == name), None)
