"""Writing a source's revision as a table version that is not published yet."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from ccingest.embedding import Embedder, load_embedder
from ccingest.errors import DamagedSourceError
from ccingest.models import Dataset, ManifestFile, Reference
from ccingest.pipeline.chunk_pool import ChunkPool
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.diff import TreeDiff, diff_files
from ccingest.pipeline.files import FileRun
from ccingest.pipeline.request import IngestRequest, Recipe
from ccingest.pipeline.sharing import choose_template, share
from ccingest.pipeline.titles import embedded_text
from ccingest.progress import FilesPlanned
from ccingest.selection import FilePlan, plan_files
from ccingest.settings import Settings
from ccingest.sources.source import R, Snapshot, Source
from ccingest.store import TableStore, TableWriter
from ccingest.values import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

# The most numbers of vectors to keep in memory: 64 MB, which are 65,536 vectors of the model in the
# package. A usual day changes fewer chunks.
MOST_KNOWN_NUMBERS = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WrittenVersion:
    """A table version, and how it was made."""

    revision_id: str
    plan: FilePlan
    diff: TreeDiff
    run: FileRun
    stale_chunks: int
    version: int
    total: int  # chunks


class _IncompleteSnapshotError(DamagedSourceError):
    """The kept content of the source lacks files."""


@dataclass(frozen=True, slots=True)
class VersionWriter:
    """Writes one table version. `base` is the version that it continues, if any."""

    request: IngestRequest
    settings: Settings
    recipe: Recipe
    base: Dataset | None
    store: TableStore
    clock: PhaseClock

    def write(self, source: Source[R], revision: R) -> WrittenVersion:
        """Write the version. If the kept content of the source is damaged, fetch all of it again."""
        try:
            return self._write(source, revision, fresh=False)
        except _IncompleteSnapshotError as error:
            _log.warning("%s is fetched again: %s", source.reference.name, error.message)
        return self._write(source, revision, fresh=True)

    def _write(self, source: Source[R], revision: R, *, fresh: bool) -> WrittenVersion:
        self.clock.enter("fetch" if source.reference.is_fetched_to_resolve else "clone")
        with source.open(revision, self.clock.emit, fresh=fresh) as snapshot:
            try:
                written = self._write_from(snapshot, source.reference)
            except DamagedSourceError as error:
                if snapshot.was_kept:
                    raise _IncompleteSnapshotError(error.message) from error
                raise
            if written.run.skipped.counts["missing"]:
                raise _incomplete(snapshot, source.reference)
            return _settled(written)

    def _write_from(self, snapshot: Snapshot, source: Reference) -> WrittenVersion:
        options = self.request.options
        self.clock.enter("diff")
        plan = plan_files(snapshot, include=options.include, exclude=options.exclude)
        if plan.skipped.get("missing"):
            raise _incomplete(snapshot, source)
        start = self._start(plan)
        diff = diff_files(plan.files, start.manifest)
        self.clock.emit(FilesPlanned(len(diff.to_read), sum(file.size for file in diff.to_read)))
        with ChunkPool(
            snapshot, self.settings, diff.to_read, isolate_parsing=self.request.isolate_parsing
        ) as pool:
            embedder = load_embedder(
                self.recipe.embedder,
                cache=self.settings.model_cache,
                batch_size=self.settings.embedding_batch_size,
                emit=self.clock.emit,
            )
            known = known_vectors(self.store, start.version, diff)
            writer = self._writer(start, embedder)
            stale_chunks = writer.remove_files(diff.stale_paths)
            run = FileRun(embedder, writer, self.clock, known)
            run.index(diff.to_read, pool.results())
        self.clock.enter("index")
        version, total = writer.finish()
        return WrittenVersion(snapshot.revision_id, plan, diff, run, stale_chunks, version, total)

    def _start(self, plan: FilePlan) -> _Start:
        if self.base:
            return _Start(self.base, self.request.manifest)
        found = choose_template(plan.files, self.request.templates, self.store)
        if found and share(found, self.request.new_table, self.store, self.clock.emit):
            return _Start(found.dataset, found.manifest)
        return _Start()

    def _writer(self, start: _Start, embedder: Embedder) -> TableWriter:
        if start.version is None:
            return self.store.create(self.request.new_table, embedder.dimensions)
        table = table_to_write(self.request, self.base)
        is_new = self.base is None or self.request.copies_base
        if is_new and self.base:
            self.store.share(self.base.table_name, self.base.table_version, table)
        return self.store.continue_from(table, start.version.table_version, is_new=is_new)


def table_to_write(request: IngestRequest, base: Dataset | None) -> str:
    """The table of a version that continues `base`, if any."""
    return base.table_name if base and not request.copies_base else request.new_table


@dataclass(frozen=True, slots=True)
class _Start:
    """What a table version begins with: the rows of a version, and its files; or nothing."""

    version: Dataset | None = None
    manifest: Mapping[str, ManifestFile] = field(default_factory=dict)


def _settled(written: WrittenVersion) -> WrittenVersion:
    """Files that changed while they were read are not in it, so it is at no state of its source.

    Its id is one that no source has. So the next job looks again, also when the files have become
    what they were before.
    """
    if not (written.plan.skipped.get("changed") or written.run.skipped.counts["changed"]):
        return written
    changing = hashlib.sha256(f"{written.revision_id} changing".encode()).hexdigest()
    return replace(written, revision_id=changing[: len(written.revision_id)])


def _incomplete(snapshot: Snapshot, source: Reference) -> DamagedSourceError:
    """A dataset without them would be taken for the whole, and stay so at this revision."""
    kind = _IncompleteSnapshotError if snapshot.was_kept else DamagedSourceError
    return kind(f"{source.name} lacks files that the revision lists; it is damaged or incomplete.")


def known_vectors(
    store: TableStore, base: Dataset | None, diff: TreeDiff
) -> Mapping[str, NDArray[np.float32]]:
    """The vectors of removed chunks, by embedded text. Changed and moved files have many of them."""
    if not base or not diff.stale_paths or not diff.to_read:
        return {}
    reader = store.read(base.table_name, base.table_version)
    stale = reader.vectors(diff.stale_paths, most_numbers=MOST_KNOWN_NUMBERS)
    return {embedded_text(*key): vector for key, vector in stale.items()}
