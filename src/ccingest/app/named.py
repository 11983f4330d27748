"""The datasets that a text names: by their own name, their repository, or a folder of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ccingest.app.home import Home
from ccingest.db.catalog import searchable, visible_datasets
from ccingest.db.missing import nearest
from ccingest.db.published import require_readable
from ccingest.errors import CcingestError, DatasetNotFoundError
from ccingest.models import Dataset
from ccingest.sources.folders import location_of
from ccingest.sources.references import enclosing_repository, parse_reference

_GLOB = re.compile(r"[*?\[]")
_IS_FOLDER = re.compile(r"^(?:[/~]|\.{1,2}(?:/|$))")


def named_datasets(home: Home, project: str | None, names: Sequence[str]) -> list[Dataset]:
    """The datasets that the names mean, each once; without names, all that a question searches.

    A name is that of a dataset, `org/repo`, the last part of that, a URL, a glob over any of them, or
    a folder on this machine. Raises DatasetNotFoundError for one that means nothing, StoreError for one
    of a dataset whose row is damaged.
    """
    if not names:
        return searchable(home.connection, project)
    visible = visible_datasets(home.connection, project)
    found: dict[int, Dataset] = {}
    for name in names:
        meant = _meant(home, name.strip(), visible)
        if not meant:
            require_readable(home.connection, project, name)
            raise _unknown(name, visible, project)
        found |= {dataset.dataset_id: dataset for dataset in meant}
    return list(found.values())


def _meant(home: Home, name: str, visible: Sequence[Dataset]) -> list[Dataset]:
    """By the first way to read the name in which it means anything."""
    for way in _ways(home, name):
        if meant := [dataset for dataset in visible if way(dataset)]:
            return meant
    return datasets_of_folder(name, visible) if _IS_FOLDER.match(name) else []


def _ways(home: Home, name: str) -> Iterator[Callable[[Dataset], bool]]:
    yield lambda dataset: dataset.name == name
    lower = name.lower()
    yield lambda dataset: dataset.repository.lower() == lower
    yield lambda dataset: dataset.repository.lower().rpartition("/")[2] == lower
    yield lambda dataset: dataset.name.lower() == lower
    if _GLOB.search(name):
        yield lambda dataset: any(fnmatchcase(one.lower(), lower) for one in _names_of(dataset))
        return
    identity = _identity(home, name)
    if identity:
        yield lambda dataset: dataset.source.identity == identity


def datasets_of_folder(path: str, datasets: Iterable[Dataset]) -> list[Dataset]:
    """Those that were made of the folder that the path names, or else of the nearest one around it."""
    location = location_of(path)
    if location is None:
        return []
    around = [one for one in datasets if _is_in(location, one)]
    longest = max((len(one.source.location) for one in around), default=0)
    return [one for one in around if len(one.source.location) == longest]


def _is_in(location: str, dataset: Dataset) -> bool:
    folder = dataset.source.location
    return dataset.source.kind == "folder" and f"{location}/".startswith(f"{folder}/")


def _names_of(dataset: Dataset) -> tuple[str, str]:
    return dataset.name, dataset.repository


def _identity(home: Home, name: str) -> str | None:
    """The source that a folder, a file in it, or a URL names."""
    try:
        if _IS_FOLDER.match(name):
            folder = Path(name).expanduser().resolve()
            name = str(enclosing_repository(folder) or folder)
        return parse_reference(name, gh_host=home.settings.gh_host).identity
    except (CcingestError, OSError, RuntimeError, ValueError):  # it is no reference
        return None


def _unknown(name: str, visible: Iterable[Dataset], project: str | None) -> DatasetNotFoundError:
    known = dict.fromkeys(one for dataset in visible for one in _names_of(dataset))
    if not known:
        return DatasetNotFoundError("There are no datasets yet.", hint="add_repository")
    where = "" if project is None else f" in project {project!r}"
    return DatasetNotFoundError(f"No dataset or repository {name!r}{where}{nearest(name, known)}.")
