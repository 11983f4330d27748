"""The whole pipeline, from a source to a version that is ready to be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ccingest.errors import NothingToIndexError, StoreError
from ccingest.models import (
    Dataset,
    IngestCounts,
    PreparedVersion,
    Reference,
    Revision,
    SkippedFiles,
    Unchanged,
)
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.files import FileRun
from ccingest.pipeline.request import IngestRequest, Recipe, recipe_of
from ccingest.pipeline.writing import VersionWriter, WrittenVersion, table_to_write
from ccingest.plurals import number_of
from ccingest.progress import Emit, Notice, discard
from ccingest.selection import FilePlan, SkippedList
from ccingest.settings import Settings
from ccingest.sources.source import R, Source
from ccingest.store import TableStore

_LONGEST_SHOWN = 100  # characters of a path


def ingest(
    source: Source[R],
    request: IngestRequest,
    settings: Settings,
    emit: Emit = discard,
    *,
    store: TableStore | None = None,
) -> PreparedVersion | Unchanged:
    """Write the dataset version of a revision. Nobody sees it before the caller publishes it.

    `store` has the tables; that of the settings if it is None.

    Raises what source, selection, embedding and store raise, NothingToIndexError when the revision
    has no file to index, and whatever `emit` raises to stop the job.
    """
    clock = PhaseClock(emit)
    store = store or TableStore(settings.tables)
    recipe = recipe_of(request.options, settings)
    base = usable_base(request, recipe, store, emit)

    clock.enter("fetch" if source.reference.is_fetched_to_resolve else "resolve")
    revision = source.resolve(
        branch=request.branch, revision=request.revision, held=request.held_revision, emit=emit
    )
    if base and revision.id == base.revision:
        return Unchanged(
            _plain(revision, revision.id), f"already up to date at {base.revision[:10]}"
        )
    if base and not store.has(base.table_name):
        base = _whole(base, store, emit)

    with _dropped_on_failure(store, request):
        written = VersionWriter(request, settings, recipe, base, store, clock).write(
            source, revision
        )
    if not written.total:
        store.drop(request.new_table)
        raise _nothing_to_index(source.reference, written.plan, written.run)
    clock.enter("commit")
    counts = _counts(written, clock)
    return PreparedVersion(
        revision=_plain(revision, written.revision_id),
        embedder=recipe.embedder,
        chunker=recipe.chunker,
        selection=recipe.selection,
        table_name=table_to_write(request, base),
        table_version=written.version,
        manifest=(*written.diff.kept, *written.run.indexed),
        counts=counts,
        message=_message(written.revision_id, counts),
        skipped=_skipped(written.plan, written.run),
    )


def usable_base(
    request: IngestRequest, recipe: Recipe, store: TableStore, emit: Emit
) -> Dataset | None:
    """The published version if this ingest can continue from it; None to start from scratch."""
    base = request.base
    if base is None or request.options.force:
        return None
    if not recipe.made(base):
        emit(Notice("info", "Model, chunking or file selection changed: all files are read again."))
        return None
    if len(request.manifest) != base.files:
        emit(Notice("warning", "The list of its files was damaged. All files are read again."))
        return None
    # A table that has to be brought here first is looked at when it is needed.
    return _whole(base, store, emit) if store.has(base.table_name) else base


def _whole(base: Dataset, store: TableStore, emit: Emit) -> Dataset | None:
    """The version, if all of it is there."""
    try:
        store.check(base.table_name, base.table_version)
        if store.repair_index(base.table_name, base.table_version):
            emit(Notice("warning", "Its index was damaged or of an earlier version; made again."))
    except StoreError as error:
        if error.retryable:
            raise
        emit(Notice("warning", f"{error.message} All files are read again."))
        return None
    return base


@contextmanager
def _dropped_on_failure(store: TableStore, request: IngestRequest) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.drop(request.new_table)
        raise


def _plain(revision: Revision, revision_id: str) -> Revision:
    """Without what only its source knows of it."""
    return Revision(revision_id, revision.branch, full_branch=revision.full_branch)


def _counts(written: WrittenVersion, clock: PhaseClock) -> IngestCounts:
    diff, run = written.diff, written.run
    indexed = {file.path for file in run.indexed}
    return IngestCounts(
        indexed_files=len(diff.kept) + len(run.indexed),
        total_chunks=written.total,
        files_added=sum(file.path in indexed for file in diff.added),
        files_changed=len(diff.changed),
        files_moved=len(diff.moved),
        files_removed=len(diff.removed),
        files_kept=len(diff.kept),
        chunks_added=run.chunks - run.chunks_moved,
        chunks_moved=run.chunks_moved,
        chunks_removed=max(0, written.stale_chunks - run.chunks_moved),
        chunks_kept=written.total - run.chunks,
        bytes_read=run.bytes,
        skipped_files=_skipped_counts(written.plan, run),
        fallback_files=dict(run.fallbacks),
        phase_seconds=clock.seconds(),
    )


def _message(revision: str, counts: IngestCounts) -> str:
    text = (
        f"indexed {number_of(counts.indexed_files, 'file')} as "
        f"{number_of(counts.total_chunks, 'chunk')} at {revision[:10]}"
    )
    skipped = sum(counts.skipped_files.values())
    return f"{text}; {number_of(skipped, 'file')} skipped" if skipped else text


def _skipped(plan: FilePlan, run: FileRun) -> SkippedFiles:
    """Those that were skipped by their path, and those that were skipped when they were read."""
    both = SkippedList()
    both.extend(plan.skipped_files)
    both.extend(run.skipped.files())
    return both.files()


def _skipped_counts(plan: FilePlan, run: FileRun) -> dict[str, int]:
    counts: Counter[str] = Counter()
    counts.update(plan.skipped)
    counts.update(run.skipped.counts)
    return dict(counts)


def _nothing_to_index(source: Reference, plan: FilePlan, run: FileRun) -> NothingToIndexError:
    skipped = _skipped(plan, run).listed
    if not skipped:
        return NothingToIndexError(f"Nothing to index in {source.name}: it holds no files.")
    reasons = Counter(_skipped_counts(plan, run))
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    some = ", ".join(f"{file.path[:_LONGEST_SHOWN]!r} {file.reason}" for file in skipped[:3])
    return NothingToIndexError(
        f"Nothing to index in {source.name}: every file was skipped ({why}), such as {some}."
    )
