"""Keeping datasets of folders up to date, while their files change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker, enqueue_requests
from ccingest.app.requests import AddOptions, requests_for
from ccingest.db.catalog import find_dataset
from ccingest.errors import CcingestError, FolderNotFoundError, StorageFullError, StoreBusyError
from ccingest.models import Job, JobRequest
from ccingest.progress import Emit, Notice, discard
from ccingest.settings import Settings
from ccingest.sources.folder import identity_of

if TYPE_CHECKING:
    from ccingest.sources.folder import FolderSource

_log = logging.getLogger(__name__)

# A burst ends when nothing has changed for the first time, or after the second: somebody who writes
# all the time must not keep the dataset from being brought up to date.
_QUIET_MS = 300
_LONGEST_BURST_MS = 3000
_TICK_MS = 1000
# Network file systems report no changes of other machines, and the system may lose some in a storm.
_LOOK_AGAIN_SECONDS = 300.0


@dataclass
class _Watched:
    request: JobRequest
    source: FolderSource
    is_due: bool = True
    identity: tuple[int, int] | None = None  # device and inode; None while there is no folder
    looked_at: float = field(default_factory=time.monotonic)
    trouble: str = ""  # why it could not be brought up to date, as the last message said


class FolderWatcher:
    """Makes one job for each burst of changes, and runs it. `stop` ends it."""

    def __init__(
        self,
        home: Home,
        worker: ForegroundWorker,
        folders: Sequence[str | Path],
        options: AddOptions,
        stop: threading.Event,
    ) -> None:
        """Raises InvalidReferenceError for a path that is no folder, and what `requests_for` raises."""
        self._home = home
        self._worker = worker
        self._stop = stop
        requests = requests_for(
            home.settings, list(map(str, folders)), replace(options, source="folder")
        )
        self._watched = [_Watched(one, _source(one, home.settings)) for one in requests]

    @property
    def folders(self) -> list[Path]:
        return [one.source.folder for one in self._watched]

    def run(self, emit: Emit = discard) -> Iterator[Job]:
        """Each job, when it has ended. Raises KeyboardInterrupt when `stop` is set during a job."""
        uses_polling = False
        while not self._stop.is_set():
            for one in self._watched:
                one.identity = identity_of(one.source.folder)
            try:
                yield from self._run_until_replaced(emit, uses_polling=uses_polling)
            except OSError as error:
                if uses_polling:
                    _log.warning("The folders can't be watched now: %s", error)
                    self._stop.wait(_TICK_MS / 1000)
                else:
                    emit(Notice("warning", f"{error}. The folders are looked at every second."))
                uses_polling = True

    def _run_until_replaced(self, emit: Emit, *, uses_polling: bool) -> Iterator[Job]:
        """Until a folder is removed or made. Then what watches it has to begin again."""
        for number, changed in enumerate(self._changes(uses_polling=uses_polling)):
            # Only from the second on, the system tells of changes. What came before it, a listing shows.
            self._note(changed, all_are_due=number == 1)
            for one in self._watched:
                if one.is_due and one.identity and not self._stop.is_set():
                    one.is_due = False
                    if job := self._brought_up_to_date(one, emit):
                        yield job
            if self._replaced(emit):
                return

    def _changes(self, *, uses_polling: bool) -> Iterator[set[str]]:
        """The paths of each burst; an empty set about once a second, the first at once."""
        yield set()
        folders = [one.source.folder for one in self._watched if one.identity]
        if not folders:
            while not self._stop.wait(_TICK_MS / 1000):
                yield set()
            return
        from watchfiles import watch

        for changes in watch(
            *folders,
            watch_filter=_matters(self._watched),
            debounce=_LONGEST_BURST_MS,
            step=_QUIET_MS,
            stop_event=self._stop,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
            force_polling=uses_polling,
            poll_delay_ms=_TICK_MS,
            ignore_permission_denied=True,
        ):
            yield {path for _, path in changes}

    def _note(self, changed: set[str], *, all_are_due: bool) -> None:
        now = time.monotonic()
        for one in self._watched:
            folder = str(one.source.folder)
            is_below = any(path == folder or path.startswith(f"{folder}/") for path in changed)
            is_old = now - one.looked_at > _LOOK_AGAIN_SECONDS
            one.is_due |= is_below or is_old or all_are_due

    def _replaced(self, emit: Emit) -> bool:
        """Whether a folder is not the one that is watched any more."""
        found = False
        for one in self._watched:
            identity = identity_of(one.source.folder)
            if identity == one.identity:
                continue
            found = one.is_due = True
            state = "is there again" if identity else "was removed; it is waited for"
            if one.identity is None or identity is None:
                emit(Notice("info", f"{one.source.folder} {state}."))
        return found

    def _brought_up_to_date(self, one: _Watched, emit: Emit) -> Job | None:
        """The job that was needed; None when nothing has changed, or the folder is gone."""
        one.looked_at = time.monotonic()
        try:
            if not self._is_changed(one):
                return None
        except FolderNotFoundError:
            return None
        except CcingestError as error:  # the job says so, in the history
            _log.info("%s", error.message)
        try:
            (job,) = self._worker.run(enqueue_requests(self._home, [one.request]), emit)
        except (StoreBusyError, StorageFullError) as error:  # both pass
            one.is_due = True
            if error.message != one.trouble:
                emit(Notice("warning", f"{error.message} It is tried until that works."))
            one.trouble = error.message
            return None
        one.trouble = ""
        one.request = replace(one.request, dataset=job.dataset, other_names=())
        return job

    def _is_changed(self, one: _Watched) -> bool:
        if one.request.other_names:  # the first time, when its name may be another one
            return True
        dataset = find_dataset(self._home.connection, one.request.project, one.request.dataset)
        if dataset is None:
            return True
        return one.source.resolve(branch=None, revision=None).id != dataset.revision


def _source(request: JobRequest, settings: Settings) -> FolderSource:
    from ccingest.sources import open_source
    from ccingest.sources.folder import FolderSource

    source = open_source(request.source, settings, request.options)
    assert isinstance(source, FolderSource)
    return source


def _matters(watched: Sequence[_Watched]) -> Callable[[object, str], bool]:
    """Which changes count, as watchfiles asks for it."""
    from ccingest.sources.folder import RelevantPaths

    relevant = [
        (f"{one.source.folder}/", RelevantPaths(one.source.folder, one.source.choice))
        for one in watched
    ]

    def matters(_: object, path: str) -> bool:
        return any(f"{path}/".startswith(folder) and of(path) for folder, of in relevant)

    return matters
