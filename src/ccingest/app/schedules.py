"""Datasets that are brought up to date automatically, while a worker runs."""

from __future__ import annotations

from dataclasses import replace

from ccingest.app.home import Home
from ccingest.app.requests import AddOptions, requests_for
from ccingest.db.catalog import find_dataset
from ccingest.errors import InvalidReferenceError, UsageError
from ccingest.models import Schedule, Timing
from ccingest.models.submissions import Reach
from ccingest.queue import schedules
from ccingest.queue.sync import sync_request
from ccingest.queue.timing import parse_cron, parse_every


def add_schedule(
    home: Home, reference: str, options: AddOptions, *, every: str | None, cron: str | None
) -> tuple[Schedule, bool]:
    """Make or replace the schedule of a dataset; the second value is whether there was one.

    Raises UsageError unless exactly one of `every` ("6h") and `cron` ("0 3 * * *") is given, and for
    the name of a dataset, and what `requests_for` raises.
    """
    timing = _timing(every, cron)
    try:
        (request,) = requests_for(home.settings, [reference], options)
    except InvalidReferenceError:
        dataset = find_dataset(home.connection, options.project, reference)
        if dataset is None:
            raise
        raise UsageError(
            f"{reference!a} is a dataset that was made of {dataset.source.location}; give that."
        ) from None
    return schedules.add_schedule(home.connection, request, timing)


def submit_schedule(
    home: Home,
    reference: str,
    options: AddOptions,
    reach: Reach,
    *,
    every: str | None,
    cron: str | None,
) -> Schedule:
    """`add_schedule` for a request that may read only what `reach` says. Raises what `submit` does."""
    from ccingest.app.submissions import checked_request

    checked_request(home, reference, options, reach)
    asked = replace(options, public_only=not reach.private)
    return add_schedule(home, reference, asked, every=every, cron=cron)[0]


def schedule_dataset(
    home: Home, project: str, dataset: str, *, every: str | None, cron: str | None
) -> Schedule:
    """Make or replace the schedule of a stored dataset, with the options of its last job.

    Raises DatasetNotFoundError, UsageError.
    """
    request = sync_request(home.connection, project, dataset)
    return schedules.add_schedule(home.connection, request, _timing(every, cron))[0]


def _timing(every: str | None, cron: str | None) -> Timing:
    """Raises UsageError unless exactly one of them is given."""
    if (every is None) == (cron is None):
        raise UsageError("Give one of every and cron, such as every 6h.", parameter="every")
    return parse_every(every) if every is not None else parse_cron(cron or "")


def list_schedules(home: Home, project: str | None) -> list[Schedule]:
    """Schedules by project and dataset. `project` None means all projects."""
    return schedules.list_schedules(home.connection, project)


def readable_schedules(home: Home, project: str | None) -> tuple[list[Schedule], list[str]]:
    """The same, and a sentence about each whose row in the database is damaged."""
    return schedules.readable_schedules(home.connection, project)


def remove_schedule(home: Home, project: str, dataset: str) -> Schedule | None:
    """Remove a schedule. The dataset and its queued job stay. None for one that was damaged. Raises
    ScheduleNotFoundError."""
    return schedules.remove_schedule(home.connection, project, dataset)
