"""The types of the documents of datasets and their files."""

from __future__ import annotations

from typing import TypedDict


class DatasetDocument(TypedDict):
    project: str
    dataset: str
    scope: str
    source: str
    repository: str
    host: str | None
    location: str  # the URL that it is read from
    branch: str | None
    sha: str
    revision: str  # the same, as other sources than git call it
    embedder: str
    chunker: str
    files: int
    chunks: int
    bytesOnDisk: int
    createdAt: str
    updatedAt: str


class DatasetsDocument(TypedDict):
    datasets: list[DatasetDocument]


class ListedDatasetDocument(TypedDict):
    """A dataset of a list of files. The skipped files that are not listed are counted in `leftOut`.

    That is null when no list of them was made, by an earlier version of ccingest.
    """

    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    leftOut: int | None


class IndexedFileDocument(TypedDict):
    project: str
    dataset: str
    path: str
    language: str
    chunks: int


class IndexedFilesDocument(TypedDict):
    datasets: list[ListedDatasetDocument]
    files: list[IndexedFileDocument]


class SkippedFileDocument(TypedDict):
    """`rule` is the pattern or the bound that the file met, empty where its content is the reason."""

    project: str
    dataset: str
    path: str
    reason: str
    rule: str


class SkippedFilesDocument(TypedDict):
    datasets: list[ListedDatasetDocument]
    files: list[SkippedFileDocument]


class DeletedDatasetDocument(TypedDict):
    project: str
    dataset: str
    deletedChunks: int


class _Deletion(TypedDict):
    project: str
    deletedChunks: int


class DeletionDocument(_Deletion, total=False):
    """`dataset` is there when it was one, `datasets` when there were several."""

    dataset: str
    datasets: list[DeletedDatasetDocument]
