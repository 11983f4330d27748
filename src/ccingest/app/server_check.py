"""Checking a server from outside, as its clients see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ccingest import __version__
from ccingest.errors import UsageError
from ccingest.models import Check
from ccingest.plurals import number_of
from ccingest.reasons import plain_reason
from ccingest.secrets import hide_secrets

_TIMEOUT = 10.0  # seconds
_MOST_READ = 1_000_000  # bytes of an answer
_ADVICE = {
    401: "Set CCINGEST_TOKEN to the server's token.",
    403: "The server takes no requests of this page, or of this client.",
    421: "The server does not know this name; its operator has to allow it.",
}


class _NoRedirects(HTTPRedirectHandler):
    """The token is for the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        """The answer with the redirect is the answer."""


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    token: str | None

    def read(self, path: str, first_line: bool = False) -> bytes:
        """The answer, or its first line. Raises HTTPError and OSError."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = Request(self.url + path, headers=headers)
        with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT) as answer:
            read = answer.readline if first_line else answer.read
            found: bytes = read(_MOST_READ)
            return found


def check_server(url: str, token: str | None) -> list[Check]:
    """Whether a server answers, takes the token, and tells of events. Raises UsageError."""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no URL of a server; it begins with http:// or https://.")
    if hide_secrets(url) != url:
        raise UsageError(
            f"The address of the server seems to hold a password or a token; {_ADVICE[401]}"
        )
    server = _Server(url.rstrip("/"), token)
    checks = [_run("server", _health, server)]
    if checks[0].ok:
        checks += [_run("api", _api, server), _run("events", _events, server)]
    return checks


def _run(name: str, check: Callable[[_Server], str], server: _Server) -> Check:
    try:
        return Check(name, True, check(server))
    except HTTPError as error:
        with error:
            detail = f"{server.url} answers with HTTP {error.code}"
            return Check(name, False, detail, _ADVICE.get(error.code, "See the server's log."))
    except (OSError, HTTPException, ValueError) as error:
        detail = f"{server.url}: {plain_reason(getattr(error, 'reason', None) or error)}"
        return Check(name, False, detail, "Check the address, and that the server runs.")


def _health(server: _Server) -> str:
    version = json.loads(server.read("/health"))["version"]
    same = "" if version == __version__ else f", and this is {__version__}"
    return f"{server.url} runs ccingest {version}{same}"


def _api(server: _Server) -> str:
    count = len(json.loads(server.read("/projects"))["projects"])
    how = "with the token" if server.token else "without a token"
    return f"answers {how}; {number_of(count, 'project')} {'has' if count == 1 else 'have'} jobs"


def _events(server: _Server) -> str:
    line = server.read("/events", first_line=True)
    if not line.startswith(b"retry:"):
        raise ValueError("no stream of events")
    return "the stream of events is open"
