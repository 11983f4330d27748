"""What the commands that add have in common: they queue jobs, and see them through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ccingest import documents
from ccingest.running.foreground import foreground, watched
from ccingest.running.home import opened_home
from ccingest.settings import load_settings
from ccingest.terminal.ended import estimate_lines, queued_line, show_ended
from ccingest.terminal.errors import exit_code_of_jobs
from ccingest.terminal.output import Reply, report

if TYPE_CHECKING:
    from ccingest.app.requests import AddOptions, Given
    from ccingest.models import Job


def add_all(
    references: Sequence[str | Given],
    options: AddOptions,
    *,
    detach: bool,
    dry_run: bool,
    is_list: bool | None = None,
) -> Reply:
    """Make datasets of the references, leave it to a worker, or only say what it would cost.

    The reply is about a list of jobs when there are several references, or `is_list` says so.
    """
    from ccingest.app.estimates import estimate_requests
    from ccingest.app.ingest import enqueue_requests
    from ccingest.app.requests import requests_for
    from ccingest.documents.estimates import of_estimates

    is_list = len(references) > 1 if is_list is None else is_list
    requests = requests_for(load_settings(), references, options)
    with opened_home(create=True) as home:
        if dry_run:
            with watched() as view:
                found = estimate_requests(home, requests, view)
            return report(dict(of_estimates(found)), *estimate_lines(found))
        if detach:
            queued = enqueue_requests(home, requests)
            document = _document([one.job for one in queued], is_list=is_list)
            return report(document, *map(queued_line, queued))
        with foreground(home) as (worker, view):
            jobs = worker.run(enqueue_requests(home, requests), view)
    shown, code = show_ended(jobs, is_list=is_list), exit_code_of_jobs(jobs)
    return Reply(_document(jobs, is_list=is_list), shown, code, is_report=True)


def _document(jobs: Sequence[Job], *, is_list: bool) -> dict[str, Any]:
    return documents.of_all("jobs", jobs) if is_list else documents.of(jobs[0])
