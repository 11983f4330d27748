"""`ccingest github add`: bring repositories in."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from ccingest.cli.adding import add_all
from ccingest.cli.command import DocumentCommand, is_top_level
from ccingest.cli.options import (
    Branch,
    Dataset,
    Detach,
    DryRun,
    Exclude,
    Force,
    Include,
    MaxRetries,
    Model,
    Priority,
    Project,
    Repos,
    Scope,
    Text,
)
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings
from ccingest.terminal.output import Reply, say

if TYPE_CHECKING:
    from ccingest.app.requests import Given

_FromFile = Annotated[Text, Option(metavar="LIST", help="A file with one REPO a line; - is stdin.")]
_Sha = Annotated[Text, Option("--sha", metavar="SHA", help="This commit, of any branch.")]
_NoCache = Annotated[bool, Option("--no-cache", help="Clone it again, and don't keep the clone.")]

app = typer.Typer(help="Datasets from git repositories.", no_args_is_help=True)


@app.command("add", cls=DocumentCommand)
def add(
    context: typer.Context,
    repos: Repos = None,
    from_file: _FromFile = None,
    branch: Branch = None,
    sha: _Sha = None,
    dataset: Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    force: Force = False,
    no_cache: _NoCache = False,
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: Detach = False,
    dry_run: DryRun = False,
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
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"Can't read {name}: {error.strerror}; check --from-file.") from error
    except ValueError as error:  # its name has a NUL
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.") from error
    if b"\0" in data:
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.")
    # The names of folders may hold any bytes, as they may among the arguments.
    return references_in(data.decode("utf-8-sig", "surrogateescape"), name)
