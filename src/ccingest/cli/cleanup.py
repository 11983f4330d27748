"""`ccingest cleanup`: remove what is not needed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccingest import documents
from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, lines
from ccingest.settings import HISTORY_DAYS, load_settings

if TYPE_CHECKING:
    from ccingest.models import CleanupSummary


def cleanup(
    days: Annotated[
        int, typer.Option("--days", help="Keep jobs that ended since.", min=0, max=36_500)
    ] = HISTORY_DAYS,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Remove old jobs, and stale clones and tables.

    Jobs are removed with their events, tables with their old versions. A worker does this once a day.
    """
    from ccingest.app.home import Home
    from ccingest.app.maintenance import clean_up

    settings = load_settings()
    settings.create_home()
    with Home(settings) as home:
        done = clean_up(home, days)
    return Reply(documents.of(done), lines(summary_line(done)))


def summary_line(done: CleanupSummary) -> str:
    return (
        f"deleted {done.jobs} jobs, {done.tables} tables, {done.clones} clones; "
        f"freed {done.freed_bytes / 1e6:.1f} MB"
    )
