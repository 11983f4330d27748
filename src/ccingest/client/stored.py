"""The datasets that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ccingest.app import datasets, doctor
from ccingest.app.arguments import check_lists
from ccingest.client.opened import Opened
from ccingest.models import (
    Check,
    CleanupSummary,
    Dataset,
    DatasetFiles,
    Deletion,
    Migration,
    StoredDataset,
)
from ccingest.settings import DEFAULT_PROJECT, HISTORY_DAYS

if TYPE_CHECKING:
    from ccingest.app.names import StoredNames


class DatasetMethods(Opened):
    """The datasets that there are."""

    def datasets(self, *, project: str | None = None) -> list[Dataset]:
        """The datasets, by project and name."""
        return [stored.dataset for stored in datasets.stored_datasets(self._home, project)]

    def stored_datasets(self, *, project: str | None = None) -> list[StoredDataset]:
        """The datasets with their bytes on disk, by project and name."""
        return datasets.stored_datasets(self._home, project)

    def visible_datasets(self, *, project: str | None = DEFAULT_PROJECT) -> list[Dataset]:
        """The datasets that a project sees: its own, and the global ones of others."""
        return datasets.visible_datasets(self._home, project)

    def find_datasets(
        self, names: Sequence[str] = (), *, project: str | None = DEFAULT_PROJECT
    ) -> list[Dataset]:
        """The datasets that the names mean; without names, all that a question searches.

        A name is a dataset's, `org/repo` or its last part, a URL, a glob, or a folder on this machine.
        Raises DatasetNotFoundError for one that means nothing.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     [dataset.name for dataset in client.find_datasets([repository, "sh*"])]
        ['shop']
        """
        from ccingest.app.named import named_datasets

        check_lists(names=names)
        return named_datasets(self._home, project, names)

    def names(self) -> StoredNames:
        """What is stored, by name, for somebody who is typing one."""
        from ccingest.app.names import StoredNames

        return StoredNames(self._home.settings)

    def files(self, dataset: str, *, project: str = DEFAULT_PROJECT) -> DatasetFiles:
        """The files of a dataset: those that are indexed, and those that were skipped, with why.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     found = client.files(job.dataset)
        ...     [file.path for file in found.indexed], [file.reason for file in found.skipped]
        (['README.md', 'shop/checkout.go', 'sums.py'], ['binary'])
        """
        (found,) = datasets.files_of(self._home, project, dataset)
        return found

    def delete(
        self,
        dataset: str | None = None,
        *,
        repository: str | None = None,
        project: str = DEFAULT_PROJECT,
    ) -> Deletion:
        """Delete datasets by name, by repository, or by both. Raises DatasetNotFoundError."""
        return datasets.delete(self._home, project, name=dataset, repository=repository)

    def clean_up(self, *, days: int = HISTORY_DAYS) -> CleanupSummary:
        """Remove jobs that ended over `days` days ago, and unused clones, tables and versions."""
        from ccingest.app.maintenance import clean_up

        return clean_up(self._home, days)

    def migrate(self, to: str) -> Migration:
        """Copy jobs and the catalogue from the home's file to an empty Postgres database.

        Compares both. May be called again; the file and the tables of the datasets stay.

        >>> client.migrate("postgresql://ccingest@db.example.com/ccingest")  # doctest: +SKIP
        """
        from ccingest.app.migration import migrate

        return migrate(self._home.settings, to)

    def check(self, *, deep: bool = False) -> list[Check]:
        """Check that everything is in place. Each result says what to do if not.

        `deep` reads all of each dataset.
        """
        return doctor.check_all(self._home.settings, deep=deep)
