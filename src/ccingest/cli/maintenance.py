"""`ccingest cleanup`, `doctor` and `migrate`: remove what is not needed, check all, move to a server."""

from __future__ import annotations

import os
from functools import partial
from typing import Annotated

from typer import Option

from ccingest import documents
from ccingest.running.home import opened_home
from ccingest.settings import HISTORY_DAYS, load_settings
from ccingest.terminal.datasets import cleanup_line, migration_line
from ccingest.terminal.kept import show_checks
from ccingest.terminal.output import Reply, report

_Days = Annotated[int, Option(min=0, max=36_500, help="Keep jobs that ended since.")]


def cleanup(days: _Days = HISTORY_DAYS) -> Reply:
    """Remove old jobs, and stale clones and tables.

    Jobs are removed with their events, tables with their old versions. A worker does this once a day.
    """
    from ccingest.app.maintenance import clean_up

    with opened_home(create=True) as home:
        done = clean_up(home, days)
    return report(documents.of(done), cleanup_line(done))


_URL_HELP = "Check the server there instead. CCINGEST_TOKEN is sent to it, if set."

_Url = Annotated[str | None, Option(metavar="URL", help=_URL_HELP)]
_Deep = Annotated[bool, Option("--deep", help="Read all the data of all datasets; takes longer.")]


def doctor(deep: _Deep = False, url: _Url = None) -> Reply:
    """Check store, model, git, token and disk, or a server; say what to do."""
    from ccingest.app.doctor import check_all
    from ccingest.app.server_check import check_server

    if url:
        checks = check_server(url, os.environ.get("CCINGEST_TOKEN"))
    else:
        checks = check_all(load_settings(), deep=deep)
    document = documents.of_checks(checks)
    return Reply(document, partial(show_checks, checks=checks), 0 if document["ok"] else 1)


_To = Annotated[
    str, Option("--to", metavar="URL", envvar="CCINGEST_DATABASE", help="An empty database.")
]


def migrate(to: _To) -> Reply:
    """Copy jobs and the catalogue from the home to a Postgres database, and compare both.

    Stop the workers first. The home's file stays as it is, and so do the tables of the datasets. Run
    it again if it was interrupted.
    """
    from ccingest.app.migration import migrate as run

    done = run(load_settings(), to)
    return report(documents.of(done), migration_line(done))
