"""One file of the revision, read and cut into chunks."""

from __future__ import annotations

from ccingest.chunking import Fallback, chunk_file
from ccingest.models import Chunk, SelectedFile, SkipReason, SourceFile
from ccingest.selection import read_file
from ccingest.sources import Snapshot
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class FileChunks:
    """The chunks of a file. `fallback` says why it was cut by lines, without its syntax tree."""

    language: str
    chunks: tuple[Chunk, ...]
    fallback: Fallback | None


@dataclass(frozen=True, slots=True)
class FileCutter:
    """`target` and `overlap` count characters, as in `chunk_file`."""

    snapshot: Snapshot
    target: int
    overlap: int

    def cut(
        self, file: SelectedFile, *, by_lines: Fallback | None = None
    ) -> FileChunks | SkipReason:
        """The chunks of a text file, or why it is skipped. `by_lines` is a reason to cut it by lines.

        Raises what the snapshot raises.
        """
        source = read_file(self.snapshot, file)
        if not isinstance(source, SourceFile):
            return source
        done = chunk_file(source, target=self.target, overlap=self.overlap, by_lines=by_lines)
        return FileChunks(source.language, done.chunks, done.fallback)
