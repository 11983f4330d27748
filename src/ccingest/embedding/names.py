"""The names of models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ccingest.embedding.bundled import DEFAULT_INFO, DEFAULT_MODEL, RETIRED
from ccingest.embedding.embedder import ModelInfo
from ccingest.embedding.plugins import plugin_names
from ccingest.embedding.remote.providers import PROVIDERS
from ccingest.errors import UnknownModelError
from ccingest.visible import storable

_REMOTE = re.compile(r"([A-Za-z][\w.-]*):(.*)", re.DOTALL)
_MODEL = re.compile(r"([^\s#]{1,200})(?:#(\d{1,5}))?")
_MOST_DIMENSIONS = 16_384
_CATALOGUE = "https://qdrant.github.io/fastembed/examples/Supported_Models/"


@dataclass(frozen=True, slots=True)
class RemoteName:
    """The name of a provider's model: `openai:text-embedding-3-large`, or with `#256` dimensions."""

    provider: str
    model: str
    dimensions: int | None = None  # None: as many as the model has

    def __str__(self) -> str:
        size = f"#{self.dimensions}" if self.dimensions else ""
        return f"{self.provider}:{self.model}{size}"


def canonical_name(name: str) -> str:
    """The name of a model as datasets store it: the default, one of the catalogue, a full path, or
    PROVIDER:MODEL.

    Upper and lower case of a catalogue's name are the same. If a folder and a model of the
    catalogue have the same name, the folder is meant only when it is written as a path, as in
    `./models/mine`.

    Raises UnknownModelError, with the nearest names, or with what has replaced a former default.
    """
    if name.lower() in ("", DEFAULT_MODEL):
        return DEFAULT_MODEL
    if name.lower() in RETIRED:
        raise UnknownModelError(
            f"The model {name} is no longer part of ccingest; a dataset that was made with it gets "
            f"the vectors of {DEFAULT_MODEL} when its repository is added again."
        )
    folder = Path(name).expanduser().absolute()
    if storable(str(folder)) != str(folder):
        raise UnknownModelError(f"The path of the model {folder} is no text in UTF-8; rename it.")
    if is_path(name):
        if not folder.is_dir():
            raise UnknownModelError(f"There is no model folder {folder}.")
        return str(folder)
    if remote := remote_name(name):
        return str(remote)
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


def remote_name(name: str) -> RemoteName | None:
    """The name as one of a provider, which may be a package's; None when it is none.

    Raises UnknownModelError for a provider that there is not, unless a folder has that name.
    """
    found = None if is_path(name) else _REMOTE.fullmatch(name)
    if not found:
        return None
    provider = found[1].lower()
    if provider not in PROVIDERS and provider not in plugin_names():
        if Path(name).is_dir():
            return None
        known = ", ".join((*PROVIDERS, *plugin_names()))
        raise UnknownModelError(f"There is no provider {found[1]!r} of models; there are {known}.")
    from ccingest.secrets import hide_secrets  # its patterns take a millisecond

    model = _MODEL.fullmatch(found[2])
    dimensions = int(model[2]) if model and model[2] else None
    if not model or not name.isprintable() or hide_secrets(name) != name:
        raise UnknownModelError(
            f"{hide_secrets(name)[:100]!r} names no model of {provider}; write {provider}:MODEL, and a key into its "
            "variable of the environment."
        )
    if dimensions is not None and not 0 < dimensions <= _MOST_DIMENSIONS:
        raise UnknownModelError(f"{name!r} asks for {dimensions} dimensions, which no model has.")
    return RemoteName(provider, model[1], dimensions)


def list_models() -> tuple[ModelInfo, ...]:
    """The default, then the text models of fastembed's catalogue, by name."""
    from ccingest.embedding.fastembed_models import catalogue

    return (DEFAULT_INFO, *catalogue())


def is_path(name: str) -> bool:
    """Whether the name is written as a path, so that it can't be a model of the catalogue."""
    return name.startswith(("./", "../", "~")) or name in (".", "..") or Path(name).is_absolute()
