"""Jobs, their events, and schedules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING

from ccingest.app import jobs, schedules
from ccingest.app.arguments import text_of
from ccingest.app.requests import AddOptions
from ccingest.client.opened import Opened
from ccingest.errors import DamagedDatabaseError
from ccingest.models import (
    Event,
    Job,
    JobLog,
    ProjectStatistics,
    Schedule,
)
from ccingest.settings import DEFAULT_PROJECT

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ccingest.app.requests import AddKeywords
    from ccingest.models.submissions import Push, PushResult, Reach


class JobMethods(Opened):
    """Jobs, their events, and schedules."""

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

    def newest_event(self) -> int:
        """The id of the newest event; 0 when there is none.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository, dataset="newest")
        ...     client.newest_event() == list(client.events())[-1].id
        True
        """
        return jobs.newest_event(self._home)

    def statistics(self, *, project: str | None = None) -> list[ProjectStatistics]:
        """Success rates, durations and throughput, by project."""
        return jobs.project_statistics(self._home, project)

    def add_schedule(
        self,
        reference: str | PathLike[str],
        *,
        every: str | None = None,
        cron: str | None = None,
        **options: Unpack[AddKeywords],
    ) -> Schedule:
        """Keep a dataset up to date while a worker runs: every "6h", or by cron "0 3 * * *".

        `options` as for `ingest`. Replaces an existing schedule of the dataset.
        """
        asked = AddOptions(**options)
        made, _ = schedules.add_schedule(
            self._home, text_of(reference), asked, every=every, cron=cron
        )
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
        """Remove the schedule of a dataset. The dataset stays. Raises ScheduleNotFoundError, and
        DamagedDatabaseError for one that can't be given back: it is removed all the same."""
        gone = schedules.remove_schedule(self._home, project, dataset)
        if gone is None:
            what = f"The schedule of {dataset} was damaged in the database; it is removed."
            raise DamagedDatabaseError(what, what="a damaged schedule")
        return gone
