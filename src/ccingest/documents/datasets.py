"""Documents of datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.documents.keys import Document, source_keys
from ccingest.times import to_text

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import Deletion, StoredDataset


def stored_dataset_document(stored: StoredDataset) -> Document:
    dataset = stored.dataset
    return {
        "project": dataset.project,
        "dataset": dataset.name,
        "scope": dataset.scope,
        **source_keys(dataset.source),
        "branch": dataset.branch,
        "sha": dataset.revision,
        "revision": dataset.revision,
        "embedder": dataset.embedder,
        "chunker": dataset.chunker,
        "files": dataset.files,
        "chunks": dataset.chunks,
        "bytesOnDisk": stored.bytes,
        "createdAt": to_text(dataset.created_at),
        "updatedAt": to_text(dataset.updated_at),
    }


def deletion_document(deletion: Deletion) -> types.DeletionDocument | types.DeletedDatasetDocument:
    each: list[types.DeletedDatasetDocument] = [
        {
            "project": gone.project,
            "dataset": gone.name,
            "deletedChunks": gone.chunks,
        }
        for gone in deletion.datasets
    ]
    if len(each) == 1:
        return each[0]
    return {"project": deletion.project, "deletedChunks": deletion.chunks, "datasets": each}
