"""What the home keeps of work trees: a lock and a memory for each, and their overlays."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccingest.app.home import Home
from ccingest.db.overlays import (
    begin_table,
    overlays_of,
    remove_overlay,
    trees_of_overlays,
)
from ccingest.locks import file_lock

_log = logging.getLogger(__name__)

_LOCK, _MEMORY = ".lock", ".tree"


@contextmanager
def tree_lock(home: Home, tree: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a tree's overlays. Raises BlockingIOError when `wait` is False."""
    home.settings.overlays.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file_lock(_file(home, tree, _LOCK), wait=wait):
        yield


def memory_of(home: Home, tree: str) -> Path:
    """Where it is remembered what the files of a tree were like."""
    return _file(home, tree, _MEMORY)


def remove_lost_overlays(home: Home) -> int:
    """Remove overlays whose work tree is gone, and tables whose writer was killed.

    Returns the number of tables. Leaves alone what a process refreshes now.
    """
    count = 0
    trees = trees_of_overlays(home.connection)
    for tree, is_unfinished in trees.items():
        is_gone = not (Path(tree) / ".git").exists()
        if not is_gone and not is_unfinished:
            continue
        try:
            with tree_lock(home, tree, wait=False):
                count += sum(map(len, _removed(home, tree, is_gone=is_gone)))
        except OSError as error:
            _log.info("The overlays of %a are not cleaned up now: %s", tree, error)
    _remove_files(home, set(trees_of_overlays(home.connection)))
    return count


def _removed(home: Home, tree: str, *, is_gone: bool) -> Iterator[list[str]]:
    for overlay_id in overlays_of(home.connection, tree):
        if is_gone:
            tables = remove_overlay(home.connection, overlay_id)
        else:
            left = begin_table(home.connection, overlay_id, None)
            tables = [left] if left else []
        for table in tables:
            home.store.drop(table)
        yield tables


def _remove_files(home: Home, trees: set[str]) -> None:
    """Remove those of trees without an overlay. The lock of such a tree is held while it gets its first one."""
    known = {_file(home, tree, "").name for tree in trees}
    for file in home.settings.overlays.glob(f"*{_LOCK}"):
        if file.stem in known:
            continue
        try:
            with file_lock(file, wait=False, create=False):
                for ending in (_MEMORY, _LOCK):
                    file.with_suffix(ending).unlink(missing_ok=True)
        except OSError as error:
            _log.info("%s is not removed now: %s", file, error)


def _file(home: Home, tree: str, ending: str) -> Path:
    key = hashlib.sha256(tree.encode("utf8", "surrogateescape")).hexdigest()[:20]
    return home.settings.overlays / f"{key}{ending}"
