"""Answers from the datasets that are whole, where others of all that are searched are damaged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ccingest.app.home import Home
from ccingest.errors import (
    DamagedDatabaseError,
    NewerDatabaseError,
    OutOfMemoryError,
    StorageFullError,
    StoreError,
    TooManyOpenFilesError,
)
from ccingest.models import DamagedDataset, Dataset

if TYPE_CHECKING:
    from ccingest.app.search import SearchScope

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

_NO_DAMAGE = (
    DamagedDatabaseError,
    NewerDatabaseError,
    OutOfMemoryError,
    StorageFullError,
    TooManyOpenFilesError,
)


def from_whole_ones(
    home: Home, scope: SearchScope, ask: Callable[[frozenset[int]], _Answer]
) -> tuple[_Answer, tuple[DamagedDataset, ...]]:
    """What `ask` answers, which gets the ids of datasets to leave out, and the datasets of these.

    None is left out that was named. Raises what `ask` raises.
    """
    try:
        return ask(frozenset()), ()
    except StoreError as error:
        is_named = scope.datasets or scope.repositories or scope.tree
        broken = {} if is_named or not _is_damage(error) else _broken(home, scope)
        if not broken:
            raise
        _log.warning("Damaged datasets are left out: %s", error.message)
        return ask(frozenset(broken)), tuple(broken.values())


def _broken(home: Home, scope: SearchScope) -> dict[int, DamagedDataset]:
    """The datasets of the scope that can't be searched, by id; none when no other is left."""
    from ccingest.app.search import datasets_in

    datasets = datasets_in(home, scope)
    found = {one.dataset_id: error for one in datasets if (error := _problem(home, one))}
    if len(found) == len(datasets):
        return {}
    return {
        one.dataset_id: DamagedDataset(
            one.project, one.name, f"{found[one.dataset_id].rstrip('.')}; add it again with force."
        )
        for one in datasets
        if one.dataset_id in found
    }


def _problem(home: Home, dataset: Dataset) -> str:
    """Why it can't be searched; empty when it can."""
    table, version = dataset.table_name, dataset.table_version
    try:
        index = home.store.read(table, version, dataset=dataset.name).index
        _ = index.text, index.chunks, index.vectors
    except StoreError as error:
        if _is_damage(error):
            return error.message
        raise
    return ""


def _is_damage(error: StoreError) -> bool:
    return not error.retryable and not isinstance(error, _NO_DAMAGE)
