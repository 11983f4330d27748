"""Which datasets a new one may begin as a copy of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.db.catalog import find_dataset, list_datasets, manifest
from ccingest.db.connection import connect, reading, repeated
from ccingest.db.dialect import Connection
from ccingest.models import Dataset, IngestOptions, Job, ManifestFile, Reference
from ccingest.settings import Settings
from ccingest.sources.tips import repository_at

if TYPE_CHECKING:
    from ccingest.pipeline.request import Template

_MOST = 8  # to look through; each is a list of all its files


def templates_for(
    connection: Connection,
    settings: Settings,
    job: Job,
    options: IngestOptions,
    base: Dataset | None,
) -> tuple[Template, ...]:
    """The datasets of the job's source that were made as it will make one; those of its project first.

    None when it goes on with `base`, or is to read all files again.
    """
    from ccingest.pipeline.request import Template, recipe_of

    recipe = recipe_of(options, settings)
    if options.force or (base and recipe.made(base)):
        return ()
    mine = _repository_of(job.source)
    found = [
        dataset
        for dataset in list_datasets(connection, None)
        if recipe.made(dataset) and _is_same(dataset.source, job.source, mine)
    ]
    found.sort(key=lambda dataset: dataset.updated_at, reverse=True)
    found.sort(key=lambda dataset: dataset.project != job.project)
    return tuple(
        Template(dataset, partial(_files_of, settings, dataset)) for dataset in found[:_MOST]
    )


def _is_same(source: Reference, other: Reference, repository: Path | None) -> bool:
    """Whether both are the same source, or of one repository on this disk, which is that of `other`."""
    if source.identity == other.identity:
        return True
    return repository is not None and _repository_of(source) == repository


def _repository_of(source: Reference) -> Path | None:
    """The git folder of a repository on this disk; None for any other source."""
    is_local = source.kind == "github" and source.is_local
    return repository_at(source.location) if is_local else None


def _files_of(settings: Settings, dataset: Dataset) -> Mapping[str, ManifestFile]:
    """The files of this version; none when it is not the published one any more."""
    with closing(connect(settings.database)) as connection:
        return _files_now(connection, dataset)


@repeated
def _files_now(connection: Connection, dataset: Dataset) -> Mapping[str, ManifestFile]:
    with reading(connection):
        now = find_dataset(connection, dataset.project, dataset.name)
        is_same = now and (now.table_name, now.revision) == (dataset.table_name, dataset.revision)
        return manifest(connection, dataset.dataset_id) if is_same else {}
