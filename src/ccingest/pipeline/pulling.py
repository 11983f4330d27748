"""A bundle to a dataset version that is ready to be published. Nothing is chunked or embedded."""

from __future__ import annotations

from ccingest.bundles import OpenBundle
from ccingest.errors import StoreError
from ccingest.models import (
    Dataset,
    IngestCounts,
    ManifestFile,
    PreparedVersion,
    Revision,
    SkippedFiles,
    Unchanged,
)
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.request import Recipe
from ccingest.plurals import number_of
from ccingest.progress import Emit, FileProgress, FilesPlanned
from ccingest.store import TableStore


def version_of_bundle(
    opened: OpenBundle,
    store: TableStore,
    new_table: str,
    *,
    base: Dataset | None,
    longest_vector: float,
    emit: Emit,
) -> PreparedVersion | Unchanged:
    """Write the version that a bundle holds. Nobody sees it before the caller publishes it.

    `base` is the published version; None to write in any case. Raises BundleError when anything in
    the bundle is not as it has to be, what the store raises, and what `emit` raises.
    """
    manifest = opened.bundle.manifest
    revision = Revision(manifest.revision, manifest.branch, full_branch=manifest.wanted_branch)
    if base and _is_same(base, opened, store):
        return Unchanged(revision, f"already up to date at {base.revision[:10]}")
    clock = PhaseClock(emit)
    clock.enter("fetch")
    files = opened.files()
    skipped = SkippedFiles(opened.skipped(), manifest.skipped_left_out or 0)
    try:
        version = _write(opened, store, new_table, files, longest_vector, clock)
    except BaseException:
        store.drop(new_table)
        raise
    clock.enter("commit")
    return PreparedVersion(
        revision=revision,
        embedder=manifest.embedder,
        chunker=manifest.chunker,
        selection=manifest.selection,
        table_name=new_table,
        table_version=version,
        manifest=tuple(files.values()),
        counts=IngestCounts(
            indexed_files=len(files),
            total_chunks=manifest.chunks,
            files_added=len(files),
            chunks_added=manifest.chunks,
            phase_seconds=clock.seconds(),
        ),
        message=(
            f"pulled {number_of(len(files), 'file')} as {number_of(manifest.chunks, 'chunk')} at "
            f"{manifest.revision[:10]}"
        ),
        skipped=skipped,
    )


def _is_same(base: Dataset, opened: OpenBundle, store: TableStore) -> bool:
    manifest = opened.bundle.manifest
    recipe = Recipe(manifest.embedder, manifest.chunker, manifest.selection)
    if base.revision != manifest.revision or not recipe.made(base):
        return False
    try:
        store.check(base.table_name, base.table_version)
    except StoreError as error:
        if error.retryable:
            raise
        return False
    return True


def _write(
    opened: OpenBundle,
    store: TableStore,
    new_table: str,
    files: dict[str, ManifestFile],
    longest_vector: float,
    clock: PhaseClock,
) -> int:
    """Returns the version of the new table."""
    manifest = opened.bundle.manifest
    # A line of progress tells bytes, and those of a bundle are spread evenly over its chunks.
    size = opened.bundle.bytes
    clock.emit(FilesPlanned(len(files), size))
    writer = store.create(new_table, manifest.dimensions)
    done, seen, path = 0, 0, ""
    for chunks in opened.chunks(files, longest_vector):
        writer.add(chunks)
        done += len(chunks)
        seen += sum(one.ordinal == 0 for one in chunks)
        path = chunks[-1].chunk.path
        share = done * size // manifest.chunks
        clock.emit(FileProgress(seen, len(files), share, size, done, path))
    clock.enter("index")
    version, _ = writer.finish()
    return version
