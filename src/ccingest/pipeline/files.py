"""Embedding chunks and writing them as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ccingest.embedding import Embedder
from ccingest.errors import EmbedderError
from ccingest.models import Chunk, EmbeddedChunk, ManifestFile, SelectedFile, SkipReason
from ccingest.pipeline.chunk_pool import FileResult
from ccingest.pipeline.chunked import FileChunks
from ccingest.pipeline.clock import PhaseClock
from ccingest.pipeline.titles import embedded_text
from ccingest.progress import FileProgress
from ccingest.selection import SkippedList
from ccingest.store import TableWriter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FileRun:
    """Embeds chunks and writes them to the table, in batches.

    A chunk whose text was embedded before keeps its vector.
    """

    def __init__(
        self,
        embedder: Embedder,
        writer: TableWriter,
        clock: PhaseClock,
        known: Mapping[str, NDArray[np.float32]],  # embedded text -> vector
    ) -> None:
        self._embedder = embedder
        self._writer = writer
        self._clock = clock
        self._known = known
        self._batch: list[tuple[Chunk, int]] = []
        self.indexed: list[ManifestFile] = []
        self.skipped = SkippedList()
        self.fallbacks: Counter[str] = Counter()
        self.chunks = 0
        self.chunks_moved = 0  # those of `chunks` that kept a known vector
        self.bytes = 0

    def index(self, files: Sequence[SelectedFile], results: Iterable[FileResult | None]) -> None:
        """Index files. `results` gives the chunks of each file in their order, and None while it waits.

        Reports progress for each file and each None, so that a cancellation is noticed.
        """
        if not files:
            return
        total = sum(file.size for file in files)
        progress = FileProgress(0, len(files), 0, total, 0, files[0].path)
        self._clock.enter("chunk")
        for result in results:
            if result:
                file, outcome = result
                self._take(file, outcome)
                while len(self._batch) >= self._embedder.chunks_per_batch:
                    self._embed(self._embedder.chunks_per_batch)
                done, read = progress.files_done + 1, progress.bytes_done + file.size
                progress = FileProgress(done, len(files), read, total, self.chunks, file.path)
            self._clock.emit(progress)
            self._clock.enter("chunk")
        self._embed(len(self._batch))

    def _take(self, file: SelectedFile, outcome: FileChunks | SkipReason) -> None:
        if not isinstance(outcome, FileChunks):
            self.skipped.add(file.path, outcome)
            return
        if outcome.fallback:
            self.fallbacks[outcome.fallback] += 1
        self._batch += [(chunk, ordinal) for ordinal, chunk in enumerate(outcome.chunks)]
        self.bytes += file.size
        self.chunks += len(outcome.chunks)
        self.indexed.append(
            ManifestFile(file.path, file.version_id, outcome.language, len(outcome.chunks))
        )

    def _embed(self, size: int) -> None:
        batch, self._batch = self._batch[:size], self._batch[size:]
        if not batch:
            return
        self._clock.enter("embed")
        texts = [embedded_text(chunk.path, chunk.symbol, chunk.text) for chunk, _ in batch]
        unknown = [text for text in texts if text not in self._known]
        new_vectors = iter(self._vectors(unknown) if unknown else ())
        self.chunks_moved += len(batch) - len(unknown)
        self._writer.add(
            [
                EmbeddedChunk(chunk, ordinal, next(new_vectors) if known is None else known)
                for (chunk, ordinal), text in zip(batch, texts, strict=True)
                for known in [self._known.get(text)]
            ]
        )

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises EmbedderError when the model has changed behind its name since the last version."""
        vectors = self._embedder.embed_documents(texts)
        if vectors.shape[1] != self._writer.dimensions:
            raise EmbedderError(
                f"The model {self._embedder.name} gives {vectors.shape[1]:,} dimensions now, and the "
                f"dataset has {self._writer.dimensions:,}.",
                hint="add_again_whole",
            )
        return vectors
