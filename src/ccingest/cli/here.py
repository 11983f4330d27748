"""The work tree that the current folder is in, for the commands that take `--here`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest.cli.options import project_or_none
from ccingest.errors import UsageError
from ccingest.running.foreground import foreground
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT

HereFlag = Annotated[bool, Option("--here", help="The work tree of this folder, as it is now.")]

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.app.search import SearchScope
    from ccingest.models import Dataset, Enqueued, Job


def scope_of(
    project: str, datasets: Sequence[str], repositories: Sequence[str] = (), *, here: bool
) -> SearchScope:
    """What the options name: these datasets, or the work tree of the current folder.

    Its base and its overlay are brought up to date. A job that is needed runs, and is shown.
    """
    from ccingest.app.search import SearchScope

    if not here:
        return SearchScope(project_or_none(project), tuple(datasets), tuple(repositories))
    if datasets or repositories:
        raise UsageError("--here is for the repository of this folder; leave out the others.")
    from ccingest.app.here import refresh_here

    only = DEFAULT_PROJECT if project_or_none(project) is None else project
    with opened_home(create=True) as home:
        run = partial(_run, home, with_results=False)  # the error of a job is raised
        return refresh_here(home, Path.cwd(), only, run).scope


def synced(scope: SearchScope, max_age: str) -> SearchScope:
    """The scope, after a sync of what was last looked at longer ago than `max_age`."""
    from ccingest.app.refreshing import parse_age, sync_older

    age = parse_age(max_age)
    with opened_home() as home:
        return sync_older(home, scope, age, partial(_run, home))


def on_disk(dataset: Dataset, path: str) -> Path | None:
    """As that of `app.read`, which is loaded only where a terminal takes links."""
    from ccingest.app.read import on_disk

    return on_disk(dataset, path)


def _run(home: Home, queued: Sequence[Enqueued], *, with_results: bool = True) -> list[Job]:
    with foreground(home, with_results=with_results) as (worker, view):
        return worker.run(queued, view)
