"""Bringing the overlay of a work tree up to date with the files on disk.

One process at a time refreshes the overlay of a tree: the kernel releases its lock when it ends,
however that is. What a killed one left is never visible, and the next one removes it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccingest import __version__
from ccingest.app.home import Home
from ccingest.app.trees import memory_of, tree_lock
from ccingest.db.catalog import find_dataset
from ccingest.db.connection import reading, repeated
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, manifest_of, skipped_files
from ccingest.db.overlays import (
    begin_table,
    find_overlay,
    options_of_dataset,
    publish_overlay,
    reserve_overlay,
)
from ccingest.errors import (
    DatasetNotFoundError,
    StoreBusyError,
    StoreError,
    TreeChangedError,
    VersionGoneError,
)
from ccingest.models import Dataset, ManifestFile, Overlay, OverlayFile, PreparedOverlay
from ccingest.models.overlays import OverlayState
from ccingest.progress import Emit, discard
from ccingest.sources.git import Head, TreeMemory, TreeSnapshot, WorkTree

if TYPE_CHECKING:
    from ccingest.pipeline.overlay import OverlayPlan, OverlayRequest, WrittenOverlay

_log = logging.getLogger(__name__)

# How long a question waits for another process that refreshes the same tree, in seconds. Then it is
# answered from the last version. A refresh of a few files takes a quarter of a second.
WAIT_SECONDS = 5.0
_POLL = 0.01
# How often to look at a tree or a base that changes meanwhile: so many times, and for so many seconds.
_LOOKS = 4
_LOOK_SECONDS = 10.0
# What is noted with the memory of a tree: what the rules decided, and the version it belongs to.
_DECISIONS, _LISTING = "decisions", "listing"


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
            last = None if time.monotonic() < end else _last(home.connection, base, tree)
            if last:
                return last
            time.sleep(_POLL)
            continue
        except OSError as error:
            raise StoreError(
                f"Can't write {home.settings.overlays}: {error.strerror}; check the folder, or set "
                "another CCINGEST_HOME."
            ) from error
        try:
            return _refresh(home, top, tree, base, most, emit)
        finally:
            lock.__exit__(None, None, None)


@repeated
def _last(connection: Connection, base: Dataset, tree: str) -> Refreshed | None:
    with reading(connection):
        now = find_dataset(connection, base.project, base.name)
        overlay = find_overlay(connection, now.dataset_id, tree) if now else None
    return Refreshed(now, overlay, is_current=False) if now and overlay else None


def _refresh(
    home: Home, top: Path, tree: str, base: Dataset, most: int | None, emit: Emit
) -> Refreshed:
    end = time.monotonic() + _LOOK_SECONDS
    for number in count(1):
        try:
            return _look(home, top, tree, base, most, emit)
        except (TreeChangedError, StoreBusyError, VersionGoneError) as error:
            if number >= _LOOKS and time.monotonic() > end:
                raise
            _log.info("The tree %s is looked at again: %s", tree, error.message)
    raise AssertionError("count has no end")


def _look(
    home: Home, top: Path, tree: str, base: Dataset, most: int | None, emit: Emit
) -> Refreshed:
    connection = home.connection
    now = find_dataset(connection, base.project, base.name)
    if now is None:
        raise DatasetNotFoundError(f"The dataset {base.name!r} was deleted meanwhile.")
    memory = TreeMemory.load(memory_of(home, tree))
    work_tree = WorkTree(top)
    head, snapshot, files = work_tree.look(memory, without=home.settings.home)
    published = find_overlay(connection, now.dataset_id, tree)
    previous = _whole(home, published)
    seen = _Seen(home, work_tree, head, snapshot, now, previous)
    if previous and seen.is_same_as(previous):
        if files.is_new:
            TreeMemory(files.remembered, memory.notes).save(memory_of(home, tree))
        return Refreshed(now, previous)
    overlay, notes = seen.published(memory, most, emit)
    TreeMemory(files.remembered, notes).save(memory_of(home, tree))
    if published and published.table_name not in (None, overlay.table_name):
        home.store.drop(str(published.table_name))
    return Refreshed(now, overlay)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A tree as it was seen, and what it is compared with. The caller holds the tree's lock."""

    home: Home
    work_tree: WorkTree
    head: Head
    snapshot: TreeSnapshot
    base: Dataset
    previous: Overlay | None  # the visible version of the overlay

    @property
    def listing(self) -> str:
        """The same for the same files and, with the same ccingest, the same chunks of them."""
        settings = self.home.settings
        cut = f"{__version__}/{settings.chunk_target}/{settings.chunk_overlap}"
        return f"{cut} {self.snapshot.listing_id}"

    def is_same_as(self, overlay: Overlay) -> bool:
        """Whether the overlay is of this tree and of this base."""
        base = self.base
        made_of = overlay.listing, overlay.base_revision, overlay.base_table
        return made_of == (self.listing, base.revision, base.table_name)

    def published(
        self, memory: TreeMemory, most: int | None, emit: Emit
    ) -> tuple[Overlay, Mapping[str, Any]]:
        """Write the overlay, and make it the visible one. Also returns what to note for next time.

        Raises StoreBusyError when the base has another version by now, and TooDifferentError.
        """
        from ccingest.pipeline.overlay import plan_overlay

        home, commit = self.home, self.head.commit
        request = self._request(memory)
        plan = plan_overlay(self.snapshot, request, home.settings, home.store)
        if most is not None and plan.size > most:
            _require_near(self, plan, most)
        tree = str(self.work_tree.top)
        overlay_id = reserve_overlay(home.connection, self.base, tree)
        written = self._written(plan, overlay_id, emit)
        files, uncommitted = _states(self.work_tree, self.snapshot, commit, plan, written)
        prepared = PreparedOverlay(
            head=commit,
            branch=self.head.branch,
            listing=self.listing,
            recipe=plan.recipe,
            table_name=written.table_name,
            table_version=written.version,
            chunks=written.chunks,
            uncommitted=uncommitted,
            files=files,
        )
        publish_overlay(home.connection, overlay_id, self.base, prepared)
        found = find_overlay(home.connection, self.base.dataset_id, tree)
        if found is None:
            raise StoreBusyError(f"The overlay of {tree} was removed meanwhile.")
        decisions = request.decisions.to_store() if not plan.is_quick else memory.notes[_DECISIONS]
        return found, {_LISTING: self.listing, _DECISIONS: decisions}

    def _request(self, memory: TreeMemory) -> OverlayRequest:
        from ccingest.pipeline.overlay import OverlayRequest
        from ccingest.selection import Decisions

        connection, dataset_id = self.home.connection, self.base.dataset_id

        def files_of_base(paths: Sequence[str] | None) -> Mapping[str, ManifestFile]:
            if paths is None:
                return manifest(connection, dataset_id)
            return manifest_of(connection, dataset_id, paths)

        is_of_previous = self.previous and memory.notes.get(_LISTING) == self.previous.listing
        files = self.snapshot.files.items()
        return OverlayRequest(
            base=self.base,
            manifest=files_of_base,
            options=options_of_dataset(connection, dataset_id),
            previous=self.previous,
            decisions=Decisions(memory.notes.get(_DECISIONS)),
            before={path: content_id for path, (_, content_id) in memory.files.items()}
            if is_of_previous
            else {},
            now={path: file.content_id for path, file in files if file.kind == "file"},
        )

    def _written(self, plan: OverlayPlan, overlay_id: int, emit: Emit) -> WrittenOverlay:
        from ccingest.pipeline.overlay import write_overlay

        home = self.home
        table = f"overlay{overlay_id}_{uuid.uuid4().hex[:12]}"
        left = begin_table(home.connection, overlay_id, table)
        if left:  # the process that wrote it was killed
            home.store.drop(left)
        try:
            return write_overlay(
                self.snapshot,
                plan,
                self.previous,
                table,
                home.settings,
                store=home.store,
                emit=emit,
            )
        except BaseException:
            home.store.drop(table)
            raise


