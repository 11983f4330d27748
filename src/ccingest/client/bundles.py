"""Datasets as files, to be made on one machine and used on another."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.client.opened import Opened
from ccingest.errors import error_of
from ccingest.models import Bundle, Pulled, PulledAll
from ccingest.progress import Emit, discard
from ccingest.settings import DEFAULT_PROJECT

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ccingest.app.pulling import PullKeywords


class BundleMethods(Opened):
    """Datasets as files, to be made on one machine and used on another."""

    def push(
        self,
        dataset: str,
        location: str | Path | None = None,
        *,
        project: str = DEFAULT_PROJECT,
        sign_with: bytes | None = None,
        force: bool = False,
        on_event: Emit = discard,
    ) -> Bundle:
        """Write a dataset as a bundle, which `pull` takes over on any machine without embedding.

        `location` is a path, or an object such as `s3://bucket/name`; None means the store of the
        home, where nothing is written if the newest bundle is the same, unless `force` is set.
        `sign_with` is a private key of Ed25519, as OpenSSH and OpenSSL write them. Raises
        DatasetNotFoundError, UsageError, StoreError, AccessError, NetworkError.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.push("shop", home / "shop.ccbundle").manifest.files
        3
        """
        from ccingest.app.pushing import push

        place = None if location is None else str(location)
        return push(
            self._home, project, dataset, place, sign_with=sign_with, force=force, emit=on_event
        )

    def pull(
        self,
        location: str | Path,
        *,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
        **options: Unpack[PullKeywords],
    ) -> Pulled:
        """Take over a bundle as a dataset, or as a new version of one, in this thread.

        `location` is a path, an object such as `s3://bucket/name`, or the name of a dataset in the
        store of the home. All of it is checked first. `options` are those of PullOptions: dataset,
        project, scope, source, model, allow_private, keys and force. A dataset that is here already
        goes on to be read where it is. Raises NotFoundError, BundleError, and the error of a job
        that did not complete; the dataset is then as it was.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     bundle = client.push("shop", home / "shop.ccbundle")
        ...     client.pull(bundle.location, source=repository, project="other").job.status
        'completed'
        """
        from ccingest.app.pulling import PullOptions, pull

        run_jobs = self._run_jobs(on_event, stop)
        found = pull(self._home, str(location), PullOptions(**options), run_jobs, on_event)
        if found.job.status != "completed":
            raise error_of(found.job)
        return found

    def pull_all(
        self,
        *,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
        **options: Unpack[PullKeywords],
    ) -> PulledAll:
        """Take over what is new of all datasets that the store of the home has of a project.

        `options` as for `pull`. One that can't be taken over raises no error. Raises UsageError when
        the home has no store, AccessError, NetworkError.
        """
        from ccingest.app.pulling import PullOptions, pull_all

        run_jobs = self._run_jobs(on_event, stop)
        return pull_all(self._home, PullOptions(**options), run_jobs, on_event)
