"""What a question is about: the datasets that are named, with the files on disk of one work tree.

An agent edits files and asks about them next, so a dataset that a work tree on this machine follows is
answered as that tree is at this moment. This is done for one tree: the one that is named, or that the
question is asked from.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ccingest.app.here import LEAST_DIFFERENT, refresh_here
from ccingest.app.home import Home
from ccingest.app.named import named_datasets
from ccingest.app.overlays import TooDifferentError, refresh_overlay
from ccingest.app.refreshing import RunJobs
from ccingest.app.search import SearchScope
from ccingest.errors import CcingestError, DatasetNotFoundError
from ccingest.models import Dataset
from ccingest.settings import DEFAULT_PROJECT
from ccingest.sources.references import enclosing_repository
from ccingest.sources.tips import folder_at, shares_repository, tip_of
from ccingest.values import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Followed:
    """A work tree, and the dataset that is at a commit of its branch."""

    top: Path
    base: Dataset


def follow(
    home: Home,
    project: str | None,
    names: Sequence[str],
    folder: Path | None,
    run_jobs: RunJobs | None,
) -> SearchScope:
    """The scope of a question about what the names mean, asked from `folder`.

    A name may be a folder in a work tree: with `run_jobs`, a repository that has no dataset is added.
    A tree that can't be looked at, or differs in too many files, is no error: the scope has a note.
    Raises DatasetNotFoundError, and for a named folder what `refresh_here` raises.
    """
    named = _repository(names[0]) if len(names) == 1 else None
    try:
        datasets = named_datasets(home, project, names)
    except DatasetNotFoundError:
        if named is None or run_jobs is None:
            raise
        return refresh_here(home, named, project or DEFAULT_PROJECT, run_jobs).scope
    scope = SearchScope(project, tuple(dataset.name for dataset in datasets) if names else ())
    found = _followed(datasets, named or (_repository(str(folder)) if folder else None))
    return _with_tree(home, scope, found) if found else scope


def _with_tree(home: Home, scope: SearchScope, found: _Followed) -> SearchScope:
    base = found.base
    try:
        refreshed = refresh_overlay(home, found.top, base, LEAST_DIFFERENT)
    except TooDifferentError as error:
        why = (
            f"{error.files} files on disk differ from it, too many to be looked at for a question."
        )
    except CcingestError as error:
        _log.info("The tree %s is not searched: %s", found.top, error.message)
        why = f"The files on disk could not be looked at: {error.message}"
    else:
        scope = replace(scope, tree=str(found.top))
        if refreshed.is_current:
            return scope
        why = "Another process was looking at the files on disk."
    return replace(scope, notes=(*scope.notes, (base.project, base.name, why)))


def _followed(datasets: Sequence[Dataset], asked_from: Path | None) -> _Followed | None:
    """The tree that is asked from, or else the only one that the datasets were made of."""
    local = [one for one in datasets if one.source.kind == "github" and one.source.is_local]
    if asked_from is not None and (asked_from / ".git").exists():
        at = next((one for one in local if _is_at(one, asked_from)), None)
        if at or any(shares_repository(one.source.location, asked_from) for one in local):
            return _Followed(asked_from, at or _sharing(local, asked_from))
    trees = [(folder_at(one.source.location), one) for one in local]
    having = [_Followed(top, one) for top, one in trees if (top / ".git").exists()]
    if len(having) == 1 and _is_at(having[0].base, having[0].top):
        return having[0]
    return None


def _is_at(dataset: Dataset, top: Path) -> bool:
    """Whether the dataset was made of this tree, and of the branch that is checked out there."""
    if folder_at(dataset.source.location) != top or dataset.branch is None:
        return False
    head = tip_of(dataset.source.location, None)
    return head is not None and head == tip_of(
        dataset.source.location, f"refs/heads/{dataset.branch}"
    )


def _sharing(local: Sequence[Dataset], top: Path) -> Dataset:
    return next(one for one in local if shares_repository(one.source.location, top))


def _repository(text: str) -> Path | None:
    """The repository that a path is in; None for any other text."""
    if not text.startswith(("/", "~", ".")):
        return None
    try:
        return enclosing_repository(Path(text).expanduser().resolve())
    except (OSError, RuntimeError, ValueError):  # no path at all
        return None
