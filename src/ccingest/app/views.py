"""What a tree has, as the parts that are searched: its base without what is hidden, and its overlay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, paths
from ccingest.db.overlays import datasets_of_overlays, find_overlay
from ccingest.models import Dataset, DatasetView, ManifestFile, Overlay
from ccingest.models.overlays import view_of


def views_of(connection: Connection, datasets: Sequence[Dataset], tree: str) -> list[Dataset]:
    """The datasets, each that has an overlay of the tree as its two parts.

    Runs inside a read transaction, so that base and overlay are of one moment.
    """
    found: list[Dataset] = []
    having = datasets_of_overlays(connection, tree)
    for dataset in datasets:
        overlay = None
        if dataset.dataset_id in having:
            overlay = find_overlay(connection, dataset.dataset_id, tree)
        found += [dataset] if overlay is None else parts_of(dataset, overlay)
    return found


def parts_of(dataset: Dataset, overlay: Overlay) -> list[Dataset]:
    """The base without what is hidden, then the overlay's own chunks, if it has any."""
    base = _base_of(dataset, overlay)
    hidden = frozenset(path for path, file in overlay.files.items() if file.hides)
    tree = {"tree": overlay.tree, "head": overlay.head, "uncommitted": overlay.uncommitted}
    parts: list[Dataset] = [view_of(base, **tree, hidden=hidden)]
    if overlay.table_name is not None and overlay.table_version is not None:
        states = {path: file for path, file in overlay.files.items() if file.chunks}
        parts.append(
            view_of(
                base,
                **tree,
                states=states,
                table_name=overlay.table_name,
                table_version=overlay.table_version,
                revision=overlay.head or base.revision,
                branch=overlay.branch,
                files=len(states),
                chunks=overlay.chunks,
                indexed_at=overlay.published_at,
            )
        )
    return parts


def files_of(connection: Connection, part: Dataset) -> dict[str, ManifestFile]:
    """The files of a dataset or of a part of one, by path."""
    if isinstance(part, DatasetView) and part.states is not None:
        return dict(part.states)
    files = manifest(connection, part.dataset_id)
    if isinstance(part, DatasetView):
        return {path: file for path, file in files.items() if path not in part.hidden}
    return files


def paths_of(connection: Connection, part: Dataset) -> list[str]:
    """The paths of its files, in order."""
    if isinstance(part, DatasetView) and part.states is not None:
        return sorted(part.states)
    found = paths(connection, part.dataset_id)
    hidden = part.hidden if isinstance(part, DatasetView) else frozenset()
    return [path for path in found if path not in hidden]


def whole(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """Each dataset once, of those of which both parts are there."""
    if isinstance(datasets, tuple) and not any(type(one) is DatasetView for one in datasets):
        return datasets
    return tuple({one.dataset_id: one for one in reversed(datasets)}.values())[::-1]


def _base_of(dataset: Dataset, overlay: Overlay) -> Dataset:
    """The version that the overlay hides files of. A clean-up moves it to another version of its
    table; a job that publishes another revision leaves it for a while."""
    is_same = (dataset.revision, dataset.table_name) == (overlay.base_revision, overlay.base_table)
    if is_same:
        return dataset
    return replace(
        dataset,
        revision=overlay.base_revision,
        table_name=overlay.base_table,
        table_version=overlay.base_version,
    )
