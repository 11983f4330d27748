"""`ccingest sync`: bring datasets to the newest state of their source."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.errors import exit_code_of_jobs, sentence_of
from ccingest.cli.foreground import foreground
from ccingest.cli.jobs import changes_of
from ccingest.cli.options import Detach, Project, Texts, project_or_none
from ccingest.cli.output import Reply, lines
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import SyncResult

_Names = Annotated[Texts, Argument(metavar="[DATASET]...", help="Default: all of the project.")]
_All = Annotated[bool, Option("--all", help="The datasets of all projects.")]


def sync(
    datasets: _Names = None,
    all_: _All = False,
    project: Project = DEFAULT_PROJECT,
    detach: Detach = False,
) -> Reply:
    """Bring datasets to the newest state of their source, with the options of their last job.

    Of a repository, that is the newest commit of the branch.
    """
    from ccingest.app.sync import sync_here, sync_later

    if all_ and (datasets or project != DEFAULT_PROJECT):
        raise UsageError("--all is for all datasets; leave out the names and --project.")
    wanted, names = None if all_ else project_or_none(project), datasets or []
    with opened_home(create=True) as home:
        if detach:
            return _reply(sync_later(home, wanted, names), exit_code=0)
        with foreground(home) as (worker, view):
            results = sync_here(home, worker, wanted, names, view)
    return _reply(results, exit_code_of_jobs(one.job for one in results if one.job))


def _reply(results: list[SyncResult], exit_code: int) -> Reply:
    document = documents.of_all("datasets", results)
    if not results:
        text = "No datasets yet; `ccingest add WHAT` makes one."
        return Reply(document, lines(text), is_report=True)
    rows = [safe(f"{one.dataset.name}: {_line(one)}") for one in results]
    counts = Counter(one.outcome for one in results)
    summary = ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in sorted(counts.items()))
    return Reply(document, lines(*rows, summary), exit_code, is_report=True)


def _line(one: SyncResult) -> str:
    from ccingest.app.ingest import error_of

    before, job = one.dataset.revision[:10], one.job
    if job is None:
        return f"{one.outcome}, {one.reason}"
    match one.outcome:
        case "queued":
            return f"queued as job {job.id}"
        case "up_to_date":
            return f"up to date at {before}"
        case "updated":
            return f"updated, {before} to {(job.revision or '')[:10]}: {changes_of(job)}"
    return f"{one.outcome}: {sentence_of(error_of(job))}"
