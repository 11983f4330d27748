"""The pages of a revision, read from what the crawl kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ccingest.errors import DamagedSourceError
from ccingest.models import Entry
from ccingest.sources.web.pages import PageReader


class SiteSnapshot:
    """The Markdown of the pages, by path. Raises DamagedSourceError when it can't be read."""

    was_kept = False
    is_live = False
    is_site = True

    def __init__(self, file: Path, revision_id: str) -> None:
        self._file = file
        self.revision_id = revision_id
        self._reader = PageReader(file)

    def __reduce__(self) -> tuple[Any, ...]:
        return SiteSnapshot, (self._file, self.revision_id)

    def entries(self) -> Iterator[Entry]:
        try:
            yield from self._reader.entries()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def size(self, path: str, content_id: str) -> int | None:  # noqa: ARG002 - each path has one
        try:
            return self._reader.size(path)
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def read(self, path: str, content_id: str) -> bytes | None:  # noqa: ARG002
        try:
            text = self._reader.text(path)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return None if text is None else text.encode()

    def close(self) -> None:
        self._reader.close()

    def _damaged(self, error: sqlite3.Error) -> DamagedSourceError:
        return DamagedSourceError(f"The kept pages in {self._file} can't be read: {error}.")
