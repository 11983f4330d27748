"""Reading the files of a listing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ccingest.errors import FolderNotFoundError, UnresponsiveError
from ccingest.models import Entry
from ccingest.sources.folder.files import VanishedError, open_folder, read_as, reason_of
from ccingest.watchdog import STALL_SECONDS, StalledError, WatchedThread


class FolderSnapshot:
    """The files of a folder as they were listed. One that has changed since then can't be read."""

    was_kept = False
    is_live = True

    def __init__(
        self,
        path: bytes,
        revision_id: str,
        entries: Sequence[Entry] = (),
        sizes: Mapping[bytes, int] | None = None,
    ) -> None:
        self._path = path
        self._entries = entries
        self._sizes = sizes or {}
        self._root: int | None = None
        self._thread = WatchedThread()
        self.revision_id = revision_id

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the listing: other processes only read."""
        return FolderSnapshot, (self._path, self.revision_id)

    def entries(self) -> Iterator[Entry]:
        return iter(self._entries)

    def size(self, path: str, content_id: str) -> int | None:  # noqa: ARG002 - each path has one
        """Bytes of a file, when it was listed."""
        return self._sizes.get(os.fsencode(path))

    def read(self, path: str, content_id: str) -> bytes | None:
        """A file's content; None when it has changed or can't be read any more.

        Raises FolderNotFoundError when the whole folder was removed, and UnresponsiveError.
        """
        try:
            return self._thread.call(
                lambda: self._read(os.fsencode(path), content_id), stall_seconds=STALL_SECONDS
            )
        except StalledError:
            raise UnresponsiveError(
                f"{os.fsdecode(self._path)} does not answer: {path} could not be read in "
                f"{STALL_SECONDS:.0f} s."
            ) from None

    def close(self) -> None:
        self._thread.close()
        if self._root is not None:
            os.close(self._root)
            self._root = None

    def _read(self, path: bytes, content_id: str) -> bytes | None:
        try:
            if self._root is None:
                self._root = open_folder(self._path)
            return read_as(self._root, path, content_id, beat=_no_beat)
        except VanishedError:
            return None
        except OSError as error:
            if reason_of(error) is None and not Path(os.fsdecode(self._path)).is_dir():
                raise FolderNotFoundError(
                    f"{os.fsdecode(self._path)} was removed while it was read; the dataset stays "
                    "as it was."
                ) from error
            return None


def _no_beat() -> None:
    """A single file needs no pulse: the call as a whole has a time limit."""
