"""Sending a sample push to a server's webhook, as GitHub does, to see what it answers."""

from __future__ import annotations

import json
import uuid
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ccingest.app.pushes import sample_push, signature_of
from ccingest.errors import AccessError, CcingestError, NetworkError, UsageError
from ccingest.reasons import plain_reason
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
    return _post(url.rstrip("/") + _PATH, body, headers)


def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """The document that the server answers with. Raises the error that the server answers with."""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no URL of a server; it begins with http:// or https://.")
    try:
        with urlopen(Request(url, body, headers), timeout=_TIMEOUT) as answer:
            return _document(answer.read())
    except HTTPError as error:
        with error:
            raise _error_of(error.code, _document(error.read())) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = plain_reason(getattr(error, "reason", None) or error)
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
