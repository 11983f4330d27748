"""`ccingest github add-org`: queue the repositories of an organisation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.options import (
    Exclude,
    Include,
    MaxRetries,
    Model,
    Priority,
    Project,
    Scope,
    Text,
)
from ccingest.plurals import number_of
from ccingest.settings import DEFAULT_PROJECT, load_settings
from ccingest.terminal.ended import queued_line
from ccingest.terminal.output import Reply, counted, lines, report, say
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import OrganizationResult
    from ccingest.progress import Progress

_Organisation = Annotated[str, Argument(metavar="ORG", help="Name of an organisation or a user.")]
_Host = Annotated[
    Text, Option("--host", metavar="HOST", help="A GitHub Enterprise host. Default: GH_HOST.")
]
_Match = Annotated[Text, Option("--match", metavar="GLOB", help="Only names like this.")]
_Archived = Annotated[bool, Option("--include-archived", help="Archived repositories too.")]
_Forks = Annotated[bool, Option("--include-forks", help="Forks too.")]
_Limit = Annotated[int | None, Option("--limit", help="At most so many, by name.", min=1)]
_DryRun = Annotated[bool, Option("--dry-run", help="Only list what would be queued.")]
_Detach = Annotated[bool, Option("--detach", help="Always so: a `ccingest worker` runs the jobs.")]


def add_org(
    organisation: _Organisation,
    host: _Host = None,
    match: _Match = None,
    include_archived: _Archived = False,
    include_forks: _Forks = False,
    limit: _Limit = None,
    dry_run: _DryRun = False,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: _Detach = False,  # noqa: ARG001 - the jobs are always left to a worker
) -> Reply:
    """Queue the repositories of an organisation or a user.

    A `ccingest worker` runs the jobs. Empty and disabled repositories are left out. So are archived ones
    and forks, unless a flag includes them.
    """
    from ccingest.app.organizations import (
        RepositoryChoice,
        enqueue_organization,
        list_organization,
    )
    from ccingest.app.requests import AddOptions

    settings = load_settings()
    name = f"{host.rstrip('/')}/{organisation}" if host else organisation
    choice = RepositoryChoice(include_archived, include_forks, match, limit)
    options = AddOptions(
        project=project,
        scope=scope,
        priority=priority,
        max_retries=max_retries,
        include=include or (),
        exclude=exclude or (),
        model=model,
    )
    if dry_run:
        return _listed(list_organization(settings, name, choice, _show_notice))
    with opened_home() as home:
        return _queued(enqueue_organization(home, name, choice, options, _show_notice))


def _listed(found: OrganizationResult) -> Reply:
    rows = [safe(one.full_name) for one in found.repositories]
    summary = _summary(found, number_of(len(rows), "repository"))
    return Reply(documents.of(found), lines(*rows, summary))


def _queued(found: OrganizationResult) -> Reply:
    states = Counter(
        "queued" if one.created else f"{one.job.status} already" for one in found.queued
    )
    done = ", ".join(f"{count} {state}" for state, count in states.items())
    rows = [queued_line(one) for one in found.queued]
    summary = _summary(found, done or "0 repositories")
    return report(documents.of(found), *rows, summary)


def _summary(found: OrganizationResult, done: str) -> str:
    return f"{done}; skipped: {counted(found.skipped)}" if found.skipped else done


def _show_notice(progress: Progress) -> None:
    from ccingest.progress import Notice

    if isinstance(progress, Notice):
        say(progress.message)
