"""The whole way from a reference to a dataset version that is ready to be published.

reference -> clone -> tree diff -> source files -> chunks -> vectors -> table version
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ccingest import git
from ccingest.chunking import chunk_file, chunker_id
from ccingest.embedding import Embedder, canonical_name, load_embedder
from ccingest.errors import NothingToIndexError, StoreError
from ccingest.events import Emit, FileProgress, FilesPlanned, Notice, PhaseStarted, discard
from ccingest.files import FilePlan, plan_files, read_file, selection_id
from ccingest.records import (
    Chunk,
    DatasetVersion,
    EmbeddedChunk,
    IngestCounts,
    IngestOptions,
    JobResult,
    ManifestFile,
    Phase,
    RepoRef,
    SourceFile,
    TreeFile,
    Unchanged,
)
from ccingest.settings import Settings
from ccingest.store import TableStore, TableWriter


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


@dataclass(frozen=True, slots=True)
class TreeDiff:
    """What it takes to get from a manifest to a tree."""

    added: tuple[TreeFile, ...]
    changed: tuple[TreeFile, ...]
    removed: tuple[str, ...]
    kept: tuple[ManifestFile, ...]

    @property
    def stale_paths(self) -> tuple[str, ...]:
        return (*(file.path for file in self.changed), *self.removed)

    @property
    def to_read(self) -> tuple[TreeFile, ...]:
        return tuple(sorted((*self.added, *self.changed), key=lambda file: file.path))


def ingest(
    request: IngestRequest, settings: Settings, emit: Emit = discard
) -> JobResult | Unchanged:
    """Write the dataset version of a commit. Nothing is visible before the caller publishes it.

    Raises what git, files, embedding and store raise, NothingToIndexError when the commit has no
    file to index, and whatever `emit` raises to stop the job.
    """
    clock = _PhaseClock(emit)
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
        writer = _open_writer(store, base, request.new_table, embedder)
        chunks_removed = writer.remove_files(diff.stale_paths)
        run = _FileRun(reader, settings, embedder, writer, clock)
        run.index(diff.to_read)
        clock.enter("index")
        version, total = writer.finish()
    manifest = (*diff.kept, *run.indexed)
    if not total:
        store.drop(request.new_table)
        raise _nothing_to_index(request.ref, plan, run.skipped)
    clock.enter("commit")
    counts = _counts(diff, run, plan, chunks_removed, total, clock)
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


def diff_files(tree: Sequence[TreeFile], manifest: Mapping[str, ManifestFile]) -> TreeDiff:
    """Compare by path and blob id: a blob id is the hash of the content."""
    paths = {file.path for file in tree}
    known = [(file, manifest.get(file.path)) for file in tree]
    return TreeDiff(
        added=tuple(file for file, old in known if old is None),
        changed=tuple(file for file, old in known if old and old.blob_id != file.blob_id),
        removed=tuple(path for path in manifest if path not in paths),
        kept=tuple(old for file, old in known if old and old.blob_id == file.blob_id),
    )


class _PhaseClock:
    """Tells the phases and measures them, in seconds."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self._phase: Phase | None = None
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def enter(self, phase: Phase) -> None:
        if phase == self._phase:
            return
        self._stop()
        self._phase, self._since = phase, time.monotonic()
        self.emit(PhaseStarted(phase))

    def seconds(self) -> dict[str, float]:
        self._stop()
        return {phase: round(spent, 3) for phase, spent in self._seconds.items()}

    def _stop(self) -> None:
        now = time.monotonic()
        if self._phase:
            self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._since
        self._since = now


class _FileRun:
    """Takes files through chunking and embedding into the table, a batch of chunks at a time."""

    def __init__(
        self,
        reader: git.ObjectReader,
        settings: Settings,
        embedder: Embedder,
        writer: TableWriter,
        clock: _PhaseClock,
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._embedder = embedder
        self._writer = writer
        self._clock = clock
        self._batch: list[tuple[Chunk, int]] = []
        self.indexed: list[ManifestFile] = []
        self.skipped: Counter[str] = Counter()
        self.fallbacks: Counter[str] = Counter()
        self.chunks = 0
        self.bytes = 0

    def index(self, files: Sequence[TreeFile]) -> None:
        bytes_total = sum(file.size for file in files)
        bytes_done = 0
        for done, file in enumerate(files, start=1):
            self._clock.enter("chunk")
            self._chunk(file)
            bytes_done += file.size
            while len(self._batch) >= self._embedder.chunks_per_batch:
                self._embed(self._embedder.chunks_per_batch)
            self._clock.emit(
                FileProgress(done, len(files), bytes_done, bytes_total, self.chunks, file.path)
            )
        self._embed(len(self._batch))

    def _chunk(self, file: TreeFile) -> None:
        source = read_file(self._reader, file)
        if not isinstance(source, SourceFile):
            self.skipped[source] += 1
            return
        chunked = chunk_file(
            source, target=self._settings.chunk_target, overlap=self._settings.chunk_overlap
        )
        if chunked.fallback:
            self.fallbacks[chunked.fallback] += 1
        self._batch += [(chunk, ordinal) for ordinal, chunk in enumerate(chunked.chunks)]
        self.bytes += file.size
        self.chunks += len(chunked.chunks)
        self.indexed.append(
            ManifestFile(file.path, file.blob_id, source.language, len(chunked.chunks))
        )

    def _embed(self, size: int) -> None:
        batch, self._batch = self._batch[:size], self._batch[size:]
        if not batch:
            return
        self._clock.enter("embed")
        vectors = self._embedder.embed_documents([chunk.text for chunk, _ in batch])
        self._writer.add(
            [
                EmbeddedChunk(chunk, ordinal, vector)
                for (chunk, ordinal), vector in zip(batch, vectors, strict=True)
            ]
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
    run: _FileRun,
    plan: FilePlan,
    chunks_removed: int,
    total: int,
    clock: _PhaseClock,
) -> IngestCounts:
    indexed = {file.path for file in run.indexed}
    return IngestCounts(
        indexed_files=len(diff.kept) + len(run.indexed),
        total_chunks=total,
        files_added=sum(file.path in indexed for file in diff.added),
        files_changed=len(diff.changed),
        files_removed=len(diff.removed),
        chunks_added=run.chunks,
        chunks_removed=chunks_removed,
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
