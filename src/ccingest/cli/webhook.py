"""`ccingest webhook`: try out the webhook of a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from ccingest.cli.command import DocumentCommand
from ccingest.cli.serve import require_extra
from ccingest.errors import UsageError
from ccingest.settings import load_settings
from ccingest.terminal.output import Reply, lines
from ccingest.visible import safe

_Repo = Annotated[str, Argument(metavar="REPO", help="The repository that was pushed to.")]
_Url = Annotated[str, Option(metavar="URL", help="The server.")]
_Branch = Annotated[str, Option("--branch", "-b", metavar="BRANCH", help="The branch.")]
_Ping = Annotated[bool, Option("--ping", help="Only ask whether the secret fits.")]
_SecretFile = Annotated[
    Path | None,
    Option(metavar="FILE", help="Holds the secret, instead of CCINGEST_WEBHOOK_SECRET."),
]

app = typer.Typer(help="Try out the webhook of a server.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Try out the webhook of a server."""


@app.command("test", cls=DocumentCommand)
def send_test(
    repo: _Repo,
    url: _Url = "http://127.0.0.1:3030",
    branch: _Branch = "main",
    ping: _Ping = False,
    secret_file: _SecretFile = None,
) -> Reply:
    """Send a signed sample of what GitHub sends for a push. The job it leads to is a real one."""
    require_extra()
    from ccingest.app.webhook_check import send_push
    from ccingest.server.http.options import SECRET_VARIABLE, read_secret

    secret = read_secret(os.environ, SECRET_VARIABLE, secret_file)
    if not secret:
        raise UsageError(f"No secret to sign with: set {SECRET_VARIABLE}, or give --secret-file.")
    answer = send_push(load_settings(), url, repo, branch, secret, only_ping=ping)
    job = f", job {answer['jobId']}" if answer.get("jobId") else ""
    return Reply(answer, lines(safe(f"{answer.get('status')}{job}: {answer.get('message')}")))
