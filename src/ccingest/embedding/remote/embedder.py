"""The Embedder of a model behind an HTTP API."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.embedding.embedder import unit_rows
from ccingest.embedding.names import RemoteName
from ccingest.embedding.remote.asking import FOR_DOCUMENTS, FOR_QUERIES, Asking
from ccingest.embedding.remote.batches import batches, cut
from ccingest.embedding.remote.kept import KeptVectors
from ccingest.embedding.remote.providers import PROVIDERS, Endpoint, endpoint_of
from ccingest.errors import EmbedderError
from ccingest.progress import Emit, Notice, PhaseStarted, discard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Of one answer, which takes 32 bytes for each: 256 texts of 4,096 dimensions. Several are there at once.
_MOST_NUMBERS = 1024 * 1024
_TICK = 0.1  # seconds between two looks whether the job was cancelled
# What these models were trained to find before a document and a question, as their cards say.
_INSTRUCTIONS = {
    "nomic-embed-text": ("search_document: ", "search_query: "),
    "mxbai-embed-large": ("", "Represent this sentence for searching relevant passages: "),
}


class RemoteEmbedder:
    """A model of a service. Any number of threads may use it.

    While it waits, it reports to `emit` about every 0.1 s, and ends all requests when that raises.
    """

    def __init__(
        self,
        name: RemoteName,
        endpoint: Endpoint,
        kept: KeptVectors,
        batch_size: int,
        emit: Emit = discard,
    ) -> None:
        provider = endpoint.provider
        self.name = str(name)
        self._endpoint = endpoint
        self._notes: deque[str] = deque(maxlen=100)
        self._asking = Asking(endpoint, name.model, name.dimensions, self._notes.append)
        self._kept = kept
        self._emit = emit
        self._most_texts = min(batch_size, provider.most_texts)
        self._prefixes = _INSTRUCTIONS.get(name.model.partition(":")[0], ("", ""))
        self._lock = threading.Lock()

    @property
    def chunks_per_batch(self) -> int:
        return self._most_texts * self._endpoint.provider.requests_at_once

    @property
    def dimensions(self) -> int:
        """Asks the service, once, if the number is not given: so a wrong key fails at the start."""
        with self._lock:
            if self._asking.dimensions is None:
                self._run(["dimensions"])
        assert self._asking.dimensions
        return self._asking.dimensions

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        kept = self._kept.get(texts, self.dimensions)
        missing = []
        for place, text in enumerate(texts):
            if text in kept:
                found[place] = kept[text]
            elif text.strip():  # services refuse an empty text
                missing.append(place)
        if missing:
            found[missing] = self._run([texts[place] for place in missing])
        return found

    def embed_query(self, text: str) -> NDArray[np.float32]:
        import numpy as np

        if not text.strip():
            return np.zeros(self.dimensions, dtype=np.float32)
        prepared = self._prepared(text, self._prefixes[1])
        vector: NDArray[np.float32] = unit_rows(
            self._asking.embed([prepared], "query", FOR_QUERIES)
        )[0]
        return vector

    def close(self) -> None:
        """End all requests."""
        self._asking.stop()

    def _prepared(self, text: str, instruction: str) -> str:
        text = text.encode("utf-8", "replace").decode()  # JSON has no lone surrogates
        return cut(instruction + text, self._endpoint.provider.most_tokens_each)

    def _run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The unit vectors of texts, by several requests at a time."""
        import numpy as np

        provider = self._endpoint.provider
        prepared = [self._prepared(text, self._prefixes[0]) for text in texts]
        most_texts = min(self._most_texts, _MOST_NUMBERS // (self._asking.dimensions or 1))
        spans = list(batches(prepared, most_texts=most_texts, most_tokens=provider.most_tokens))
        executor = ThreadPoolExecutor(provider.requests_at_once, "ccingest-embed")
        try:
            futures = {
                executor.submit(
                    self._asking.embed, prepared[span.start : span.stop], "document", FOR_DOCUMENTS
                ): span
                for span in spans
            }
            parts = self._collect(futures, texts)
        except BaseException:
            self.close()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
        executor.shutdown()
        if len({part.shape[1] for part in parts}) != 1:
            raise EmbedderError(f"The model {self.name} gives vectors of different sizes.")
        return np.concatenate(parts)

    def _collect(
        self, futures: Mapping[Future[NDArray[np.float32]], range], texts: Sequence[str]
    ) -> list[NDArray[np.float32]]:
        """The unit vectors in the order of the texts. Each part is kept as soon as it is there."""
        found: dict[int, NDArray[np.float32]] = {}
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in done:
                span, vectors = futures[future], unit_rows(future.result())
                found[span.start] = vectors
                self._kept.put(texts[span.start : span.stop], vectors)
            while self._notes:
                self._emit(Notice("warning", self._notes.popleft()))
            self._emit(PhaseStarted("embed"))
        return [found[start] for start in sorted(found)]


def load_remote(
    name: RemoteName,
    cache: Path,
    batch_size: int,
    emit: Emit = discard,
    environ: Mapping[str, str] = os.environ,
) -> RemoteEmbedder:
    """The embedder of a model of a known provider. Asks nothing yet.

    Raises UsageError for a wrong address, AccessError for a missing key.
    """
    endpoint = endpoint_of(PROVIDERS[name.provider], environ)
    kept = KeptVectors(cache / "vectors", f"{name} {endpoint.base_url}")
    return RemoteEmbedder(name, endpoint, kept, batch_size, emit)
