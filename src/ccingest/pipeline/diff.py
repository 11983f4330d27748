"""The difference between the files of a dataset version and those of a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ccingest.models import ManifestFile, SelectedFile
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class TreeDiff:
    """How the files of a tree differ from those of a manifest."""

    added: tuple[SelectedFile, ...]
    changed: tuple[SelectedFile, ...]
    moved: tuple[SelectedFile, ...]  # at their new path
    moved_from: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[ManifestFile, ...]

    @property
    def stale_paths(self) -> tuple[str, ...]:
        return (*(file.path for file in self.changed), *self.moved_from, *self.removed)

    @property
    def to_read(self) -> tuple[SelectedFile, ...]:
        files = (*self.added, *self.changed, *self.moved)
        return tuple(sorted(files, key=lambda file: file.path))


def diff_files(tree: Sequence[SelectedFile], manifest: Mapping[str, ManifestFile]) -> TreeDiff:
    """Compare files by path and by what their chunks are made from."""
    paths = {file.path for file in tree}
    known = [(file, manifest.get(file.path)) for file in tree]
    gone: dict[str, list[str]] = {}
    for path, old in manifest.items():
        if path not in paths:
            gone.setdefault(old.content_id, []).append(path)
    added: list[SelectedFile] = []
    moved: list[SelectedFile] = []
    moved_from: list[str] = []
    for file in (file for file, old in known if old is None):
        if gone.get(file.version_id):
            moved.append(file)
            moved_from.append(gone[file.version_id].pop(0))
        else:
            added.append(file)
    return TreeDiff(
        added=tuple(added),
        changed=tuple(file for file, old in known if old and old.content_id != file.version_id),
        moved=tuple(moved),
        moved_from=tuple(moved_from),
        removed=tuple(path for paths_of in gone.values() for path in paths_of),
        kept=tuple(old for file, old in known if old and old.content_id == file.version_id),
    )
