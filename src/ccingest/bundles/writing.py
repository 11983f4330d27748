"""Writing a bundle."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ccingest.bundles.archive import (
    CHUNKS,
    FILES,
    MANIFEST,
    SIGNATURE,
    SKIPPED,
    VECTORS,
    ArchiveWriter,
)
from ccingest.bundles.manifest import to_json
from ccingest.bundles.rows import line_of_chunk, line_of_file, line_of_skipped
from ccingest.bundles.signing import Signer
from ccingest.errors import StorageFullError, StoreError, UsageError
from ccingest.models import Bundle, BundleManifest, Chunk, ManifestFile, SkippedFile
from ccingest.progress import Emit, FileProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COPIED_AT_ONCE = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class BundleContent:
    """What goes into a bundle beside its manifest. `chunks` gives some at a time."""

    files: Sequence[ManifestFile]
    skipped: Sequence[SkippedFile]
    chunks: Iterable[tuple[Sequence[tuple[int, Chunk]], NDArray[np.float32]]]


def write_bundle(
    path: Path,
    manifest: BundleManifest,
    content: BundleContent,
    *,
    signer: Signer | None,
    emit: Emit,
) -> Bundle:
    """Write a bundle, which is there as a whole or not at all.

    Raises UsageError when there can't be a file at the path, StorageFullError, StoreError when the
    dataset does not have the chunks that the manifest says, and what `emit` raises.
    """
    with _replaced(path) as file, ArchiveWriter(file) as archive:
        with archive.member(FILES) as member:
            for one in content.files:
                member.write(line_of_file(one))
        with archive.member(SKIPPED) as member:
            for skipped in content.skipped:
                member.write(line_of_skipped(skipped))
        with tempfile.TemporaryFile(dir=path.parent) as vectors:
            written = _write_chunks(archive, manifest, content, vectors, emit)
            if written != manifest.chunks:
                raise StoreError(
                    f"The dataset {manifest.dataset} has {written:,} chunks and not the "
                    f"{manifest.chunks:,} that its files have.",
                    hint="add_again_whole",
                )
            vectors.seek(0)
            with archive.member(VECTORS, packed=False) as member:
                while block := vectors.read(_COPIED_AT_ONCE):
                    member.write(block)
        data = to_json(manifest, archive.members)
        signature = {SIGNATURE: signer.sign(data)} if signer else {}
        archive.finish({MANIFEST: data, **signature})
    return Bundle(str(path), manifest, sha256(data).hexdigest(), path.stat().st_size, bool(signer))


def _write_chunks(
    archive: ArchiveWriter,
    manifest: BundleManifest,
    content: BundleContent,
    vectors: IO[bytes],
    emit: Emit,
) -> int:
    """The chunks into the archive, and the vectors into a file; returns how many those were."""
    done = 0
    with archive.member(CHUNKS) as member:
        for chunks, matrix in content.chunks:
            for ordinal, chunk in chunks:
                member.write(line_of_chunk(ordinal, chunk))
            vectors.write(matrix.astype("<f4", copy=False).tobytes())
            done += len(chunks)
            emit(FileProgress(0, manifest.files, done, manifest.chunks, done, ""))
    return done


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file beside the path, which comes to its name when the body has ended without an error."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the file that the bundle becomes.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise StorageFullError(f"The disk is full: could not write {path}.") from error
        raise UsageError(f"Can't write {path}: {error.strerror}.") from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
