"""`ccingest doctor`: check that everything is in place."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.settings import load_settings
from ccingest.terminal.kept import show_checks
from ccingest.terminal.output import Reply

if TYPE_CHECKING:
    pass

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
