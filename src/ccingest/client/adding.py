"""Making datasets, and bringing them up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.app.arguments import check_lists, text_of
from ccingest.app.ingest import ForegroundWorker, enqueue_requests
from ccingest.app.requests import AddOptions, requests_for
from ccingest.client.opened import Opened
from ccingest.errors import error_of
from ccingest.models import (
    Dataset,
    Estimate,
    Job,
    OrganizationResult,
    SyncEstimate,
    SyncResult,
    WorkerSummary,
)
from ccingest.progress import Emit, discard
from ccingest.settings import DEFAULT_PROJECT

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ccingest.app.guessing import Guess
    from ccingest.app.organizations import RepositoryChoice
    from ccingest.app.requests import AddKeywords
    from ccingest.models.submissions import Reach, Submission


class AddingMethods(Opened):
    """Making datasets, and bringing them up to date."""

    def ingest(
        self,
        reference: str | PathLike[str],
        *,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
        **options: Unpack[AddKeywords],
    ) -> Job:
        """Make a dataset of a source, or bring it up to date, in this thread.

        `reference` is `org/repo`, a URL, or a path to a local repository or to any other folder.
        `options` are those of AddOptions: branch, revision, dataset, project, scope, include,
        exclude, model, force, cache, hidden, priority, max_retries, and source: "github" or
        "folder", where the reference could be either, or "web" for a documentation site. For that
        there are mode, max_pages, depth and allow_private, as CrawlOptions has them. `on_event` is
        called with the values of ccingest.progress. When another thread sets `stop`, the job is cancelled and KeyboardInterrupt is raised. Raises the error of
        a job that did not complete.

        >>> with Client(home) as client:
        ...     client.ingest(repository, dataset="mine", include=["*.py"]).dataset
        'mine'
        """
        requests = requests_for(self._home.settings, [text_of(reference)], AddOptions(**options))
        with ForegroundWorker(self._home, stop) as worker:
            (job,) = worker.run(enqueue_requests(self._home, requests), on_event)
        if job.status != "completed":
            raise error_of(job)
        return job

    def start(self, reference: str | PathLike[str], **options: Unpack[AddKeywords]) -> Job:
        """As `ingest`, but returns at once, while a thread of this client runs the job.

        Several run one after the other. `close` cancels those that have not ended.

        >>> with Client(home) as client:
        ...     job = client.start(repository, dataset="behind")
        ...     [event.status for event in client.events(follow=True, job_id=job.id)][-1]
        'completed'
        """
        from ccingest.app.background import BackgroundJobs

        (request,) = requests_for(self._home.settings, [text_of(reference)], AddOptions(**options))
        with self._home.lock:
            if self._background is None:
                self._background = BackgroundJobs(self._home)
        return self._background.start(request)

    def enqueue(self, reference: str | PathLike[str], **options: Unpack[AddKeywords]) -> Job:
        """Queue a job for a worker. Returns the job of the same request instead, if there is one.

        `options` as for `ingest`. Raises UsageError, InvalidReferenceError, UnknownModelError.

        >>> with Client(home) as client:
        ...     client.enqueue("org/repo", branch="main").status
        'pending'
        """
        requests = requests_for(self._home.settings, [text_of(reference)], AddOptions(**options))
        (queued,) = enqueue_requests(self._home, requests)
        return queued.job

    def estimate(self, reference: str | PathLike[str], **options: Unpack[AddKeywords]) -> Estimate:
        """What `ingest` would embed now: files, chunks, and about how many tokens.

        Fetches the repository, and writes nothing else. `options` and errors as for `ingest`.

        >>> with Client(home) as client:
        ...     found = client.estimate(repository, dataset="new")
        ...     found.files, found.chunks, found.embedder
        (3, 3, 'ccingest-static-5')
        """
        from ccingest.app.estimates import estimate_requests

        requests = requests_for(self._home.settings, [text_of(reference)], AddOptions(**options))
        (found,) = estimate_requests(self._home, requests)
        return found

    def guess(self, text: str) -> Guess:
        """What a text means that names something to add: a repository on a host, or a folder's.

        >>> with Client(home) as client:
        ...     client.guess("org/repo").meaning
        'the repository org/repo on github.com'
        """
        from ccingest.app.guessing import guess

        return guess(self._home.settings, text)

    def watch_folders(
        self,
        folders: Sequence[str | Path],
        *,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
        **options: Unpack[AddKeywords],
    ) -> Iterator[Job]:
        """Keep datasets of folders up to date until `stop` is set; gives each job when it has ended.

        The first jobs are for the folders as they are, and each burst of changes makes one more. A
        folder that is removed is waited for. A job that fails raises no error. `options` as for
        `ingest`.

        >>> with Client(home) as client:
        ...     stop = threading.Event()
        ...     for job in client.watch_folders([folder], stop=stop):
        ...         job.dataset, job.status
        ...         stop.set()
        ('notes', 'completed')
        """
        from ccingest.app.watching import FolderWatcher

        stop = stop or threading.Event()
        with ForegroundWorker(self._home, stop) as worker:
            watcher = FolderWatcher(self._home, worker, list(folders), AddOptions(**options), stop)
            yield from watcher.run(on_event)

    def submit(self, reference: str, reach: Reach, **options: Unpack[AddKeywords]) -> Submission:
        """As `enqueue`, for a request that comes from elsewhere, and may read only what `reach` says.

        Queues nothing where the dataset is at the newest revision already. Raises
        FolderNotAllowedError and ForbiddenAddressError as well.

        >>> from ccingest.models.submissions import Reach
        >>> with Client(home) as client:
        ...     client.submit(repository, Reach(folders=(Path(repository),))).status
        'queued'
        """
        from ccingest.app.submissions import submit

        return submit(self._home, reference, AddOptions(**options), reach)

    def enqueue_organization(
        self,
        organization: str,
        choice: RepositoryChoice | None = None,
        *,
        on_event: Emit = discard,
        **options: Unpack[AddKeywords],
    ) -> OrganizationResult:
        """Queue the repositories of an organisation or a user.

        Leaves out forks and archived repositories unless `choice` includes them. Raises AccessError,
        NetworkError, NotFoundError.
        """
        from ccingest.app import organizations

        return organizations.enqueue_organization(
            self._home,
            organization,
            choice or organizations.RepositoryChoice(),
            AddOptions(**options),
            on_event,
        )

    def sync(
        self,
        names: Sequence[str] = (),
        *,
        project: str | None = DEFAULT_PROJECT,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
    ) -> list[SyncResult]:
        """Bring all datasets, or those named, to the newest revision of their branch, in this thread.

        The results say how each job ended. A job that fails raises no error.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     [(one.dataset.name, one.outcome) for one in client.sync([job.dataset])]
        [('shop', 'up_to_date')]
        """
        from ccingest.app.sync import sync_here

        check_lists(names=names)
        with ForegroundWorker(self._home, stop) as worker:
            return sync_here(self._home, worker, project, names, on_event)

    def sync_later(
        self, names: Sequence[str] = (), *, project: str | None = DEFAULT_PROJECT
    ) -> list[SyncResult]:
        """As `sync`, but queues the jobs for a worker. Raises DatasetNotFoundError.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     [one.outcome for one in client.sync_later([job.dataset])]
        ['queued']
        """
        from ccingest.app.sync import sync_later

        check_lists(names=names)
        return sync_later(self._home, project, names)

    def estimate_sync(
        self, names: Sequence[str] = (), *, project: str | None = DEFAULT_PROJECT
    ) -> list[SyncEstimate]:
        """What `sync` would embed: for each dataset an estimate, or why there is none.

        Fetches the sources, and writes nothing else. Raises DatasetNotFoundError.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     (found,) = client.estimate_sync([job.dataset])
        ...     found.estimate.is_up_to_date, found.estimate.chunks
        (True, 0)
        """
        from ccingest.app.sync import estimate_sync

        check_lists(names=names)
        return estimate_sync(self._home, project, names)

    def refresh(
        self,
        folder: str | Path = ".",
        *,
        project: str = DEFAULT_PROJECT,
        on_event: Emit = discard,
        stop: threading.Event | None = None,
    ) -> Dataset:
        """The dataset of the repository that the folder is in, at the commit that is checked out.

        The repository is added if it has no dataset. What the files on disk have beside it is its
        overlay, see `search`. Raises InvalidReferenceError when the folder is in no repository, and
        the error of a job that did not complete.

        >>> with Client(home) as client:
        ...     client.refresh(repository).name
        'shop'
        """
        return self._refreshed(Path(folder), project, on_event, stop).base

    def run_worker(
        self,
        stop: threading.Event | None = None,
        *,
        drain: bool = False,
        on_job: Callable[[Job], None] | None = None,
    ) -> WorkerSummary:
        """Run queued and scheduled jobs in this thread.

        Returns when `stop` is set, or with `drain` when no job is left. `on_job` is called with each
        job after its run. Raises StoreError.

        >>> with Client(home) as client:
        ...     job = client.enqueue(repository, dataset="queued")
        ...     client.run_worker(drain=True, on_job=lambda job: print(job.dataset, job.status)).jobs
        queued completed
        {'completed': 1}
        """
        from ccingest.app.worker import Worker

        return Worker(self._home, stop=stop, on_job=on_job).run(drain=drain)
