"""A git repository as a Source."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccingest.errors import (
    AccessError,
    DamagedSourceError,
    NetworkError,
    NotFoundError,
    RepositoryNotFoundError,
)
from ccingest.models import Reference
from ccingest.progress import Emit, Notice, PhaseStarted, discard
from ccingest.sources.git.access import Access
from ccingest.sources.git.cache import CloneFolder, clone_folder
from ccingest.sources.git.fetching import fetch
from ccingest.sources.git.library import folder_of_same_name
from ccingest.sources.git.resolving import GitRevision, resolve
from ccingest.sources.git.snapshot import GitSnapshot
from ccingest.values import dataclass
from ccingest.watchdog import run_watched

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GitSource:
    """Fetches a repository and reads it.

    `cache` is the folder of kept clones, `clones` that of temporary ones. `cache_limit` is the most
    bytes of all kept clones together; 0 keeps none.
    """

    reference: Reference
    access: Access
    cache: Path
    clones: Path
    cache_limit: int

    def resolve(
        self,
        *,
        branch: str | None,
        revision: str | None,
        held: str | None = None,
        emit: Emit = discard,
    ) -> GitRevision:
        wanted = {"branch": branch, "revision": revision, "held": held}

        def ask(_: object = None) -> GitRevision:
            return resolve(self.reference, access=self.access, **wanted)

        def tick(_: object) -> None:
            emit(PhaseStarted("resolve"))  # again: nothing else is known, and it may raise to stop

        try:
            if self.reference.is_local:
                return ask()
            return run_watched(ask, on_tick=tick, stall_seconds=math.inf)
        except (RepositoryNotFoundError, AccessError, NetworkError) as error:
            folder = folder_of_same_name(self.reference)
            if folder is None:
                raise
            raise type(error)(
                f"{error.message} There is a repository in a folder of that name: {folder} names "
                "it.",
                hint=error.hint,
            ) from None

    @contextmanager
    def open(
        self, revision: GitRevision, emit: Emit, *, fresh: bool = False
    ) -> Iterator[GitSnapshot]:
        folder = folder_of_same_name(self.reference)
        if folder:
            name = f"{self.reference.host}/{self.reference.name}"
            emit(Notice("info", f"This is {name}; the folder of that name is {folder}."))
        folders = {"cache": self.cache, "clones": self.clones}
        with clone_folder(self.reference, limit=self.cache_limit, **folders) as kept:
            clone = kept.replaced() if fresh and kept.was_kept else kept
            yield self._fetched(revision, clone, emit)

    def _fetched(self, revision: GitRevision, clone: CloneFolder, emit: Emit) -> GitSnapshot:
        try:
            return self._fetch(revision, clone, emit)
        except (DamagedSourceError, NetworkError, NotFoundError) as error:
            if not clone.was_kept:
                raise
            _log.warning("The kept clone can't be used, so it is cloned again: %s", error.message)
        return self._fetch(revision, clone.replaced(), emit)

    def _fetch(self, revision: GitRevision, clone: CloneFolder, emit: Emit) -> GitSnapshot:
        path, commit = fetch(
            self.reference, revision, into=clone.path, access=self.access, emit=emit
        )
        return GitSnapshot(self.reference, path, commit, was_kept=clone.was_kept)
