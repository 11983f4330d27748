"""Which datasets a new one may begin as a copy of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from ccingest.db.catalog import datasets_of_source, find_dataset
from ccingest.db.connection import connect, reading, repeated
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest
from ccingest.models import Dataset, IngestOptions, Job, ManifestFile
from ccingest.settings import Settings
from ccingest.sources.tips import places_of_repository

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
    is_local = job.source.kind == "github" and job.source.is_local
    places = places_of_repository(job.source.location) if is_local else ()
    found = [
        dataset
        for dataset in datasets_of_source(connection, job.source, places)
        if recipe.made(dataset)
    ]
    found.sort(key=lambda dataset: dataset.updated_at, reverse=True)
    found.sort(key=lambda dataset: dataset.project != job.project)
    return tuple(
        Template(dataset, partial(_files_of, settings, dataset)) for dataset in found[:_MOST]
    )


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