def _require_near(seen: _Seen, plan: OverlayPlan, most: int) -> None:
    """No base can have what is not committed, so that does not count."""
    commit, base, connection = seen.head.commit, seen.base, seen.home.connection
    if commit in (None, base.revision):
        return
    skipped = {file.path for file in skipped_files(connection, base.dataset_id)[0]}
    paths = {*(file.path for file in plan.to_read), *(file.path for file in plan.kept)}
    own = sorted(paths - skipped)
    committed = seen.work_tree.committed(commit, [*own, *plan.hidden])
    files = sum(committed.get(path) == seen.snapshot.content_id(path) for path in own)
    files += sum(path not in committed for path in plan.hidden)
    if files > most:
        raise TooDifferentError(files)


def _whole(home: Home, overlay: Overlay | None) -> Overlay | None:
    """The overlay, if its table is as it was written; what is damaged is made again."""
    if overlay is None or overlay.table_name is None or overlay.table_version is None:
        return overlay
    try:
        home.store.check(overlay.table_name, overlay.table_version)
    except StoreError as error:
        if error.retryable:
            raise
        _log.warning("The overlay of %s is made again: %s", overlay.tree, error.message)
        return None
    return overlay


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
        hides = file.path in plan.hides
        found.append(
            OverlayFile(file.path, file.content_id, file.language, file.chunks, shown, hides)
        )
    for path in gone:
        uncommitted += path in committed and committed[path] != snapshot.content_id(path)
        found.append(OverlayFile(path, "", "", 0, "hidden", path in plan.hides))
    return tuple(found), uncommitted
