"""`ccingest cleanup`: remove what is not needed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.settings import HISTORY_DAYS
from ccingest.terminal.datasets import cleanup_line
from ccingest.terminal.output import Reply, report

if TYPE_CHECKING:
    pass

_Days = Annotated[int, Option(min=0, max=36_500, help="Keep jobs that ended since.")]


def cleanup(days: _Days = HISTORY_DAYS) -> Reply:
    """Remove old jobs, and stale clones and tables.

    Jobs are removed with their events, tables with their old versions. A worker does this once a day.
    """
    from ccingest.app.maintenance import clean_up

    with opened_home(create=True) as home:
        done = clean_up(home, days)
    return report(documents.of(done), cleanup_line(done))
