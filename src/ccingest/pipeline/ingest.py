"""The whole way, from a reference to a result that waits to be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ccingest import git
from ccingest.errors import NothingToIndexError, StoreError
from ccingest.events import Emit, Notice, discard
from ccingest.files import FilePlan
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.memory import bound_memory
from ccingest.pipeline.request import IngestRequest, Recipe, recipe_of
from ccingest.pipeline.writing import VersionWriting, WrittenVersion
from ccingest.records import DatasetVersion, IngestCounts, JobResult, RepoRef, Unchanged
from ccingest.settings import Settings
from ccingest.store import TableStore


def ingest(
    request: IngestRequest, settings: Settings, emit: Emit = discard
) -> JobResult | Unchanged:
    """Write the dataset version of a commit. Nothing is visible before the caller publishes it.

    Raises what git, files, embedding and store raise, NothingToIndexError when the commit has no
    file to index, and whatever `emit` raises to stop the job.
    """
    bound_memory()
    clock = PhaseClock(emit)
    store = TableStore(settings.tables)
    access = git.Access(token=settings.token, host=settings.gh_host)
    recipe = recipe_of(request.options, settings)
    base = _usable_base(request, recipe, store, emit)

    clock.enter("resolve")
    resolved = git.resolve(request.ref, branch=request.branch, sha=request.sha, access=access)
    if base and resolved.sha == base.sha:
        return Unchanged(base.sha, resolved.branch, f"already up to date at {base.sha[:10]}")

    limit = settings.clone_cache_mb * 1_000_000 if request.options.cache else 0
    folders = {"cache": settings.clone_cache, "clones": settings.clones}
    with (
        git.clone_folder(request.ref, limit=limit, **folders) as clone,
        _dropped_on_failure(store, request),
    ):
        writing = VersionWriting(request, settings, recipe, base, resolved, access, store, clock)
        written = writing.write_from(clone)
    if not written.total:
        store.drop(request.new_table)
        raise _nothing_to_index(request.ref, written.plan, written.run.skipped)
    clock.enter("commit")
    counts = _counts(written, clock)
    return JobResult(
        sha=written.checkout.sha,
        branch=written.checkout.branch,
        embedder=recipe.embedder,
        chunker=recipe.chunker,
        selection=recipe.selection,
        table_name=base.table_name if base else request.new_table,
        table_version=written.version,
        manifest=(*written.diff.kept, *written.run.indexed),
        counts=counts,
        message=_message(written.checkout.sha, counts),
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
        store.check(base.table_name, base.table_version)
    except StoreError as error:
        if error.retryable:
            raise
        emit(Notice("warning", f"{error.message} Everything is done anew."))
        return None
    return base


@contextmanager
def _dropped_on_failure(store: TableStore, request: IngestRequest) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.drop(request.new_table)
        raise


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
        skipped=dict(Counter(written.plan.skipped) + run.skipped),
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
