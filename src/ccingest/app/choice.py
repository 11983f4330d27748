"""Which datasets a question means that names them by patterns, as programs do."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ccingest.app.home import Home
from ccingest.app.search import SearchScope
from ccingest.db.catalog import list_datasets
from ccingest.errors import DatasetNotFoundError
from ccingest.values import dataclass

_PATTERN = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class DatasetChoice:
    """Datasets by name or glob, of a project and, unless they are left out, the global ones."""

    project: str | None  # None: every project
    names: tuple[str, ...] = ()  # empty: all but the local ones
    repositories: tuple[str, ...] = ()
    with_global: bool = True


def chosen_scope(home: Home, choice: DatasetChoice) -> SearchScope:
    """The scope of a search. Raises DatasetNotFoundError when a pattern fits no dataset."""
    names = tuple(choice.names)
    is_plain = not any(_PATTERN.intersection(name) for name in names)
    if is_plain and choice.with_global:
        return SearchScope(choice.project, names, choice.repositories)
    visible = [
        dataset
        for dataset in list_datasets(home.connection, None)
        if choice.project in (None, dataset.project)
        or (choice.with_global and dataset.scope == "global")
    ]
    found: list[str] = []
    for name in names:
        fitting = [dataset.name for dataset in visible if fnmatchcase(dataset.name, name)]
        if not fitting and _PATTERN.intersection(name):
            raise DatasetNotFoundError(f"No dataset's name is like {name!r}.")
        found += fitting or [name]  # a name that is none is reported by the search
    if not names:
        found = [dataset.name for dataset in visible if dataset.scope != "local"]
    if not found:
        raise DatasetNotFoundError("No dataset to search in this project.")
    return SearchScope(choice.project, tuple(dict.fromkeys(found)), choice.repositories)
