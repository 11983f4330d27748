"""From a clone to a table version that nobody sees yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccingest import git
from ccingest.embedding import Embedder, load_embedder
from ccingest.errors import NetworkError, NotFoundError
from ccingest.events import FilesPlanned, Notice
from ccingest.files import FilePlan, plan_files
from ccingest.pipeline.chunk_pool import ChunkPool
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.diff import TreeDiff, diff_files
from ccingest.pipeline.files import FileRun
from ccingest.pipeline.request import IngestRequest, Recipe
from ccingest.pipeline.titles import embedded_text
from ccingest.records import Checkout, DatasetVersion
from ccingest.settings import Settings
from ccingest.store import TableStore, TableWriter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Vectors kept in memory, 1 KB each: enough for any usual day's changes.
_MOST_KNOWN = 65_536


@dataclass(frozen=True, slots=True)
class WrittenVersion:
    """A table version, and how it came to be."""

    checkout: Checkout
    plan: FilePlan
    diff: TreeDiff
    run: FileRun
    stale_chunks: int
    version: int
    total: int  # chunks


@dataclass(frozen=True, slots=True)
class VersionWriting:
    """From the clone to the table."""

    request: IngestRequest
    settings: Settings
    recipe: Recipe
    base: DatasetVersion | None
    resolved: git.Resolved
    access: git.Access
    store: TableStore
    clock: PhaseClock

    def write_from(self, clone: git.CloneFolder) -> WrittenVersion:
        """Also when the clone was kept and turns out to be damaged: then it is cloned again."""
        try:
            written = self._write(clone)
            if not clone.was_kept or not written.run.skipped["missing"]:
                return written
            why = "objects are missing"
        except (git.DamagedRepositoryError, NetworkError, NotFoundError) as error:
            if not clone.was_kept:
                raise
            why = error.message
        self.clock.emit(Notice("warning", f"The kept clone is of no use ({why}): cloned again."))
        return self._write(clone.replaced())

    def _write(self, clone: git.CloneFolder) -> WrittenVersion:
        emit, options = self.clock.emit, self.request.options
        self.clock.enter("clone")
        checkout = git.fetch_checkout(
            self.request.ref, self.resolved, into=clone.path, access=self.access, emit=emit
        )
        reader = git.ObjectReader(checkout)
        self.clock.enter("diff")
        plan = plan_files(reader, include=options.include, exclude=options.exclude)
        if clone.was_kept and plan.skipped.get("missing"):
            raise git.DamagedRepositoryError(f"{self.request.ref.full_name} lacks files.")
        diff = diff_files(plan.files, self.request.manifest if self.base else {})
        emit(FilesPlanned(len(diff.to_read), sum(file.size for file in diff.to_read)))
        with ChunkPool(
            checkout,
            reader,
            self.settings,
            diff.to_read,
            isolate_parsing=self.request.isolate_parsing,
        ) as pool:
            embedder = load_embedder(
                self.recipe.embedder,
                cache=self.settings.model_cache,
                batch_size=self.settings.embedding_batch_size,
            )
            known = _known_vectors(self.store, self.base, diff)
            writer = _open_writer(self.store, self.base, self.request.new_table, embedder)
            stale_chunks = writer.remove_files(diff.stale_paths)
            run = FileRun(embedder, writer, self.clock, known)
            run.index(diff.to_read, pool.results())
        self.clock.enter("index")
        version, total = writer.finish()
        return WrittenVersion(checkout, plan, diff, run, stale_chunks, version, total)


def _known_vectors(
    store: TableStore, base: DatasetVersion | None, diff: TreeDiff
) -> Mapping[str, NDArray[np.float32]]:
    """Of the chunks that go, by what was embedded: many come back in a changed or a moved file."""
    if not base or not diff.stale_paths or not diff.to_read:
        return {}
    reader = store.read(base.table_name, base.table_version)
    stale = reader.vectors(diff.stale_paths, limit=_MOST_KNOWN)
    return {embedded_text(*key): vector for key, vector in stale.items()}


def _open_writer(
    store: TableStore, base: DatasetVersion | None, new_table: str, embedder: Embedder
) -> TableWriter:
    if base:
        return store.continue_from(base.table_name, base.table_version)
    return store.create(new_table, embedder.dimensions)
