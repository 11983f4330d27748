"""Why a file of a work tree is not indexed. Its overlay has only what is, so the rules are asked again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.app.trees import memory_of
from ccingest.db.overlays import options_of_dataset
from ccingest.models import Dataset, SkippedFile, SourceFile
from ccingest.selection.paths import safe_path
from ccingest.sources.git import TreeMemory, WorkTree

if TYPE_CHECKING:
    from ccingest.sources import Snapshot


def skipped_here(
    home: Home, tree: str, base: Dataset, is_wanted: Callable[[str], bool], path: str
) -> SkippedFile | None:
    """The first file of the tree that is wanted and skipped. Git ignores a `path` of the tree that is
    no file of the repository. Raises what the repository raises, and StoreError for slow rules.
    """
    work_tree = WorkTree(Path(tree))
    memory = TreeMemory.load(memory_of(home, tree))
    _, snapshot, _ = work_tree.look(memory, without=home.settings.home)
    paths = {one for one in snapshot.files if is_wanted(one)}
    if paths:
        return _skipped(home, snapshot, base, paths)
    if safe_path(path.encode("utf8", "surrogateescape")) and work_tree.ignores(path):
        return SkippedFile(path, "ignored", "git ignores it")
    return None


def _skipped(home: Home, snapshot: Snapshot, base: Dataset, paths: set[str]) -> SkippedFile | None:
    from ccingest.selection import plan_files, read_file

    options = options_of_dataset(home.connection, base.dataset_id)
    plan = plan_files(snapshot, include=options.include, exclude=options.exclude)
    for file in plan.skipped_files.listed:
        if file.path in paths:
            return file
    for chosen in plan.files:
        if chosen.path in paths:
            found = read_file(snapshot, chosen)
            if not isinstance(found, SourceFile):
                return SkippedFile(chosen.path, found)
    return None
