"""The repository that a folder is in, as a dataset that is up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker, enqueue_requests, error_of
from ccingest.app.requests import AddOptions, requests_for
from ccingest.db.catalog import find_dataset, list_datasets
from ccingest.errors import DatasetNotFoundError, InvalidReferenceError
from ccingest.models import Dataset, Enqueued
from ccingest.progress import Emit, discard
from ccingest.queue.sync import enqueue_sync
from ccingest.sources import open_source
from ccingest.sources.references import enclosing_repository, parse_reference


@dataclass(frozen=True, slots=True)
class RepositoryHere:
    """A repository on this machine, and its dataset if it has one."""

    folder: Path
    dataset: Dataset | None
    is_current: bool  # the dataset is at the commit that is checked out


def find_here(home: Home, folder: Path, project: str) -> RepositoryHere:
    """The repository that the folder is in. Of several datasets of it, that of the current branch.

    Raises InvalidReferenceError when the folder is in no repository, and the errors of the repository.
    """
    top = enclosing_repository(folder.resolve())
    if top is None:
        raise InvalidReferenceError(f"{str(folder.resolve())!a} is in no git repository.")
    source = parse_reference(str(top))
    revision = open_source(source, home.settings).resolve(branch=None, revision=None)
    stored = [
        dataset
        for dataset in list_datasets(home.connection, project)
        if dataset.source.identity == source.identity
    ]
    stored.sort(key=lambda dataset: dataset.branch != revision.branch)
    dataset = stored[0] if stored else None
    return RepositoryHere(top, dataset, bool(dataset) and stored[0].revision == revision.id)


def refresh(
    home: Home, folder: Path, project: str, worker: ForegroundWorker, emit: Emit = discard
) -> Dataset:
    """The dataset of the repository that the folder is in, added or brought up to date if needed.

    Raises what `find_here` and `bring_up_to_date` raise.
    """
    here = find_here(home, folder, project)
    if here.dataset and here.is_current:
        return here.dataset
    name = bring_up_to_date(home, here, project, worker, emit)
    dataset = find_dataset(home.connection, project, name)
    if dataset is None:
        raise DatasetNotFoundError(f"The dataset {name!r} was deleted meanwhile.")
    return dataset


def bring_up_to_date(
    home: Home, here: RepositoryHere, project: str, worker: ForegroundWorker, emit: Emit = discard
) -> str:
    """Add the repository, or bring its dataset to the commit that is checked out; returns its name.

    Raises the error of the job, if it does not complete.
    """
    (job,) = worker.run(_enqueue(home, here, project), emit)
    if job.status != "completed":
        raise error_of(job)
    return job.dataset


def _enqueue(home: Home, here: RepositoryHere, project: str) -> Sequence[Enqueued]:
    if here.dataset is None:
        options = AddOptions(project=project, source="github")
        return enqueue_requests(home, requests_for(home.settings, [str(here.folder)], options))
    found = enqueue_sync(home.connection, project, [here.dataset.name], at_head=True)
    return [one.queued for one in found if one.queued]
