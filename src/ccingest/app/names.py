"""Names that a user may be typing: of datasets, projects, jobs, and what else is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ccingest.db import names
from ccingest.errors import StoreError
from ccingest.plurals import number_of
from ccingest.settings import Settings
from ccingest.values import dataclass

_log = logging.getLogger(__name__)
_SHORT_ID = 8  # characters, as tables show them


@dataclass(frozen=True, slots=True)
class Name:
    """What could be meant, and what tells it apart."""

    text: str
    about: str = ""


class StoredNames:
    """The names in a home. A home that is missing, locked or damaged has none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def projects(self) -> list[Name]:
        return [Name(text) for text in self._read(names.projects)]

    def datasets(self, project: str | None) -> list[Name]:
        """Of a project and the global ones; of every project for None."""
        rows = self._read(names.datasets, project)
        return [
            Name(text, f"{number_of(chunks, 'chunk')}, {where}") for text, where, chunks in rows
        ]

    def repositories(self, project: str | None) -> list[Name]:
        return [Name(text) for text in self._read(names.repositories, project)]

    def scheduled(self, project: str) -> list[Name]:
        return [Name(text) for text in self._read(names.scheduled, project)]

    def jobs(self, typed: str, states: Sequence[str] = ()) -> list[Name]:
        """The newest jobs, in these states if any are given. Ids are as short as tables show them."""
        length = _SHORT_ID if len(typed) <= _SHORT_ID else None
        return [
            Name(job[:length], f"{status} {dataset}, {at[:16].replace('T', ' ')}")
            for job, status, dataset, at in self._read(names.jobs, states)
        ]

    def languages(self) -> list[Name]:
        """Those of the stored files; every known one where nothing is stored."""
        if found := self._read(names.languages):
            return [Name(text) for text in found]
        from ccingest.languages.table import LANGUAGES

        return [Name(text) for text in sorted(LANGUAGES)]

    def paths(self, project: str | None, datasets: Sequence[str], typed: str) -> list[Name]:
        """What stored files and folders are in the folder that is typed. Folders end in a slash."""
        folder = typed[: typed.rfind("/") + 1]
        return [Name(text) for text in self._read(names.paths_in, project, datasets, folder)]

    def _read(self, query: Callable[..., Iterable[Any]], *arguments: Any) -> list[Any]:
        try:
            with names.reading(self._settings.database) as connection:
                return list(query(connection, *arguments))
        except StoreError as error:
            _log.info("No names from %s: %s", self._settings.database, error)
            return []
