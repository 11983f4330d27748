"""The repository that a folder is in, as a dataset that is about the files on disk at this moment.

A work tree is answered as a base dataset and an overlay. The base is a dataset of the same
repository: of this work tree, or of another one. If there is none, or the tree differs from it in
too many files, a job makes the base, or brings it to the commit that is checked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccingest.app.home import Home
from ccingest.app.ingest import enqueue_requests
from ccingest.app.named import datasets_of_folder
from ccingest.app.overlays import Refreshed, TooDifferentError, refresh_overlay
from ccingest.app.refreshing import RunJobs
from ccingest.app.requests import AddOptions, requests_for
from ccingest.app.search import SearchScope
from ccingest.db.catalog import find_dataset, list_datasets
from ccingest.errors import DatasetNotFoundError, InvalidReferenceError, error_of
from ccingest.models import Dataset, Enqueued, Reference
from ccingest.progress import Emit, discard
from ccingest.queue.sync import enqueue_sync
from ccingest.sources.git import WorkTree
from ccingest.sources.references import enclosing_repository, parse_reference
from ccingest.sources.tips import shares_repository
from ccingest.times import to_local

# A tree that differs from its base in more files gets a base of its own: at least so many files, and
# this share of all.
LEAST_DIFFERENT = 200
_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Here:
    """What a question in a work tree is about."""

    base: Dataset
    tree: str | None  # None: a bare repository, which has no work tree
    refreshed: Refreshed | None = None

    @property
    def scope(self) -> SearchScope:
        """The base with its overlay, and nothing else."""
        base, notes = self.base, []
        if self.refreshed and not self.refreshed.is_current:
            at = to_local(self.refreshed.overlay.published_at)
            notes.append(
                (
                    base.project,
                    base.name,
                    f"Another process is looking at {self.tree}: the answer is of {at:%H:%M:%S}.",
                )
            )
        return SearchScope(base.project, (base.name,), tree=self.tree, notes=tuple(notes))


def refresh_here(
    home: Home, folder: Path, project: str, run_jobs: RunJobs, emit: Emit = discard
) -> Here:
    """Bring base and overlay of the repository that the folder is in up to date.

    Raises InvalidReferenceError when the folder is in no repository, the error of a job that did
    not complete, and what `refresh_overlay` raises.
    """
    top = enclosing_repository(folder.resolve())
    if top is None:
        raise _in_no_repository(home, folder.resolve(), project)
    source = parse_reference(str(top))
    bases = _bases(home, top, source, project)
    if not (top / ".git").exists():
        return Here(_at_head(home, source, project, run_jobs, bases), None)
    for base in bases:
        try:
            found = refresh_overlay(home, top, base, _most_different(base), emit)
        except TooDifferentError:
            continue
        return Here(found.base, str(top), found)
    base = _at_head(home, source, project, run_jobs, bases)
    found = refresh_overlay(home, top, base, None, emit)
    return Here(found.base, str(top), found)


def _in_no_repository(home: Home, folder: Path, project: str) -> InvalidReferenceError:
    """Names the dataset of the folder, if there is one."""
    said = f"{str(folder)!a} is in no git repository"
    found = datasets_of_folder(str(folder), list_datasets(home.connection, project))
    if not found:
        return InvalidReferenceError(f"{said}.", hint="make_git_repository")
    names = " or ".join(dict.fromkeys(repr(one.name) for one in found))
    return InvalidReferenceError(f"{said}; ask the dataset {names}, which was made of that folder.")


def _most_different(base: Dataset) -> int:
    return max(LEAST_DIFFERENT, int(_SHARE * base.files))


def _bases(home: Home, top: Path, source: Reference, project: str) -> list[Dataset]:
    """Datasets of the same repository, those of this work tree and its branch first."""
    own, others = [], []
    branch = WorkTree(top).head().branch if (top / ".git").exists() else None
    for dataset in list_datasets(home.connection, project):
        if dataset.source.identity == source.identity:
            own.append(dataset)
        elif dataset.source.is_local and shares_repository(dataset.source.location, top):
            others.append(dataset)
    own.sort(key=lambda dataset: dataset.branch != branch)
    return [*own, *others]


def _at_head(
    home: Home, source: Reference, project: str, run_jobs: RunJobs, bases: Sequence[Dataset]
) -> Dataset:
    """The repository's own dataset, at the commit that is checked out."""
    base = next((one for one in bases if one.source.identity == source.identity), None)
    queued = _enqueue(home, source, project, base)
    if base and not queued:  # an earlier version made it, and its options are not known
        return base
    (job,) = run_jobs(queued)
    if job.status != "completed":
        raise error_of(job)
    dataset = find_dataset(home.connection, project, job.dataset)
    if dataset is None:
        raise DatasetNotFoundError(f"The dataset {job.dataset!r} was deleted meanwhile.")
    return dataset


def _enqueue(
    home: Home, source: Reference, project: str, base: Dataset | None
) -> Sequence[Enqueued]:
    if base is None:
        options = AddOptions(project=project, source="github")
        return enqueue_requests(home, requests_for(home.settings, [source.location], options))
    found = enqueue_sync(home.connection, project, [base.name], at_head=True)
    return [one.queued for one in found if one.queued]
