"""Making JSON documents of values. No other module makes them, so they are the same everywhere.

`of(value)` is the document of any value that a use case returns. Keys are camelCase. New ones may be
added, but none is renamed.

| module | holds |
| --- | --- |
| jobs, datasets, bundles, hits, freshness, settings | the documents of these |
| files | lists of the files of datasets |
| estimates | what an ingest would have to do |
| migration | what was copied to a server |
| service | documents of the service that ccingest replaces |
| agents | what the tools of agents answer |
| markdown | hits for a prompt |
| types | the types of all documents, for the schema |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ccingest.documents import bundles, datasets, freshness, hits, jobs, migration, settings
from ccingest.documents.keys import Document, camel_case

if TYPE_CHECKING:
    from ccingest.documents import types

__all__ = ["Document", "camel_case", "of", "of_all", "of_checks", "of_error", "of_text"]

of_checks = settings.of_checks


def of(value: object) -> dict[str, Any]:
    """The document of a value. Raises KeyError for a value of a type that has none."""
    return dict(_MAKERS[type(value).__name__](value))


def of_all(key: str, values: Iterable[object]) -> dict[str, Any]:
    """`{key: [the document of each]}`."""
    return {key: [of(value) for value in values]}


def of_error(kind: str, message: str) -> types.ErrorDocument:
    """The document of an error. `message` is what the door shows, with its hint."""
    return {"error": {"kind": kind, "message": message}}


def of_text(text: str) -> types.TextDocument:
    return {"text": text}


# By the names of the classes, so that a command loads only the classes of its values.
_MAKERS: Mapping[str, Callable[[Any], Document]] = {
    "Job": jobs.job_document,
    "Event": jobs.event_document,
    "JobLog": jobs.job_log_document,
    "StoredDataset": datasets.stored_dataset_document,
    "Deletion": datasets.deletion_document,
    "Hit": hits.hit_document,
    "SearchResult": hits.search_document,
    "Freshness": freshness.freshness_document,
    "FileLines": hits.file_lines_document,
    "FoundFile": hits.found_file_document,
    "Outline": hits.outline_document,
    "SimilarResult": hits.similar_document,
    "ProjectStatistics": jobs.statistics_document,
    "Schedule": jobs.schedule_document,
    "SyncResult": jobs.sync_document,
    "OrganizationResult": jobs.organization_document,
    "WorkerSummary": jobs.worker_document,
    "CleanupSummary": jobs.cleanup_document,
    "Bundle": bundles.bundle_document,
    "Pulled": bundles.pulled_document,
    "PulledAll": bundles.pulled_all_document,
    "Migration": migration.migration_document,
    "SettingValue": settings.setting_document,
    "Configuration": settings.configuration_document,
    "ClientSetup": settings.client_setup_document,
}
