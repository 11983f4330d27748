"""The first version of a dataset, begun as a copy of another dataset of the same source.

Most often that is of another branch. What it costs is then what differs between the two: the files of
the table are shared on the disk, and only chunks of other files are cut and embedded.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ccingest.errors import StoreError
from ccingest.models import Dataset, ManifestFile, SelectedFile
from ccingest.pipeline.request import Template
from ccingest.plurals import number_of
from ccingest.progress import Emit, Notice
from ccingest.store import TableStore
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

# A share of the template's chunks. What the new dataset does not share of the table, it keeps as deleted rows
# until a clean-up, and each question reads over them.
_LEAST_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Shared:
    """A template, and its files."""

    dataset: Dataset
    manifest: Mapping[str, ManifestFile]
    files: int  # that are the same


def choose_template(
    files: Sequence[SelectedFile], templates: Sequence[Template], store: TableStore
) -> Shared | None:
    """The template that shares most chunks with these files; None if none shares enough."""
    best, most = None, 0
    for template in templates:
        manifest = template.manifest()
        same = [
            there
            for file in files
            if (there := manifest.get(file.path)) and there.content_id == file.version_id
        ]
        chunks = sum(file.chunks for file in same)
        if chunks > most and chunks >= _LEAST_SHARED * template.dataset.chunks:
            best, most = Shared(template.dataset, manifest, len(same)), chunks
    if best is None:
        return None
    try:
        store.check(best.dataset.table_name, best.dataset.table_version)
    except StoreError as error:
        _log.info("%s is no template: %s", best.dataset.name, error.message)
        return None
    return best


def share(shared: Shared, new_table: str, store: TableStore, emit: Emit) -> bool:
    """Make the new table with the template's rows. False when they can't be had."""
    dataset = shared.dataset
    try:
        store.share(dataset.table_name, dataset.table_version, new_table)
    except StoreError as error:
        _log.info("Nothing is shared with %s: %s", dataset.name, error.message)
        return False
    files = number_of(shared.files, "file")
    emit(Notice("info", f"{files} with the content that the dataset {dataset.name} has: shared."))
    return True
