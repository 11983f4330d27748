"""`ccingest serve`: the HTTP server."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest import documents
from ccingest.cli.options import Texts
from ccingest.cli.output import Reply, lines, stderr
from ccingest.errors import UsageError
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
        workers=workers,
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
    return Reply(documents.of(done), lines("stopped"), 0, is_report=True)


def _serve(options: ServerOptions) -> WorkerSummary:
    from ccingest.client import Client
    from ccingest.process import configure_ingest, log_to_stderr
    from ccingest.server.http.serving import serve as serve_until_stopped

    configure_ingest()
    log_to_stderr()
    _log_requests()
    with Client() as client:
        return serve_until_stopped(client, options, on_start=_show_start)


def _show_start(url: str) -> None:
    stderr().print(f"ccingest serves {safe(url)}; {safe(url)}/docs has its paths", soft_wrap=True)


def _log_requests() -> None:
    """The access log, as one JSON object a line on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("ccingest.access")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def require_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"The server needs {', '.join(missing)}; install it: pip install 'ccingest[server]'."
        )
