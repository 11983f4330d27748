"""Bringing the overlay of a work tree up to date with the files on disk.

One process at a time refreshes the overlay of a tree: the kernel releases its lock when it ends,
however that is. What a killed one left is never visible, and the next one removes it.
"""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ccingest.app.home import Home
from ccingest.db.catalog import find_dataset, manifest
from ccingest.db.connection import reading
from ccingest.db.overlays import (
    begin_table,
    find_overlay,
    options_of_dataset,
    publish_overlay,
    reserve_overlay,
)
from ccingest.errors import DatasetNotFoundError, StoreBusyError, TreeChangedError, VersionGoneError
from ccingest.locks import file_lock
from ccingest.models import Dataset, Overlay, OverlayFile, PreparedOverlay
from ccingest.models.overlays import OverlayState
from ccingest.pipeline.overlay import (
    OverlayPlan,
    OverlayRequest,
    WrittenOverlay,
    overlay_recipe,
    plan_overlay,
    write_overlay,
)
from ccingest.progress import Emit, discard
from ccingest.selection import Decisions
from ccingest.sources.git import TreeMemory, TreeSnapshot, WorkTree

_log = logging.getLogger(__name__)

# How long a question waits for another process that refreshes the same tree, in seconds. Then it is
# answered from the last version. A refresh of a few files takes a quarter of a second.
WAIT_SECONDS = 5.0
_POLL = 0.01
_LOOKS = 4  # at a tree or a base that changes meanwhile
_DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """An overlay after a look at its tree.

    `is_current` False: another process was refreshing it, and this is the last version.
    """

    base: Dataset
    overlay: Overlay
    is_current: bool = True


class TooDifferentError(Exception):
    """The tree differs in so many files that the base should be another one. Only app sees it."""

    def __init__(self, files: int) -> None:
        super().__init__(f"{files} files differ")
        self.files = files


