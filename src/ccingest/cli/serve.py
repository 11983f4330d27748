"""`ccingest serve`: the HTTP server; and `ccingest webhook`, which tries out its webhook."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import DocumentCommand
from ccingest.cli.options import Texts
from ccingest.errors import UsageError
from ccingest.settings import load_settings
from ccingest.terminal.output import Reply, lines, report, say
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import WorkerSummary
    from ccingest.server.http.options import ServerOptions

_NEEDED = ("fastapi", "uvicorn", "websockets", "prometheus_client", "jinja2")

_Host = Annotated[
    str, Option(metavar="ADDRESS", help="The address to listen on. Any but loopback needs a token.")
]
_Port = Annotated[int, Option("-p", "--port", min=0, max=65535, help="0 takes a free one.")]
_WorkerCount = Annotated[
    int, Option("--workers", min=0, max=64, help="Processes that run queued jobs; 0 for none.")
]
_QuestionProcesses = Annotated[
    int, Option(min=0, max=64, help="Processes that answer questions; 0: the server itself does.")
]
_ReadOnly = Annotated[
    bool, Option("--read-only", help="Refuse what changes anything, and run no jobs.")
]
_OnlyProject = Annotated[
    str | None, Option("--project", metavar="PROJECT", help="Answer about this project alone.")
]
_TokenFile = Annotated[
    Path | None, Option(metavar="FILE", help="Holds the token, instead of CCINGEST_TOKEN.")
]
_SecretFile = Annotated[
    Path | None,
    Option(metavar="FILE", help="Holds the secret of webhooks, or CCINGEST_WEBHOOK_SECRET does."),
]
_Branches = Annotated[
    Texts,
    Option(
        "--webhook-branch", metavar="GLOB", help="Only pushes to branches like this. Repeatable."
    ),
]
_Hosts = Annotated[
    Texts,
    Option("--allow-host", metavar="HOST", help="A name that clients call it by. Repeatable."),
]
_Origins = Annotated[
    Texts, Option("--allow-origin", metavar="URL", help="A page that may call it. Repeatable.")
]
_Folders = Annotated[
    list[Path] | None,
    Option("--allow-folder", metavar="FOLDER", help="Requests may add what is below. Repeatable."),
]
_Private = Annotated[
    bool, Option("--allow-private", help="Requests may clone from private addresses.")
]


def serve(
    host: _Host = "127.0.0.1",
    port: _Port = 3030,
    workers: _WorkerCount = 1,
    question_processes: _QuestionProcesses = 2,
    read_only: _ReadOnly = False,
    project: _OnlyProject = None,
    token_file: _TokenFile = None,
    webhook_secret_file: _SecretFile = None,
    webhook_branch: _Branches = None,
    allow_host: _Hosts = None,
    allow_origin: _Origins = None,
    allow_folder: _Folders = None,
    allow_private: _Private = False,
) -> Reply:
    """Serve REST, WebSocket and webhooks over HTTP, and run queued jobs. SIGTERM ends it."""
    require_extra()
    from ccingest.server.http.options import (
        SECRET_VARIABLE,
        TOKEN_VARIABLE,
        ServerOptions,
        read_secret,
    )

    options = ServerOptions(
        host=host,
        port=port,
        workers=0 if read_only else workers,
        read_only=read_only,
        project=project,
        question_processes=question_processes,
        token=read_secret(os.environ, TOKEN_VARIABLE, token_file),
        allowed_hosts=tuple(allow_host or ()),
        allowed_origins=tuple(allow_origin or ()),
        folders=tuple(folder.expanduser().absolute() for folder in allow_folder or ()),
        allow_private=allow_private,
        webhook_secret=read_secret(os.environ, SECRET_VARIABLE, webhook_secret_file),
        webhook_branches=tuple(webhook_branch or ()),
    ).check()
    done = _serve(options)
    return report(documents.of(done), "stopped")


def _serve(options: ServerOptions) -> WorkerSummary:
    from ccingest.client import Client
    from ccingest.process import configure_ingest, log_requests, log_to_stderr
    from ccingest.server.http.serving import serve as serve_until_stopped

    configure_ingest()
    log_to_stderr()
    log_requests()
    with Client() as client:
        return serve_until_stopped(client, options, on_start=_show_start)


def _show_start(url: str) -> None:
    say(f"ccingest serves {url}; {url}/docs has its paths")


def require_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"The server needs {', '.join(missing)}; install it: pip install 'ccingest[server]'."
        )


_Repo = Annotated[str, Argument(metavar="REPO", help="The repository that was pushed to.")]
_Url = Annotated[str, Option(metavar="URL", help="The server.")]
_Branch = Annotated[str, Option("--branch", "-b", metavar="BRANCH", help="The branch.")]
_Ping = Annotated[bool, Option("--ping", help="Only ask whether the secret fits.")]
_SigningSecretFile = Annotated[
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
    secret_file: _SigningSecretFile = None,
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
