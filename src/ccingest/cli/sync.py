"""`ccingest sync`: bring datasets to the newest state of their source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.options import Detach, DryRun, Project, Texts, project_or_none
from ccingest.errors import UsageError
from ccingest.running.foreground import foreground, watched
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.datasets import tell_damaged
from ccingest.terminal.ended import sync_estimate_lines, sync_lines
from ccingest.terminal.errors import exit_code_of, exit_code_of_jobs
from ccingest.terminal.output import Reply, report

if TYPE_CHECKING:
    from ccingest.models import SyncResult

_Names = Annotated[Texts, Argument(metavar="[DATASET]...", help="Default: all of the project.")]
_All = Annotated[bool, Option("--all", help="The datasets of all projects.")]


def sync(
    datasets: _Names = None,
    all_: _All = False,
    project: Project = DEFAULT_PROJECT,
    detach: Detach = False,
    dry_run: DryRun = False,
) -> Reply:
    """Bring datasets to the newest state of their source, with the options of their last job.

    Of a repository, that is the newest commit of the branch.
    """
    from ccingest.app.datasets import damaged_datasets
    from ccingest.app.sync import estimate_sync, sync_here, sync_later
    from ccingest.documents.estimates import of_sync_estimates

    if all_ and (datasets or project != DEFAULT_PROJECT):
        raise UsageError("--all is for all datasets; leave out the names and --project.")
    wanted, names = None if all_ else project_or_none(project), datasets or []
    with opened_home(create=True) as home:
        if dry_run:
            with watched() as view:
                found = estimate_sync(home, wanted, names, view)
            code = next((exit_code_of(one.error) for one in found if one.error), 0)
            code = code or tell_damaged([] if names else damaged_datasets(home, wanted))
            document = dict(of_sync_estimates(found))
            return report(document, *sync_estimate_lines(found), exit_code=code)
        if detach:
            results, code = sync_later(home, wanted, names), 0
        else:
            with foreground(home) as (worker, view):
                results = sync_here(home, worker, wanted, names, view)
            code = exit_code_of_jobs(one.job for one in results if one.job)
        damaged = tell_damaged([] if names else damaged_datasets(home, wanted))
        code = code or damaged
    return _reply(results, exit_code=code)


def _reply(results: list[SyncResult], exit_code: int = 0) -> Reply:
    document = documents.of_all("datasets", results)
    return report(document, *sync_lines(results), exit_code=exit_code)
