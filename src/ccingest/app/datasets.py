"""Listing and deleting datasets."""

from __future__ import annotations

from ccingest.app.home import Home
from ccingest.db import catalog
from ccingest.db.catalog import list_datasets
from ccingest.db.connection import reading, repeated
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, skipped_files
from ccingest.db.missing import incomplete, require_datasets, require_projects
from ccingest.db.published import published
from ccingest.errors import InvalidReferenceError, UsageError
from ccingest.models import DamagedDataset, Dataset, DatasetFiles, Deletion, StoredDataset
from ccingest.queue.deletion import WantedSource, delete_datasets, to_be_deleted
from ccingest.sources.folders import location_of
from ccingest.sources.opening import forget_source
from ccingest.sources.references import parse_reference


def stored_datasets(home: Home, project: str | None) -> list[StoredDataset]:
    """The datasets by project and name. `project` None means all projects."""
    return all_stored(home, project)[0]


def all_stored(home: Home, project: str | None) -> tuple[list[StoredDataset], list[DamagedDataset]]:
    """The same, and those whose rows in the database can't be read."""
    found, damaged = published(home.connection, project)
    if not found:
        require_projects(home.connection)
    stored = [StoredDataset(dataset, home.store.size(dataset.table_name)) for dataset in found]
    return stored, damaged


def damaged_datasets(home: Home, project: str | None) -> list[DamagedDataset]:
    """Those of a project, None for all, whose rows in the database can't be read."""
    return published(home.connection, project).damaged


def visible_datasets(home: Home, project: str | None) -> list[Dataset]:
    """The datasets that a project sees: its own, and the global ones of others."""
    return catalog.visible_datasets(home.connection, project)


def files_of(home: Home, project: str | None, name: str | None = None) -> list[DatasetFiles]:
    """The files of a dataset, or of all, each as of one version.

    `project` None means all projects. Raises DatasetNotFoundError for an unknown name.
    """
    return _files_of(home.connection, project, name)


@repeated
def _files_of(connection: Connection, project: str | None, name: str | None) -> list[DatasetFiles]:
    with reading(connection):
        found = list_datasets(connection, project)
        if name is not None:
            require_datasets(connection, project, [name], {dataset.name for dataset in found})
        return [listed_files(connection, one) for one in found if name is None or one.name == name]


def listed_files(connection: Connection, dataset: Dataset) -> DatasetFiles:
    """The files of the published version, by path. The dataset was read in the same transaction.

    Raises StoreError when the catalogue has lost some.
    """
    files = manifest(connection, dataset.dataset_id)
    if len(files) != dataset.files:
        raise incomplete(dataset, len(files))
    skipped, left_out = skipped_files(connection, dataset.dataset_id)
    return DatasetFiles(
        dataset, tuple(files[path] for path in sorted(files)), tuple(skipped), left_out
    )


def delete(
    home: Home, project: str, *, name: str | None = None, repository: str | None = None
) -> Deletion:
    """Delete datasets by name, by repository, or by both, with their chunks, vectors and files.

    A running query can still read them. Raises DatasetNotFoundError, and UsageError when neither name
    nor repository is given.
    """
    wanted = _wanted(home, name, repository)
    deleted = delete_datasets(home.connection, project, name=name, source=wanted)
    for gone in deleted:
        home.store.drop(gone.table_name)
        if gone.is_last and gone.source:
            forget_source(gone.source, home.settings)
    return Deletion(project, tuple(deleted))


def planned_deletion(
    home: Home, project: str, *, name: str | None = None, repository: str | None = None
) -> dict[str, int]:
    """The datasets that `delete` would remove, and the chunks of each. Raises as it does."""
    wanted = _wanted(home, name, repository)
    return to_be_deleted(home.connection, project, name=name, source=wanted)


def _wanted(home: Home, name: str | None, repository: str | None) -> WantedSource | None:
    if not name and not repository:
        raise UsageError("Say what to delete: a dataset or a repository.", parameter="dataset")
    return _source_of(home, repository) if repository else None


def _source_of(home: Home, text: str) -> WantedSource:
    """The sources that a text means.

    A text that is no reference is taken as the name of a local source. So its datasets can be
    deleted after the repository or the folder is gone.
    """
    try:
        found = parse_reference(text, gh_host=home.settings.gh_host)
    except InvalidReferenceError:
        return WantedSource(text, location=location_of(text))
    if found.is_local and not found.host:  # another one may have its name
        return WantedSource(found.name, location=found.location)
    # A listing shows plain org/repo for every host, so that means any host.
    return WantedSource(found.name, None if text == found.name else found.host)
