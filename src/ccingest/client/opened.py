"""The opened home that the methods of a client share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.app.arguments import check_lists
from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker
from ccingest.app.search import HomeSearcher, SearchScope
from ccingest.errors import UsageError
from ccingest.models import (
    Enqueued,
    Job,
)
from ccingest.progress import Emit, discard
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from ccingest.app.background import BackgroundJobs
    from ccingest.app.here import Here


class Opened:
    """The opened home that the methods of a client share."""

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        token: str | None = None,
        gh_host: str | None = None,
        model: str | None = None,
    ) -> None:
        """Arguments override the environment, which overrides the home's config.toml.

        Raises UsageError for a bad setting, StoreError when the home can't be made.
        """
        environment = {**os.environ, "CCINGEST_HOME": str(home)} if home else os.environ
        settings = load_settings(environment)
        settings = replace(
            settings,
            token=token or settings.token,
            gh_host=(gh_host or settings.gh_host).lower(),
            model=model or settings.model,
            embedding_provider="" if model else settings.embedding_provider,
        )
        settings.create_home()
        self._home = Home(settings)
        self._searcher: HomeSearcher | None = None
        self._background: BackgroundJobs | None = None

    @property
    def home(self) -> Path:
        """The folder that has the jobs, datasets and settings."""
        return self._home.settings.home

    def close(self) -> None:
        """Cancel what `start` has begun, and close all files. No other thread may use the client."""
        if self._background is not None:
            self._background.stop()
        self._home.close()

    def _scope(
        self,
        project: str | None,
        datasets: Sequence[str],
        repositories: Sequence[str] = (),
        *,
        here: str | Path | None,
    ) -> SearchScope:
        """What to search. With `here`, the work tree is brought up to date first."""
        check_lists(datasets=datasets, repositories=repositories)
        if here is None:
            return SearchScope(project, tuple(datasets), tuple(repositories))
        if datasets or repositories:
            raise UsageError("here is for the repository of a folder; leave out the others.")
        return self._refreshed(Path(here), project or DEFAULT_PROJECT).scope

    def _refreshed(
        self,
        folder: Path,
        project: str,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
    ) -> Here:
        from ccingest.app.here import refresh_here

        run_jobs = self._run_jobs(on_event, stop)
        return refresh_here(self._home, folder, project, run_jobs, on_event)

    def _run_jobs(
        self, on_event: Emit = discard, stop: threading.Event | None = None
    ) -> Callable[[Sequence[Enqueued]], list[Job]]:
        def run(queued: Sequence[Enqueued]) -> list[Job]:
            with ForegroundWorker(self._home, stop) as worker:
                return worker.run(queued, on_event)

        return run

    def _get_searcher(self) -> HomeSearcher:
        with self._home.lock:
            if self._searcher is None:
                self._searcher = HomeSearcher(self._home)
            return self._searcher
