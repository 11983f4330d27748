"""Counting what an ingest would embed, without embedding it."""

from __future__ import annotations

from ccingest.embedding import estimated_tokens
from ccingest.models import Estimate
from ccingest.pipeline.chunk_pool import ChunkPool
from ccingest.pipeline.chunked import FileChunks
from ccingest.pipeline.diff import diff_files
from ccingest.pipeline.ingest import usable_base
from ccingest.pipeline.request import IngestRequest, recipe_of
from ccingest.pipeline.titles import embedded_text
from ccingest.pipeline.writing import known_vectors
from ccingest.progress import Emit, FileProgress, FilesPlanned, PhaseStarted, discard
from ccingest.selection import plan_files
from ccingest.settings import Settings
from ccingest.sources.source import R, Source
from ccingest.store import TableStore


def estimate(
    source: Source[R],
    request: IngestRequest,
    settings: Settings,
    store: TableStore,
    names: tuple[str, str],
    emit: Emit = discard,
) -> Estimate:
    """What `ingest` would embed for the same request. `names` are those of project and dataset.

    Fetches the source as an ingest does, and writes nothing else. Raises what source, selection and
    store raise, and whatever `emit` raises.
    """
    recipe = recipe_of(request.options, settings)
    base = usable_base(request, recipe, store, emit)
    emit(PhaseStarted("resolve"))
    revision = source.resolve(
        branch=request.branch, revision=request.revision, held=request.held_revision, emit=emit
    )
    about = (*names, source.reference)
    if base and revision.id == base.revision:
        return Estimate(
            *about, revision.id, recipe.embedder, kept_files=base.files, is_up_to_date=True
        )
    emit(PhaseStarted("clone"))
    with source.open(revision, emit) as snapshot:
        options = request.options
        plan = plan_files(snapshot, include=options.include, exclude=options.exclude)
        diff = diff_files(plan.files, request.manifest if base else {})
        known = known_vectors(store, base, diff)
        total = sum(file.size for file in diff.to_read)
        emit(FilesPlanned(len(diff.to_read), total))
        emit(PhaseStarted("chunk"))
        files = size = chunks = length = 0
        with ChunkPool(snapshot, settings, diff.to_read, isolate_parsing=False) as pool:
            for done, result in enumerate(filter(None, pool.results()), start=1):
                file, found = result
                if isinstance(found, FileChunks):
                    files, size = files + 1, size + file.size
                    texts = [embedded_text(one.path, one.symbol, one.text) for one in found.chunks]
                    new = [text for text in texts if text not in known]
                    chunks += len(new)
                    length += sum(len(text.encode("utf-8", "surrogatepass")) for text in new)
                emit(FileProgress(done, len(diff.to_read), size, total, chunks, file.path))
        return Estimate(
            *about,
            snapshot.revision_id,
            recipe.embedder,
            files=files,
            bytes=size,
            chunks=chunks,
            tokens=estimated_tokens(length),
            kept_files=len(diff.kept),
            skipped_files=sum(plan.skipped.values()) + len(diff.to_read) - files,
        )