@contextmanager
def tree_lock(home: Home, tree: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a tree's overlays. Raises BlockingIOError when `wait` is False."""
    folder = home.settings.overlays
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file_lock(folder / f"{tree_key(tree)}.lock", wait=wait):
        yield


def tree_key(tree: str) -> str:
    """A name for the files of a tree."""
    return hashlib.sha256(tree.encode("utf8", "surrogateescape")).hexdigest()[:20]


def refresh_overlay(
    home: Home, top: Path, base: Dataset, most: int | None, emit: Emit = discard
) -> Refreshed:
    """The overlay of the work tree at `top`, as its files are now.

    Raises TooDifferentError when more than `most` files differ that a base of the commit that is
    checked out would have (None: never), DatasetNotFoundError
    when the base is deleted, TreeChangedError when the tree is written to without end, and what the
    repository and the store raise.
    """
    tree = str(top)
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            lock = tree_lock(home, tree, wait=False)
            lock.__enter__()
        except BlockingIOError:
            last = None if time.monotonic() < end else _last(home, base, tree)
            if last:
                return last
            time.sleep(_POLL)
            continue
        try:
            return _refresh(home, top, tree, base, most, emit)
        finally:
            lock.__exit__(None, None, None)


def _last(home: Home, base: Dataset, tree: str) -> Refreshed | None:
    with reading(home.connection):
        now = find_dataset(home.connection, base.project, base.name)
        overlay = find_overlay(home.connection, now.dataset_id, tree) if now else None
    return Refreshed(now, overlay, is_current=False) if now and overlay else None


def _refresh(
    home: Home, top: Path, tree: str, base: Dataset, most: int | None, emit: Emit
) -> Refreshed:
    for _ in range(_LOOKS - 1):
        try:
            return _look(home, top, tree, base, most, emit)
        except (TreeChangedError, StoreBusyError, VersionGoneError) as error:
            _log.info("The tree %s is looked at again: %s", tree, error.message)
    return _look(home, top, tree, base, most, emit)


def _look(
    home: Home, top: Path, tree: str, base: Dataset, most: int | None, emit: Emit
) -> Refreshed:
    connection = home.connection
    now = find_dataset(connection, base.project, base.name)
    if now is None:
        raise DatasetNotFoundError(f"The dataset {base.name!r} was deleted meanwhile.")
    base = now
    memory_file = home.settings.overlays / f"{tree_key(tree)}.tree"
    memory = TreeMemory.load(memory_file)
    work_tree = WorkTree(top)
    head = work_tree.head()
    snapshot, files = work_tree.look(memory)
    overlay = find_overlay(connection, base.dataset_id, tree)
    decisions = Decisions(memory.notes.get(_DECISIONS))
    request = OverlayRequest(
        base, {}, options_of_dataset(connection, base.dataset_id), overlay, decisions
    )
    recipe = overlay_recipe(request, home.settings)
    listing = snapshot.listing_id
    if overlay and _is_of(overlay, base, listing, recipe):
        if files.is_new:
            TreeMemory(files.remembered, memory.notes).save(memory_file)
        return Refreshed(base, overlay)
    request = OverlayRequest(
        base, manifest(connection, base.dataset_id), request.options, overlay, decisions
    )
    plan = plan_overlay(snapshot, request, home.settings)
    TreeMemory(files.remembered, {_DECISIONS: decisions.to_store()}).save(memory_file)
    if most is not None and plan.size > most:
        _require_near(work_tree, head.commit, plan, most)
    overlay_id = reserve_overlay(connection, base, tree)
    written = _write(home, snapshot, plan, overlay, overlay_id, emit)
    states, uncommitted = _states(work_tree, snapshot, head.commit, plan, written)
    prepared = PreparedOverlay(
        head=head.commit,
        branch=head.branch,
        listing=listing,
        recipe=recipe,
        table_name=written.table_name,
        table_version=written.version,
        chunks=written.chunks,
        uncommitted=uncommitted,
        files=states,
    )
    publish_overlay(connection, overlay_id, base, prepared)
    if overlay and overlay.table_name not in (None, written.table_name):
        home.store.drop(str(overlay.table_name))
    found = find_overlay(connection, base.dataset_id, tree)
    if found is None:
        raise StoreBusyError(f"The overlay of {tree} was removed meanwhile.")
    return Refreshed(base, found)


def _require_near(work_tree: WorkTree, commit: str | None, plan: OverlayPlan, most: int) -> None:
    """What is not committed, no base can have, however much it is."""
    paths = [*(file.path for file in plan.wanted), *plan.hidden]
    committed = work_tree.committed(commit, paths)
    files = sum(committed.get(file.path) == file.content_id for file in plan.wanted)
    files += sum(path not in committed for path in plan.hidden)
    if commit is not None and files > most:
        raise TooDifferentError(files)


def _is_of(overlay: Overlay, base: Dataset, listing: str, recipe: str) -> bool:
    return (overlay.listing, overlay.recipe, overlay.base_revision, overlay.base_table) == (
        listing,
        recipe,
        base.revision,
        base.table_name,
    )


def _write(
    home: Home,
    snapshot: TreeSnapshot,
    plan: OverlayPlan,
    overlay: Overlay | None,
    overlay_id: int,
    emit: Emit,
) -> WrittenOverlay:
    table = f"overlay{overlay_id}_{uuid.uuid4().hex[:12]}"
    left = begin_table(home.connection, overlay_id, table)
    if left:  # the process that wrote it was killed
        home.store.drop(left)
    try:
        return write_overlay(
            snapshot, plan, overlay, table, home.settings, store=home.store, emit=emit
        )
    except BaseException:
        home.store.drop(table)
        raise


def _states(
    work_tree: WorkTree,
    snapshot: TreeSnapshot,
    commit: str | None,
    plan: OverlayPlan,
    written: WrittenOverlay,
) -> tuple[tuple[OverlayFile, ...], int]:
    """The files of the overlay, and how many differ from the commit that is checked out."""
    own = {file.path for file in written.files}
    gone = [path for path in plan.hidden if path not in own]
    committed = work_tree.committed(commit, [*own, *gone])
    found: list[OverlayFile] = []
    uncommitted = 0
    for file in written.files:
        state: OverlayState = "modified" if snapshot.is_tracked(file.path) else "untracked"
        if committed.get(file.path) == snapshot.content_id(file.path):
            state = "committed"
        uncommitted += state != "committed"
        shown = state if file.chunks else "hidden"
        found.append(OverlayFile(file.path, file.content_id, file.language, file.chunks, shown))
    for path in gone:
        uncommitted += path in committed and committed[path] != snapshot.content_id(path)
        found.append(OverlayFile(path, "", "", 0, "hidden"))
    return tuple(found), uncommitted
