"""What is stored, and deleting it."""

from __future__ import annotations

from ccingest.app.home import Home
from ccingest.db.catalog import list_datasets
from ccingest.errors import InvalidReferenceError, UsageError
from ccingest.models import Deletion, StoredDataset
from ccingest.queue.deletion import delete_datasets
from ccingest.sources.references import parse_reference


def stored_datasets(home: Home, project: str | None) -> list[StoredDataset]:
    """By project and name. `project` None means all."""
    return [
        StoredDataset(dataset, home.store.size(dataset.table_name))
        for dataset in list_datasets(home.connection, project)
    ]


def delete(
    home: Home, project: str, *, name: str | None = None, repository: str | None = None
) -> Deletion:
    """Delete datasets by name, by repository, or by both: chunks, vectors and files.

    A running query still sees them whole. Raises DatasetNotFoundError, and UsageError when neither
    is given.
    """
    from ccingest.sources.git import remove_kept_clone

    if not name and not repository:
        raise UsageError("Say what to delete: a dataset or a repository.", parameter="dataset")
    wanted, host = repository_of(home, repository) if repository else (None, None)
    deleted = delete_datasets(home.connection, project, name=name, repository=wanted, host=host)
    for gone in deleted:
        home.store.drop(gone.table_name)
        if gone.is_last:
            remove_kept_clone(home.settings.clone_cache, gone.source)
    return Deletion(project, tuple(deleted))


def repository_of(home: Home, text: str) -> tuple[str, str | None]:
    """A reference as the catalogue has it: owner/name and host; any host for what is no reference.

    The name of a local repository is no reference, but deletes its datasets even when it is gone.
    """
    try:
        found = parse_reference(text, gh_host=home.settings.gh_host)
    except InvalidReferenceError:
        return text, None
    # Plain org/repo is what a listing shows, whichever host it is on.
    return found.name, None if text == found.name else found.host
