"""Titles of chunks, which are compared with a question."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from ccingest.embedding import Embedder
from ccingest.models import Chunk
from ccingest.ranking import title_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TitleVectors:
    """The vectors of titles, each made once: 1 KB a title. For any number of threads.

    A chunk is known again as the very object, as in ccingest.ranking.facts.
    """

    _MOST = 20_000  # chunks

    def __init__(self) -> None:
        self._lock = Lock()
        self._chunks: list[Chunk] = []  # while a chunk is held, no other object has its id
        self._row_of_chunk: dict[int, int] = {}
        self._row_of: dict[str, int] = {}
        self._rows: NDArray[np.float32] | None = None

    def of(self, chunks: Sequence[Chunk], model: Embedder) -> NDArray[np.float32]:
        """Of the title of each chunk, shape (chunks, dimensions)."""
        with self._lock:
            if len(self._chunks) > self._MOST:
                self._chunks, self._row_of_chunk, self._row_of, self._rows = [], {}, {}, None
            row_of = self._row_of_chunk
            places = [row_of.get(id(chunk), -1) for chunk in chunks]
            if -1 in places:
                new = [chunk for chunk, at in zip(chunks, places, strict=True) if at < 0]
                titles = list(map(title_of, new))
                self._learn(titles, model)
                self._chunks += new
                row_of.update(zip(map(id, new), map(self._row_of.__getitem__, titles), strict=True))
                places = [row_of[id(chunk)] for chunk in chunks]
            assert self._rows is not None
            found: NDArray[np.float32] = self._rows[places]
            return found

    def _learn(self, titles: Sequence[str], model: Embedder) -> None:
        import numpy as np

        new = list(dict.fromkeys(title for title in titles if title not in self._row_of))
        if not new:
            return
        vectors = model.embed_documents(new)
        first = len(self._row_of)
        end = first + len(new)
        self._row_of |= zip(new, range(first, end), strict=True)
        rows = self._rows
        if rows is None or len(rows) < end:  # twice as many, so that each is copied once
            self._rows = np.empty((2 * end, vectors.shape[1]), dtype=np.float32)
            if rows is not None:
                self._rows[:first] = rows[:first]
        assert self._rows is not None
        self._rows[first:end] = vectors
