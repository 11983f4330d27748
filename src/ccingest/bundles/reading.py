"""Reading a bundle, each part of which is checked before it is handed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from sys import getsizeof
from typing import TYPE_CHECKING

from ccingest.bundles.archive import (
    CHUNKS,
    FILES,
    MANIFEST,
    MEMBERS,
    SIGNATURE,
    SKIPPED,
    VECTORS,
    ArchiveReader,
)
from ccingest.bundles.limits import (
    MOST_FILE_TEXTS,
    MOST_ROW_BYTES,
    MOST_ROWS,
    MOST_SKIPPED_TEXTS,
)
from ccingest.bundles.manifest import Member, from_json
from ccingest.bundles.rows import chunk_of, file_of, skipped_of
from ccingest.bundles.signing import verified_by
from ccingest.errors import BundleError, NotFoundError
from ccingest.models import Bundle, Chunk, EmbeddedChunk, ManifestFile, SkippedFile
from ccingest.secrets import hide_secrets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FLOAT = 4  # bytes
_NONE = bytearray()


@dataclass(frozen=True)
class OpenBundle:
    """A bundle whose manifest has been read. A context manager. Its methods raise BundleError."""

    bundle: Bundle
    archive: ArchiveReader
    manifest_bytes: bytes
    members: dict[str, Member]

    @property
    def unpacked_bytes(self) -> int:
        """Of all members together, as far as they have checksums."""
        return sum(member.bytes for member in self.members.values())

    def signed_by(self, keys: bytes) -> str:
        """Which of these public keys has signed it. Raises UntrustedBundleError, UsageError."""
        return verified_by(self.manifest_bytes, self.archive.small(SIGNATURE), keys)

    def files(self) -> dict[str, ManifestFile]:
        """The files by path, as many and with as many chunks as the manifest says."""
        manifest = self.bundle.manifest
        found: dict[str, ManifestFile] = {}
        room = _Room(MOST_FILE_TEXTS)
        languages: set[str] = set()
        for line in self.archive.open(FILES, self.members[FILES]).lines():
            file = file_of(line)
            room.take(file.path, file.content_id)
            if file.language not in languages:
                languages.add(file.language)
                room.take(file.language)
            if file.path in found or len(found) == manifest.files:
                raise BundleError("The bundle has a file twice, or more than its manifest says.")
            found[file.path] = file
        chunks = sum(file.chunks for file in found.values())
        if (len(found), chunks) != (manifest.files, manifest.chunks):
            raise BundleError("The bundle has not the files and chunks that its manifest says.")
        return found

    def skipped(self) -> tuple[SkippedFile, ...]:
        found: list[SkippedFile] = []
        room = _Room(MOST_SKIPPED_TEXTS)
        for line in self.archive.open(SKIPPED, self.members[SKIPPED]).lines():
            if len(found) == self.bundle.manifest.skipped:
                raise BundleError("The bundle has more skipped files than its manifest says.")
            found.append(skipped_of(line))
            room.take(found[-1].path, found[-1].rule)
        if len(found) != self.bundle.manifest.skipped:
            raise BundleError("The bundle has fewer skipped files than its manifest says.")
        return tuple(found)

    def chunks(
        self, files: dict[str, ManifestFile], longest_vector: float
    ) -> Iterator[list[EmbeddedChunk]]:
        """All chunks, some at a time: those of each file, each once, with vectors of numbers."""
        manifest = self.bundle.manifest
        if self.members[VECTORS].bytes != manifest.chunks * manifest.dimensions * _FLOAT:
            raise BundleError("The bundle has not one vector of its dimension for each chunk.")
        lines = self.archive.open(CHUNKS, self.members[CHUNKS]).lines()
        vectors = self.archive.open(VECTORS, self.members[VECTORS])
        missing = _Missing(files)
        while found := list(_some(lines)):
            missing.take(found)
            block = vectors.block(len(found) * manifest.dimensions * _FLOAT)
            matrix = _matrix(block, manifest.dimensions, longest_vector)
            yield [
                EmbeddedChunk(chunk, ordinal, vector)
                for (ordinal, chunk), vector in zip(found, matrix, strict=True)
            ]
        missing.require_none()
        vectors.finish()

    def __enter__(self) -> OpenBundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()


def _some(lines: Iterator[bytes]) -> Iterator[tuple[int, Chunk]]:
    """The next chunks, as many as take little memory."""
    left = MOST_ROW_BYTES
    for line in islice(lines, MOST_ROWS):
        yield chunk_of(line)
        left -= len(line)
        if left <= 0:
            return


class _Room:
    """What texts that are held in memory may take of it."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, *texts: str) -> None:
        self._left -= sum(map(getsizeof, texts))
        if self._left < 0:
            raise BundleError("The bundle lists more files, or longer paths, than can be held.")


class _Missing:
    """Which chunks of the files have not come yet."""

    def __init__(self, files: dict[str, ManifestFile]) -> None:
        self._seen = {file.path: bytearray(file.chunks) for file in files.values() if file.chunks}
        self._left = sum(file.chunks for file in files.values())

    def take(self, chunks: list[tuple[int, Chunk]]) -> None:
        for ordinal, chunk in chunks:
            seen = self._seen.get(chunk.path, _NONE)
            if ordinal >= len(seen) or seen[ordinal]:
                raise BundleError("The bundle has a chunk twice, or of no file of its manifest.")
            seen[ordinal] = 1
        self._left -= len(chunks)

    def require_none(self) -> None:
        if self._left:
            raise BundleError("The bundle has fewer chunks than its manifest says.")


def open_bundle(path: Path, location: str) -> OpenBundle:
    """Open a bundle and read its manifest. `location` is where the user said it lies.

    Raises NotFoundError when there is no file, BundleError for what is no bundle.
    """
    try:
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "not there" if not path.exists() else "no file"
            raise NotFoundError(f"The bundle {location} is {kind}.")
        archive = ArchiveReader(path)
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or "its name is none that a file can have"
        raise BundleError(
            f"Can't read the bundle {ascii(hide_secrets(location))[:200]}: {text}."
        ) from error
    try:
        data = archive.small(MANIFEST) or b""
        manifest, members = from_json(data, MEMBERS)
        is_signed = archive.small(SIGNATURE) is not None
    except BaseException:
        archive.close()
        raise
    digest = sha256(data).hexdigest()
    found = Bundle(location, manifest, digest, path.stat().st_size, is_signed)
    return OpenBundle(found, archive, data, members)


def _matrix(block: bytes, dimensions: int, longest: float) -> NDArray[np.float32]:
    """The vectors of some chunks. Raises BundleError for one that no model gives."""
    import numpy as np

    matrix = np.frombuffer(block, dtype="<f4").reshape(-1, dimensions).astype(np.float32)
    # In double precision, squares of no float are too large. NaN compares as False.
    lengths = np.sqrt(np.square(matrix, dtype=np.float64).sum(axis=1))
    if not (lengths <= longest).all():
        raise BundleError("The bundle has vectors that no model gives: no numbers, or too long.")
    return matrix
