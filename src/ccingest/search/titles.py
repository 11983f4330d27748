"""Titles of chunks, which are compared with a question."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from ccingest.embedding import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TitleVectors:
    """The vectors of titles, each made once: 1 KB a title. For any number of threads."""

    _MOST = 20_000

    def __init__(self) -> None:
        self._lock = Lock()
        self._row_of: dict[str, int] = {}
        self._rows: NDArray[np.float32] | None = None

    def of(self, titles: Sequence[str], model: Embedder) -> NDArray[np.float32]:
        """Shape (titles, dimensions)."""
        import numpy as np

        with self._lock:
            if len(self._row_of) > self._MOST:
                self._row_of, self._rows = {}, None
            places = [self._row_of.get(title, -1) for title in titles]
            if -1 in places:
                new = list(dict.fromkeys(title for title in titles if title not in self._row_of))
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
                places = [self._row_of[title] for title in titles]
            assert self._rows is not None
            found: NDArray[np.float32] = self._rows[places]
            return found
