"""The documents of lists of files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import DatasetFiles


def of_indexed_files(found: Iterable[DatasetFiles]) -> types.IndexedFilesDocument:
    found = list(found)
    files: list[types.IndexedFileDocument] = [
        {
            "project": one.dataset.project,
            "dataset": one.dataset.name,
            "path": file.path,
            "language": file.language,
            "chunks": file.chunks,
        }
        for one in found
        for file in one.indexed
    ]
    return {"datasets": [_dataset(one) for one in found], "files": files}


def of_skipped_files(found: Iterable[DatasetFiles]) -> types.SkippedFilesDocument:
    found = list(found)
    files: list[types.SkippedFileDocument] = [
        {
            "project": one.dataset.project,
            "dataset": one.dataset.name,
            "path": file.path,
            "reason": file.reason,
            "rule": file.rule,
        }
        for one in found
        for file in one.skipped
    ]
    return {"datasets": [_dataset(one) for one in found], "files": files}


def _dataset(one: DatasetFiles) -> types.ListedDatasetDocument:
    return {
        "project": one.dataset.project,
        "dataset": one.dataset.name,
        "source": one.dataset.source.kind,
        "repository": one.dataset.repository,
        "sha": one.dataset.revision,
        "leftOut": one.left_out,
    }
