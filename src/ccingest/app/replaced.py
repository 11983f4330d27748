"""Looking again when a version was replaced between the catalogue and the table."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ccingest.app.home import Home
from ccingest.db.catalog import find_dataset, searchable
from ccingest.db.connection import reading, repeated
from ccingest.db.dialect import Connection
from ccingest.db.overlays import find_overlay
from ccingest.errors import VersionGoneError
from ccingest.models import Dataset

if TYPE_CHECKING:
    from ccingest.app.search import SearchScope

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

_LOOKS = 4


def following(home: Home, scope: SearchScope, look: Callable[[], _Answer]) -> _Answer:
    """What `look` finds in the scope, when a version was replaced meanwhile: in the new one.

    Raises VersionGoneError when it is gone each time, and what `refresh_overlay` raises.
    """
    return looking_again(look, before_each=lambda: _compare_again(home, scope))


def looking_again(
    look: Callable[[], _Answer], *, before_each: Callable[[], None] | None = None
) -> _Answer:
    """What `look` finds, which looks into the catalogue itself: a version may be replaced meanwhile.

    `before_each` is called before each further look. Raises VersionGoneError when it is gone each time.
    """
    for _ in range(_LOOKS - 1):
        try:
            return look()
        except VersionGoneError as error:
            _log.info(
                "A version was replaced while it was read, and is looked for again: %s", error
            )
            if before_each:
                before_each()
    return look()


def as_it_is_now(
    connection: Connection, dataset: Dataset, problems_of: Callable[[Dataset], list[str]]
) -> list[str]:
    """The problems of a dataset. What is found of a version that was replaced meanwhile is no problem,
    nor what is found of a dataset that was deleted."""
    for _ in range(_LOOKS):
        problems = problems_of(dataset)
        if not problems:
            break
        now = find_dataset(connection, dataset.project, dataset.name)
        if now is None:
            return []
        if _version_of(now) == _version_of(dataset):
            break
        dataset = now
    return problems


def _version_of(dataset: Dataset) -> tuple[int, str, int]:
    return dataset.dataset_id, dataset.table_name, dataset.table_version


def _compare_again(home: Home, scope: SearchScope) -> None:
    """An overlay hides files of one version of its base. When that is gone, it needs the next one."""
    if scope.tree is None:
        return
    from ccingest.app.overlays import refresh_overlay

    for dataset in _with_another_base(home.connection, scope, scope.tree):
        refresh_overlay(home, Path(scope.tree), dataset, None)


@repeated
def _with_another_base(connection: Connection, scope: SearchScope, tree: str) -> list[Dataset]:
    """The datasets that are at another version than the one that the tree was compared with."""
    found = []
    with reading(connection):
        for dataset in searchable(
            connection, scope.project, names=scope.datasets, repositories=scope.repositories
        ):
            overlay = find_overlay(connection, dataset.dataset_id, tree)
            now = dataset.revision, dataset.table_name
            if overlay and (overlay.base_revision, overlay.base_table) != now:
                found.append(dataset)
    return found
