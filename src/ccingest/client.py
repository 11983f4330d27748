"""The library: everything that ccingest does, as methods of one object."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.app import datasets, doctor, jobs, schedules
from ccingest.app.home import Home
from ccingest.app.ingest import ForegroundWorker, enqueue_requests, error_of
from ccingest.app.requests import AddOptions, requests_for
from ccingest.app.search import HomeSearcher, SearchScope, make_question
from ccingest.errors import UsageError
from ccingest.models import (
    SNIPPET_LINES,
    Check,
    CleanupSummary,
    Dataset,
    DatasetFiles,
    Deletion,
    Enqueued,
    Estimate,
    Event,
    FileLines,
    Freshness,
    Hit,
    Job,
    JobLog,
    OrganizationResult,
    Outline,
    ProjectStatistics,
    Schedule,
    SearchResult,
    SimilarResult,
    StoredDataset,
    SyncResult,
    WorkerSummary,
)
from ccingest.progress import Emit, discard
from ccingest.settings import DEFAULT_PROJECT, HISTORY_DAYS, load_settings

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ccingest.app.background import BackgroundJobs
    from ccingest.app.choice import DatasetChoice
    from ccingest.app.guessing import Guess
    from ccingest.app.here import Here
    from ccingest.app.names import StoredNames
    from ccingest.app.organizations import RepositoryChoice
    from ccingest.app.requests import AddKeywords
    from ccingest.models.submissions import Push, PushResult, Reach, Submission


class Client:
    """An opened home. A context manager that any number of threads may use.

    Where a method takes a `project`, None means all projects. Every error is a CcingestError.

    >>> with Client(home) as client:
    ...     job = client.ingest(repository)
    ...     job.status, job.counts.indexed_files
    ...     for hit in client.search("add two numbers", k=1):
    ...         hit.path, hit.symbol
    ...     client.delete(job.dataset).chunks == job.counts.total_chunks
    ('completed', 3)
    ('sums.py', 'add_numbers')
    True
    """

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

    def close(self) -> None:
        """Cancel what `start` has begun, and close all files. No other thread may use the client."""
        if self._background is not None:
            self._background.stop()
        self._home.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Making datasets

    def ingest(
        self,
        reference: str,
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
        requests = requests_for(self._home.settings, [reference], AddOptions(**options))
        with ForegroundWorker(self._home, stop) as worker:
            (job,) = worker.run(enqueue_requests(self._home, requests), on_event)
        if job.status != "completed":
            raise error_of(job)
        return job

    def enqueue(self, reference: str, **options: Unpack[AddKeywords]) -> Job:
        """Queue a job for a worker. Returns the job of the same request instead, if there is one.

        `options` as for `ingest`. Raises UsageError, InvalidReferenceError, UnknownModelError.

        >>> with Client(home) as client:
        ...     client.enqueue("org/repo", branch="main").status
        'pending'
        """
        requests = requests_for(self._home.settings, [reference], AddOptions(**options))
        (queued,) = enqueue_requests(self._home, requests)
        return queued.job

    def estimate(self, reference: str, **options: Unpack[AddKeywords]) -> Estimate:
        """What `ingest` would embed now: files, chunks, and about how many tokens.

        Fetches the repository, and writes nothing else. `options` and errors as for `ingest`.

        >>> with Client(home) as client:
        ...     found = client.estimate(repository, dataset="new")
        ...     found.files, found.chunks, found.embedder
        (3, 3, 'ccingest-static-4')
        """
        from ccingest.app.estimates import estimate_requests

        requests = requests_for(self._home.settings, [reference], AddOptions(**options))
        (found,) = estimate_requests(self._home, requests)
        return found

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

    def answer(
        self,
        query: str,
        choice: DatasetChoice,
        *,
        k: int = 5,
        languages: Sequence[str] = (),
        paths: Sequence[str] = (),
        content: str = "all",
    ) -> SearchResult:
        """As `search`, over the datasets that `choice` means, and with them.

        >>> from ccingest.app.choice import DatasetChoice
        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.answer("add two numbers", DatasetChoice("default", ("sh*",)), k=1).hits[0].path
        'sums.py'
        """
        from ccingest.app.choice import chosen_scope

        question = make_question(query, k=k, languages=languages, paths=paths, content=content)
        return self._get_searcher().search(question, chosen_scope(self._home, choice))

    def start(self, reference: str, **options: Unpack[AddKeywords]) -> Job:
        """As `ingest`, but returns at once, while a thread of this client runs the job.

        Several run one after the other. `close` cancels those that have not ended.

        >>> with Client(home) as client:
        ...     job = client.start(repository, dataset="behind")
        ...     [event.status for event in client.events(follow=True, job_id=job.id)][-1]
        'completed'
        """
        from ccingest.app.background import BackgroundJobs

        (request,) = requests_for(self._home.settings, [reference], AddOptions(**options))
        with self._home.lock:
            if self._background is None:
                self._background = BackgroundJobs(self._home)
        return self._background.start(request)

    def guess(self, text: str) -> Guess:
        """What a text means that names something to add: a repository on a host, or a folder's.

        >>> with Client(home) as client:
        ...     client.guess("org/repo").meaning
        'the repository org/repo on github.com'
        """
        from ccingest.app.guessing import guess

        return guess(self._home.settings, text)

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

        return sync_later(self._home, project, names)

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

    # Searching and reading

    def search(
        self,
        query: str,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        repositories: Sequence[str] = (),
        languages: Sequence[str] = (),
        paths: Sequence[str] = (),
        mode: str = "hybrid",
        context: int = 0,
        here: str | Path | None = None,
    ) -> list[Hit]:
        """The best hits, at most `k`, best first.

        `paths` are globs, and one with a leading `!` excludes. `mode` is hybrid, vector or text.
        `context` is the number of lines to add before and after each hit. `here` is a folder in a
        work tree: then the hits are from its files as they are on disk at this moment, and each has
        its `state`. Raises UsageError for an empty question, DatasetNotFoundError when there is
        nothing to search, and with `here` what `refresh` raises.

        >>> with Client(home) as client:
        ...     hit = client.search("add two numbers", k=1, here=repository)[0]
        ...     hit.path, hit.state
        ('sums.py', 'committed')
        """
        return list(
            self.ask(
                query,
                k=k,
                project=project,
                datasets=datasets,
                repositories=repositories,
                languages=languages,
                paths=paths,
                mode=mode,
                context=context,
                here=here,
            ).hits
        )

    def ask(
        self,
        query: str,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        repositories: Sequence[str] = (),
        languages: Sequence[str] = (),
        paths: Sequence[str] = (),
        mode: str = "hybrid",
        context: int = 0,
        content: str = "all",
        snippet_lines: int = SNIPPET_LINES,
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> SearchResult:
        """As `search`, with what else there is to say: which datasets were searched, and how fresh
        each is. `content` is all, code, docs, config or tests; `scope` is of `follow`, instead of
        what else says where to search. Raises what `search` raises.

        >>> with Client(home) as client:
        ...     (fresh,) = client.ask("add two numbers", here=repository).freshness
        ...     fresh.dataset, fresh.is_stale
        ('shop', False)
        """
        question = make_question(
            query,
            k=k,
            mode=mode,
            languages=languages,
            paths=paths,
            context=context,
            content=content,
            snippet_lines=snippet_lines,
        )
        if scope is None:
            scope = self._scope(project, datasets, repositories, here=here)
        return self._get_searcher().search(question, scope)

    def follow(
        self,
        names: Sequence[str] = (),
        *,
        project: str | None = DEFAULT_PROJECT,
        folder: str | Path | None = None,
        may_add: bool = True,
    ) -> SearchScope:
        """The scope of a question about what the names mean, see `find_datasets`, asked from a folder.

        If one of the datasets is of the work tree that is named, or that the folder is in, its files
        are those on disk at this moment. With `may_add`, a named folder is added if it is not yet.

        >>> with Client(home) as client:
        ...     scope = client.follow([repository])
        ...     client.ask("add two numbers", scope=scope).hits[0].path
        'sums.py'
        """
        from ccingest.app.following import follow

        where = Path(folder) if folder is not None else None
        return follow(self._home, project, names, where, self._run_jobs() if may_add else None)

    def freshness(
        self,
        *,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        scope: SearchScope | None = None,
    ) -> list[Freshness]:
        """Of each dataset that a question searches: its revision, when that was indexed, and whether
        its source has moved on, as far as that is known without a network."""
        from ccingest.app.refreshing import freshness_in

        return list(freshness_in(self._home, scope or SearchScope(project, tuple(datasets))))

    def freshness_of(self, datasets: Sequence[Dataset]) -> list[Freshness]:
        """The same of these datasets, in their order."""
        from ccingest.app.freshness import freshness_of

        return list(freshness_of(datasets))

    def warm_up(self) -> None:
        """Load what the first question needs, so that it does not wait for it."""
        self._get_searcher().warm_up()

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

    def similar(
        self,
        path: str,
        line: int,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
    ) -> list[Hit]:
        """Code that is similar to that at a line of a stored file. The end of the path is enough.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.similar("sums.py", 1, k=1)[0].path
        'shop/checkout.go'
        """
        found = self.find_similar(path, line, k=k, project=project, datasets=datasets, here=here)
        return list(found.hits)

    def find_similar(
        self,
        path: str,
        line: int,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> SimilarResult:
        """As `similar`, with the dataset that the line is in, and those that were searched."""
        from ccingest.app.read import find_similar

        if scope is None:
            scope = self._scope(project, datasets, here=here)
        return find_similar(self._home, self._get_searcher(), f"{path}:{line}", scope, k=k)

    def read(
        self,
        path: str,
        start: int | None = None,
        end: int | None = None,
        *,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> FileLines:
        """Lines `start` to `end` of a stored file, or the whole file, at the dataset's revision.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.read("sums.py", 4).text
        'def add_numbers(first, second):\\n'
        """
        from ccingest.app.read import read_lines

        lines = "" if start is None else f":{start}" if end is None else f":{start}-{end}"
        if scope is None:
            scope = self._scope(project, datasets, here=here)
        return read_lines(self._home, path + lines, scope)

    def outline(
        self,
        path: str,
        *,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> Outline:
        """The symbols that a stored file defines, and their lines."""
        from ccingest.app.read import read_outline

        if scope is None:
            scope = self._scope(project, datasets, here=here)
        return read_outline(self._home, path, scope)

    # Datasets and jobs

    def datasets(self, *, project: str | None = None) -> list[Dataset]:
        """The datasets, by project and name."""
        return [stored.dataset for stored in datasets.stored_datasets(self._home, project)]

    def stored_datasets(self, *, project: str | None = None) -> list[StoredDataset]:
        """The datasets with their bytes on disk, by project and name."""
        return datasets.stored_datasets(self._home, project)

    def visible_datasets(self, *, project: str | None = DEFAULT_PROJECT) -> list[Dataset]:
        """The datasets that a project sees: its own, and the global ones of others."""
        return datasets.visible_datasets(self._home, project)

    def find_datasets(
        self, names: Sequence[str] = (), *, project: str | None = DEFAULT_PROJECT
    ) -> list[Dataset]:
        """The datasets that the names mean; without names, all that a question searches.

        A name is a dataset's, `org/repo` or its last part, a URL, a glob, or a folder on this machine.
        Raises DatasetNotFoundError for one that means nothing.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     [dataset.name for dataset in client.find_datasets([repository, "sh*"])]
        ['shop']
        """
        from ccingest.app.named import named_datasets

        return named_datasets(self._home, project, names)

    def names(self) -> StoredNames:
        """What is stored, by name, for whoever is typing one."""
        from ccingest.app.names import StoredNames

        return StoredNames(self._home.settings)

    def files(self, dataset: str, *, project: str = DEFAULT_PROJECT) -> DatasetFiles:
        """The files of a dataset: those that are indexed, and those that were skipped, with why.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     found = client.files(job.dataset)
        ...     [file.path for file in found.indexed], [file.reason for file in found.skipped]
        (['README.md', 'shop/checkout.go', 'sums.py'], ['binary'])
        """
        (found,) = datasets.files_of(self._home, project, dataset)
        return found

    def delete(
        self,
        dataset: str | None = None,
        *,
        repository: str | None = None,
        project: str = DEFAULT_PROJECT,
    ) -> Deletion:
        """Delete datasets by name, by repository, or by both. Raises DatasetNotFoundError."""
        return datasets.delete(self._home, project, name=dataset, repository=repository)

    def jobs(
        self, *, project: str | None = None, status: str | None = None, limit: int = 20
    ) -> list[Job]:
        """The jobs, newest first."""
        return jobs.list_jobs(self._home, project=project, status=status, limit=limit)

    def job(self, job_id: str) -> Job:
        """The job with this id, or whose id begins like this. Raises JobNotFoundError."""
        return jobs.get_job(self._home, job_id)

    def cancel(self, job_id: str) -> Job:
        """Cancel a pending job at once, or a running one within a second.

        Raises UsageError when the job has already ended.
        """
        return jobs.cancel_job(self._home, job_id)

    def retry(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again. Raises UsageError for any other job."""
        return jobs.retry_job(self._home, job_id)

    def job_log(self, job_id: str) -> JobLog:
        """The log of a job: what its worker wrote about it."""
        return jobs.job_log(self._home, job_id)

    def receive_push(self, push: Push) -> PushResult:
        """Queue a job for each dataset that follows the branch, once for each message of the host.

        >>> from ccingest.models.submissions import Push
        >>> with Client(home) as client:
        ...     client.receive_push(Push("1", "org/unknown", "github.com", "main")).outcome
        'ignored'
        """
        from ccingest.app.pushes import receive_push

        return receive_push(self._home, push)

    def events(
        self,
        since: int | None = 0,
        *,
        follow: bool = False,
        job_id: str | None = None,
        project: str | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """The events of jobs with an id above `since`, in order, each once.

        With `follow`, waits for new events until `stop` is set; `since` None begins with the next
        one. With `job_id`, gives only the events of that job, and ends when the job does.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository, dataset="watched")
        ...     [event.status for event in client.events(follow=True, job_id=job.id)][-1]
        'completed'
        """
        if follow or job_id:
            whole_id = jobs.get_job(self._home, job_id).id if job_id else None
            yield from jobs.follow_events(
                self._home, job_id=whole_id, project=project, since=since, stop=stop
            )
            return
        last = since or 0
        while found := jobs.events_after(self._home, last, project=project):
            yield from found
            last = found[-1].id

    def events_after(self, since: int, *, project: str | None = None) -> list[Event]:
        """At most 1,000 events with an id above `since`, in order."""
        return jobs.events_after(self._home, since, project=project)

    def statistics(self, *, project: str | None = None) -> list[ProjectStatistics]:
        """Success rates, durations and throughput, by project."""
        return jobs.project_statistics(self._home, project)

    # Maintenance

    def add_schedule(
        self,
        reference: str,
        *,
        every: str | None = None,
        cron: str | None = None,
        **options: Unpack[AddKeywords],
    ) -> Schedule:
        """Keep a dataset up to date while a worker runs: every "6h", or by cron "0 3 * * *".

        `options` as for `ingest`. Replaces an existing schedule of the dataset.
        """
        asked = AddOptions(**options)
        made, _ = schedules.add_schedule(self._home, reference, asked, every=every, cron=cron)
        return made

    def submit_schedule(
        self,
        reference: str,
        reach: Reach,
        *,
        every: str | None = None,
        cron: str | None = None,
        **options: Unpack[AddKeywords],
    ) -> Schedule:
        """As `add_schedule`, for a request that comes from elsewhere, as `submit` takes it."""
        asked = AddOptions(**options)
        return schedules.submit_schedule(
            self._home, reference, asked, reach, every=every, cron=cron
        )

    def schedule_dataset(
        self,
        dataset: str,
        *,
        every: str | None = None,
        cron: str | None = None,
        project: str = DEFAULT_PROJECT,
    ) -> Schedule:
        """As `add_schedule`, for a stored dataset, with the options of its last job.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     str(client.schedule_dataset(job.dataset, every="6h").timing)
        'every 6h'
        """
        return schedules.schedule_dataset(self._home, project, dataset, every=every, cron=cron)

    def schedules(self, *, project: str | None = None) -> list[Schedule]:
        """The schedules, by project and dataset."""
        return schedules.list_schedules(self._home, project)

    def remove_schedule(self, dataset: str, *, project: str = DEFAULT_PROJECT) -> Schedule:
        """Remove the schedule of a dataset. The dataset stays. Raises ScheduleNotFoundError."""
        return schedules.remove_schedule(self._home, project, dataset)

    def clean_up(self, *, days: int = HISTORY_DAYS) -> CleanupSummary:
        """Remove jobs that ended over `days` days ago, and unused clones, tables and versions."""
        from ccingest.app.maintenance import clean_up

        return clean_up(self._home, days)

    def check(self, *, deep: bool = False) -> list[Check]:
        """Check that everything is in place. Each result says what to do if not.

        `deep` reads all of each dataset.
        """
        return doctor.check_all(self._home.settings, deep=deep)

    def _scope(
        self,
        project: str | None,
        datasets: Sequence[str],
        repositories: Sequence[str] = (),
        *,
        here: str | Path | None,
    ) -> SearchScope:
        """What to search. With `here`, the work tree is brought up to date first."""
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
