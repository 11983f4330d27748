"""The whole way from a reference to a dataset version that is ready to be published.

reference -> clone -> tree diff -> source files -> chunks -> vectors -> table version
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccingest import git
from ccingest.chunking import chunker_id
from ccingest.embedding import Embedder, canonical_name, load_embedder
from ccingest.errors import NothingToIndexError, StoreError
from ccingest.events import Emit, FilesPlanned, Notice, discard
from ccingest.files import FilePlan, plan_files, selection_id
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.diff import TreeDiff, diff_files
from ccingest.pipeline.files import FileRun
from ccingest.records import (
    DatasetVersion,
    IngestCounts,
    IngestOptions,
    JobResult,
    ManifestFile,
    RepoRef,
    Unchanged,
)
from ccingest.settings import Settings
from ccingest.store import TableStore, TableWriter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Vectors kept in memory, 1 KB each: enough for any usual day's changes.
_MOST_KNOWN = 65_536


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What to bring to which commit, and what there is already."""

    ref: RepoRef
    new_table: str  # name for a table of its own, should one be needed
    branch: str | None = None
    sha: str | None = None
    options: IngestOptions = field(default_factory=IngestOptions)
    base: DatasetVersion | None = None
    manifest: Mapping[str, ManifestFile] = field(default_factory=dict)  # of `base`, by path


@dataclass(frozen=True, slots=True)
class Recipe:
    """What, beside the commit, decides the content of a dataset version."""

    embedder: str
    chunker: str
    selection: str

    def made(self, version: DatasetVersion) -> bool:
        return self == Recipe(version.embedder, version.chunker, version.selection)


def ingest(
    request: IngestRequest, settings: Settings, emit: Emit = discard
) -> JobResult | Unchanged:
    """Write the dataset version of a commit. Nothing is visible before the caller publishes it.

    Raises what git, files, embedding and store raise, NothingToIndexError when the commit has no
    file to index, and whatever `emit` raises to stop the job.
    """
    clock = PhaseClock(emit)
    store = TableStore(settings.tables)
    access = git.Access(token=settings.token, host=settings.gh_host)
    recipe = recipe_of(request.options, settings)
    base = _usable_base(request, recipe, store, emit)

    clock.enter("resolve")
    resolved = git.resolve(request.ref, branch=request.branch, sha=request.sha, access=access)
    if base and resolved.sha == base.sha:
        return Unchanged(base.sha, resolved.branch, f"already up to date at {base.sha[:10]}")

    with git.temporary_clone(settings.clones) as folder, _dropped_on_failure(store, request):
        clock.enter("clone")
        checkout = git.fetch_checkout(request.ref, resolved, into=folder, access=access, emit=emit)
        reader = git.ObjectReader(checkout)
        clock.enter("diff")
        options = request.options
        plan = plan_files(reader, include=options.include, exclude=options.exclude)
        diff = diff_files(plan.files, request.manifest if base else {})
        emit(FilesPlanned(len(diff.to_read), sum(file.size for file in diff.to_read)))
        embedder = load_embedder(
            recipe.embedder, cache=settings.model_cache, batch_size=settings.embedding_batch_size
        )
        known = _known_vectors(store, base, diff)
        writer = _open_writer(store, base, request.new_table, embedder)
        stale_chunks = writer.remove_files(diff.stale_paths)
        run = FileRun(reader, settings, embedder, writer, clock, known)
        run.index(diff.to_read)
        clock.enter("index")
        version, total = writer.finish()
    manifest = (*diff.kept, *run.indexed)
    if not total:
        store.drop(request.new_table)
        raise _nothing_to_index(request.ref, plan, run.skipped)
    clock.enter("commit")
    counts = _counts(diff, run, plan, stale_chunks, total, clock)
    return JobResult(
        sha=checkout.sha,
        branch=checkout.branch,
        embedder=recipe.embedder,
        chunker=recipe.chunker,
        selection=recipe.selection,
        table_name=base.table_name if base else request.new_table,
        table_version=version,
        manifest=manifest,
        counts=counts,
        message=_message(checkout.sha, counts),
    )


def recipe_of(options: IngestOptions, settings: Settings) -> Recipe:
    """Raises UnknownModelError or UsageError for a model or a glob that can't be."""
    return Recipe(
        embedder=canonical_name(options.model or settings.model),
        chunker=chunker_id(settings.chunk_target, settings.chunk_overlap),
        selection=selection_id(options.include, options.exclude),
    )


def _usable_base(
    request: IngestRequest, recipe: Recipe, store: TableStore, emit: Emit
) -> DatasetVersion | None:
    """The published version if this ingest may continue from it; None means: from scratch."""
    base = request.base
    if base is None or request.options.force:
        return None
    if not recipe.made(base):
        emit(Notice("info", "Model, chunking or file selection changed: everything is done anew."))
        return None
    try:
        store.read(base.table_name, base.table_version).check()
    except StoreError as error:
        if error.retryable:
            raise
        emit(Notice("warning", f"{error.message} Everything is done anew."))
        return None
    return base


def _known_vectors(
    store: TableStore, base: DatasetVersion | None, diff: TreeDiff
) -> Mapping[str, NDArray[np.float32]]:
    """Of the chunks that go, by their text: many come back in a changed or a moved file."""
    if not base or not diff.stale_paths or not diff.to_read:
        return {}
    reader = store.read(base.table_name, base.table_version)
    return reader.vectors(diff.stale_paths, limit=_MOST_KNOWN)


def _open_writer(
    store: TableStore, base: DatasetVersion | None, new_table: str, embedder: Embedder
) -> TableWriter:
    if base:
        return store.continue_from(base.table_name, base.table_version)
    return store.create(new_table, embedder.dimensions)


@contextmanager
def _dropped_on_failure(store: TableStore, request: IngestRequest) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.drop(request.new_table)
        raise


def _counts(
    diff: TreeDiff,
    run: FileRun,
    plan: FilePlan,
    stale_chunks: int,
    total: int,
    clock: PhaseClock,
) -> IngestCounts:
    indexed = {file.path for file in run.indexed}
    return IngestCounts(
        indexed_files=len(diff.kept) + len(run.indexed),
        total_chunks=total,
        files_added=sum(file.path in indexed for file in diff.added),
        files_changed=len(diff.changed),
        files_moved=len(diff.moved),
        files_removed=len(diff.removed),
        files_kept=len(diff.kept),
        chunks_added=run.chunks - run.chunks_moved,
        chunks_moved=run.chunks_moved,
        chunks_removed=max(0, stale_chunks - run.chunks_moved),
        chunks_kept=total - run.chunks,
        bytes_read=run.bytes,
        skipped=dict(Counter(plan.skipped) + run.skipped),
        fallbacks=dict(run.fallbacks),
        seconds=clock.seconds(),
    )


def _message(sha: str, counts: IngestCounts) -> str:
    text = f"indexed {counts.indexed_files:,} files as {counts.total_chunks:,} chunks at {sha[:10]}"
    skipped = sum(counts.skipped.values())
    return f"{text}; {skipped:,} files skipped" if skipped else text


def _nothing_to_index(
    ref: RepoRef, plan: FilePlan, skipped: Mapping[str, int]
) -> NothingToIndexError:
    reasons = Counter(plan.skipped) + Counter(skipped)
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return NothingToIndexError(
        f"Nothing to index in {ref.full_name}: "
        + (f"every file was skipped ({why})." if why else "the commit holds no files.")
    )
