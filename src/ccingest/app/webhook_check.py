"""Sending a sample push to a server's webhook, as GitHub does, to see what it answers."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ccingest.app.pushes import sample_push, signature_of
from ccingest.app.server_asking import AskedServer, document_in
from ccingest.errors import AccessError, CcingestError, NetworkError
from ccingest.outgoing import Answer, NoAnswerError, shown_text
from ccingest.settings import Settings

_TIMEOUT = 30.0  # seconds
_PATH = "/webhooks/github"


def send_push(
    settings: Settings, url: str, repo: str, branch: str, secret: str, *, only_ping: bool = False
) -> dict[str, Any]:
    """Send a signed push, or a ping; returns the document of the server's answer.

    Raises UsageError, NetworkError, and the error that the server answers with.
    """
    body = json.dumps(sample_push(settings, repo, branch)).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping" if only_ping else "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": signature_of(body, secret),
    }
    with AskedServer(url, _TIMEOUT) as server:
        where = server.url + _PATH
        try:
            answer = server.post(_PATH, headers, body)
        except NoAnswerError as error:
            raise NetworkError(
                f"Could not ask {where}{server.through}: {error}; check that the server runs."
            ) from None
    return _document(where, answer)


def _document(where: str, answer: Answer) -> dict[str, Any]:
    """The document of an answer. Raises the error that it holds, and NetworkError for any other."""
    document = document_in(answer)
    if 300 <= answer.status < 400:
        target = shown_text(answer.headers.get("Location", ""))
        raise NetworkError(
            f"{where} sends elsewhere, to {target or 'nowhere'}, which is not followed; give the "
            "address where the server is."
        )
    if answer.status >= 400:
        raise _error_of(answer.status, document)
    if not (isinstance(document.get("status"), str) and isinstance(document.get("message"), str)):
        raise NetworkError(f"{where} does not answer like a server of ccingest; check the address.")
    return document


def _error_of(code: int, document: dict[str, Any]) -> CcingestError:
    error = document.get("error")
    text = error.get("message") if isinstance(error, dict) else None
    said = shown_text(text) if isinstance(text, str) else ""
    message = f"The server refuses it (HTTP {code}): {said or 'it says no more'}"
    return AccessError(message) if code in (401, 403, 421) else CcingestError(message)
