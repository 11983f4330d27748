"""`ccingest github`: bring repositories in, and those of an organisation."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli import options as opt
from ccingest.cli.adding import add_all
from ccingest.cli.command import DocumentCommand, is_top_level
from ccingest.errors import UsageError
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT, load_settings
from ccingest.terminal.ended import listed_lines, queued_lines
from ccingest.terminal.output import Reply, lines, report, say

if TYPE_CHECKING:
    from ccingest.app.requests import Given
    from ccingest.progress import Progress

_FromFile = Annotated[
    opt.Text, Option(metavar="LIST", help="A file with one REPO a line; - is stdin.")
]
_Sha = Annotated[opt.Text, Option("--sha", metavar="SHA", help="This commit, of any branch.")]
# Bytes of a list: a million references. A device may give them without end.
_MOST_LISTED = 64 * 1024 * 1024
_NoCache = Annotated[bool, Option("--no-cache", help="Clone it again, and don't keep the clone.")]

app = typer.Typer(help="Datasets from git repositories.", no_args_is_help=True)


@app.command("add", cls=DocumentCommand)
def add(
    context: typer.Context,
    repos: opt.Repos = None,
    from_file: _FromFile = None,
    branch: opt.Branch = None,
    sha: _Sha = None,
    dataset: opt.Dataset = None,
    project: opt.Project = DEFAULT_PROJECT,
    scope: opt.Scope = "project",
    force: opt.Force = False,
    no_cache: _NoCache = False,
    priority: opt.Priority = 0,
    max_retries: opt.MaxRetries = 3,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    model: opt.Model = "",
    detach: opt.Detach = False,
    dry_run: opt.DryRun = False,
) -> Reply:
    """Make datasets of repositories, or bring them up to date."""
    from ccingest.app.requests import AddOptions, Given

    listed = _read_list(from_file) if from_file is not None else ()
    references = [*map(Given, repos or ()), *listed]
    if not references:
        raise UsageError("Name a repository, such as org/repo, or a list: --from-file LIST.")
    options = AddOptions(
        branch=branch,
        revision=sha,
        dataset=dataset,
        project=project,
        scope=scope,
        include=include or (),
        exclude=exclude or (),
        model=model,
        force=force,
        cache=not no_cache,
        priority=priority,
        max_retries=max_retries,
    )
    is_list = from_file is not None or len(references) > 1
    if is_top_level(context):
        references = [_guessed(one) for one in references]
    else:
        options = replace(options, source="github")
    return add_all(references, options, detach=detach, dry_run=dry_run, is_list=is_list)


def _guessed(given: Given) -> Given:
    """What is probably meant. Says on stderr what that is."""
    from ccingest.app.guessing import guess

    found = guess(load_settings(), given.text)
    say(f"{found.text}: {found.meaning}")
    return replace(given, text=found.reference, source=found.source)


def _read_list(source: str) -> list[Given]:
    """The references in a file, or in stdin for `-`. Raises UsageError."""
    from ccingest.app.requests import references_in

    name = "stdin" if source == "-" else source
    try:
        if source == "-":
            data = sys.stdin.buffer.read(_MOST_LISTED + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(_MOST_LISTED + 1)
    except OSError as error:
        raise UsageError(f"Can't read {name}: {error.strerror}; check --from-file.") from error
    except ValueError as error:  # its name has a NUL
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.") from error
    if len(data) > _MOST_LISTED:
        raise UsageError(f"{name} has over {_MOST_LISTED:,} bytes; split the list.")
    if b"\0" in data:
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.")
    # The names of folders may hold any bytes, as they may among the arguments.
    return references_in(data.decode("utf-8-sig", "surrogateescape"), name)


_Organisation = Annotated[str, Argument(metavar="ORG", help="Name of an organisation or a user.")]
_Host = Annotated[
    opt.Text, Option("--host", metavar="HOST", help="A GitHub Enterprise host. Default: GH_HOST.")
]
_Match = Annotated[opt.Text, Option("--match", metavar="GLOB", help="Only names like this.")]
_Archived = Annotated[bool, Option("--include-archived", help="Archived repositories too.")]
_Forks = Annotated[bool, Option("--include-forks", help="Forks too.")]
_Limit = Annotated[int | None, Option("--limit", help="At most so many, by name.", min=1)]
_DryRun = Annotated[bool, Option("--dry-run", help="Only list what would be queued.")]
_Detach = Annotated[bool, Option("--detach", help="Always so: a `ccingest worker` runs the jobs.")]


@app.command("add-org", cls=DocumentCommand)
def add_org(
    organisation: _Organisation,
    host: _Host = None,
    match: _Match = None,
    include_archived: _Archived = False,
    include_forks: _Forks = False,
    limit: _Limit = None,
    dry_run: _DryRun = False,
    project: opt.Project = DEFAULT_PROJECT,
    scope: opt.Scope = "project",
    priority: opt.Priority = 0,
    max_retries: opt.MaxRetries = 3,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    model: opt.Model = "",
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
        found = list_organization(settings, name, choice, _show_notice)
        return Reply(documents.of(found), lines(*listed_lines(found)))
    with opened_home() as home:
        found = enqueue_organization(home, name, choice, options, _show_notice)
    return report(documents.of(found), *queued_lines(found))


def _show_notice(progress: Progress) -> None:
    from ccingest.progress import Notice

    if isinstance(progress, Notice):
        say(progress.message)
