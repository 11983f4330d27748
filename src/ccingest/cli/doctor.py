"""`ccingest doctor`: check that everything is in place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.output import Reply
from ccingest.settings import load_settings
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import Check

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
    return Reply(document, lambda console: _show(console, checks), 0 if document["ok"] else 1)


def _show(console: Console, checks: list[Check]) -> None:
    for check in checks:
        mark, style = ("ok", "green") if check.ok else ("FAIL", "bold red")
        console.print(f"{mark:<5}", style=style, end="")
        console.print(f"{check.name:<9} {safe(check.detail)}", soft_wrap=True)
        if check.advice:
            console.print(f"{'':<15}{safe(check.advice)}", style="dim", soft_wrap=True)
