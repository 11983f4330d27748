"""The work tree that the current folder is in, for the commands that take `--here`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest.cli.command import opened_home
from ccingest.cli.foreground import foreground
from ccingest.cli.options import project_or_none
from ccingest.cli.output import stderr
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT
from ccingest.visible import safe

HereFlag = Annotated[bool, Option("--here", help="The work tree of this folder, as it is now.")]

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.app.search import SearchScope
    from ccingest.models import Enqueued, Freshness, Job


def scope_of(project: str, datasets: Sequence[str], *, here: bool) -> SearchScope:
    """What the options name: the datasets, or the work tree of the current folder."""
    from ccingest.app.search import SearchScope

    if not here:
        return SearchScope(project_or_none(project), tuple(datasets))
    if datasets:
        raise UsageError("--here is for the repository of this folder; leave out the others.")
    return scope_here(project)


def scope_here(project: str) -> SearchScope:
    """Its base and its overlay, brought up to date. A job that is needed runs, and is shown."""
    from ccingest.app.here import refresh_here

    only = DEFAULT_PROJECT if project_or_none(project) is None else project
    with opened_home(create=True) as home:
        return refresh_here(home, Path.cwd(), only, partial(_run, home)).scope


def synced(scope: SearchScope, max_age: str) -> SearchScope:
    """The scope, after a sync of what was last looked at longer ago than `max_age`."""
    from ccingest.app.refreshing import parse_age, sync_older

    age = parse_age(max_age)
    with opened_home() as home:
        return sync_older(home, scope, age, partial(_run, home))


def tell_stale(found: Sequence[Freshness]) -> None:
    """One line about what is stale, if anything is."""
    stale = [one for one in found if one.is_stale]
    if not stale:
        return
    first = stale[0]
    text = first.note or f"{first.dataset} is {_behind(first)} its source."
    if len(stale) > 1:
        text += f" So it is with {len(stale) - 1} more."
    stderr().print(safe(f"ccingest: {text}"), style="dim", soft_wrap=True)


def _behind(one: Freshness) -> str:
    if one.behind is None or one.ahead is None:
        return "at another commit than"
    parts = [(one.behind, "behind"), (one.ahead, "ahead of")]
    return " and ".join(
        f"{count:,} {'commit' if count == 1 else 'commits'} {where}"
        for count, where in parts
        if count
    )


def _run(home: Home, queued: Sequence[Enqueued]) -> list[Job]:
    with foreground(home) as (worker, view):
        return worker.run(queued, view)
