"""Files to chunks to vectors to rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ccingest import git
from ccingest.chunking import chunk_file
from ccingest.embedding import Embedder
from ccingest.events import FileProgress
from ccingest.files import read_file
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.titles import embedded_text
from ccingest.records import Chunk, EmbeddedChunk, ManifestFile, SourceFile, TreeFile
from ccingest.settings import Settings
from ccingest.store import TableWriter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FileRun:
    """Takes files through chunking and embedding into the table, a batch of chunks at a time.

    A chunk of which the same was embedded before keeps the vector that it had.
    """

    def __init__(
        self,
        reader: git.ObjectReader,
        settings: Settings,
        embedder: Embedder,
        writer: TableWriter,
        clock: PhaseClock,
        known: Mapping[str, NDArray[np.float32]],  # embedded text -> vector
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._embedder = embedder
        self._writer = writer
        self._clock = clock
        self._known = known
        self._batch: list[tuple[Chunk, int]] = []
        self.indexed: list[ManifestFile] = []
        self.skipped: Counter[str] = Counter()
        self.fallbacks: Counter[str] = Counter()
        self.chunks = 0
        self.chunks_moved = 0  # of which, with a vector that was known
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
        texts = [embedded_text(chunk.path, chunk.symbol, chunk.text) for chunk, _ in batch]
        unknown = [text for text in texts if text not in self._known]
        made = iter(self._embedder.embed_documents(unknown) if unknown else ())
        self.chunks_moved += len(batch) - len(unknown)
        self._writer.add(
            [
                EmbeddedChunk(chunk, ordinal, next(made) if known is None else known)
                for (chunk, ordinal), text in zip(batch, texts, strict=True)
                for known in [self._known.get(text)]
            ]
        )
