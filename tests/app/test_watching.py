"""Watching folders: what passes, such as a locked database, does not end it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from ccingest.app import watching
from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker, enqueue_requests
from ccingest.app.requests import AddOptions
from ccingest.app.watching import FolderWatcher
from ccingest.errors import StorageFullError, StoreBusyError, StoreError
from ccingest.models import Enqueued, JobRequest
from ccingest.progress import Notice, Progress
from ccingest.settings import Settings


def test_a_database_that_is_locked_for_long_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(home: Home, requests: Sequence[JobRequest]) -> list[Enqueued]:
        if errors:
            raise errors.pop(0)
        return enqueue_requests(home, requests)

    errors: list[StoreError] = [*map(StoreBusyError, ("Locked.", "Locked."))]
    errors.append(StorageFullError("Full."))
    told: list[Progress] = []
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.py").write_text("def a(): return 1\n")
    monkeypatch.setattr(watching, "enqueue_requests", failing)
    monkeypatch.setattr(watching, "_TICK_MS", 50)
    stop = threading.Event()
    with Home(Settings(home=tmp_path / "home")) as home, ForegroundWorker(home) as worker:
        watcher = FolderWatcher(home, worker, [folder], AddOptions(), stop)
        job = next(watcher.run(told.append))
    assert job.status == "completed"
    warnings = [one.message for one in told if isinstance(one, Notice) and one.level == "warning"]
    assert warnings == [f"{why} It is tried until that works." for why in ("Locked.", "Full.")]
