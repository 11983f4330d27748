"""`ccingest cleanup`: remove what is not needed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.output import Reply, lines
from ccingest.plurals import number_of
from ccingest.settings import HISTORY_DAYS

if TYPE_CHECKING:
    from ccingest.models import CleanupSummary

_Days = Annotated[int, Option(min=0, max=36_500, help="Keep jobs that ended since.")]


def cleanup(days: _Days = HISTORY_DAYS) -> Reply:
    """Remove old jobs, and stale clones and tables.

    Jobs are removed with their events, tables with their old versions. A worker does this once a day.
    """
    from ccingest.app.maintenance import clean_up

    with opened_home(create=True) as home:
        done = clean_up(home, days)
    return Reply(documents.of(done), lines(summary_line(done)), is_report=True)


def summary_line(done: CleanupSummary) -> str:
    return (
        f"deleted {number_of(done.jobs, 'job')}, {number_of(done.tables, 'table')}, "
        f"{number_of(done.clones, 'clone')}; "
        f"freed {done.freed_bytes / 1e6:.1f} MB"
    )
