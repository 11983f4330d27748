"""The names of models."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from ccingest.embedding.bundled import DEFAULT_INFO, DEFAULT_MODEL, RETIRED
from ccingest.embedding.embedder import ModelInfo
from ccingest.errors import UnknownModelError
from ccingest.visible import storable

_CATALOGUE = "https://qdrant.github.io/fastembed/examples/Supported_Models/"


def canonical_name(name: str) -> str:
    """The name of a model as datasets store it: the default, one of the catalogue, or a full path.

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


def list_models() -> tuple[ModelInfo, ...]:
    """The default, then the text models of fastembed's catalogue, by name."""
    from ccingest.embedding.fastembed_models import catalogue

    return (DEFAULT_INFO, *catalogue())


def is_path(name: str) -> bool:
    """Whether the name is written as a path, so that it can't be a model of the catalogue."""
    return name.startswith(("./", "../", "~")) or name in (".", "..") or Path(name).is_absolute()
