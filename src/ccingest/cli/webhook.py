"""`ccingest webhook`: try out the webhook of a server."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from ccingest.cli.command import DocumentCommand
from ccingest.cli.output import Reply, lines
from ccingest.cli.serve import require_extra
from ccingest.errors import AccessError, CcingestError, NetworkError, UsageError
from ccingest.settings import load_settings
from ccingest.visible import safe

_TIMEOUT = 30.0  # seconds
_PATH = "/webhooks/github"

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
    from ccingest.app.pushes import sample_push, signature_of
    from ccingest.server.http.options import SECRET_VARIABLE, read_secret

    secret = read_secret(os.environ, SECRET_VARIABLE, secret_file)
    if not secret:
        raise UsageError(f"No secret to sign with: set {SECRET_VARIABLE}, or give --secret-file.")
    body = json.dumps(sample_push(load_settings(), repo, branch)).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping" if ping else "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": signature_of(body, secret),
    }
    answer = _post(url.rstrip("/") + _PATH, body, headers)
    job = f", job {answer['jobId']}" if answer.get("jobId") else ""
    return Reply(answer, lines(safe(f"{answer.get('status')}{job}: {answer.get('message')}")))


def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """The document that the server answers with. Raises the error that the server answers with."""
    from http.client import HTTPException  # 20 ms, which no other command needs
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no URL of a server; it begins with http:// or https://.")
    try:
        with urlopen(Request(url, body, headers), timeout=_TIMEOUT) as answer:
            return _document(answer.read())
    except HTTPError as error:
        with error:
            raise _error_of(error.code, _document(error.read())) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise NetworkError(f"Could not ask {url}: {reason}; check that the server runs.") from None


def _document(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _error_of(code: int, document: dict[str, Any]) -> CcingestError:
    error = document.get("error")
    text = error.get("message") if isinstance(error, dict) else None
    message = f"The server refuses it (HTTP {code}): {text or 'it says no more'}"
    return AccessError(message) if code in (401, 403, 421) else CcingestError(message)
