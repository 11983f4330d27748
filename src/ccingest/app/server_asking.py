"""Asking a server of ccingest, as its clients do. What answers may be any other server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ccingest.errors import UsageError
from ccingest.outgoing import Answer, Connections
from ccingest.secrets import hide_secrets

_MOST_READ = 16 * 1024 * 1024  # bytes of an answer; ten thousand projects take 4 MB
_MISPLACED = "Set CCINGEST_TOKEN to the server's token."


class AskedServer:
    """One server. A redirect is the answer: what is sent is for the server that was named.

    A context manager. Its methods raise NoAnswerError.
    """

    def __init__(self, url: str, seconds: float) -> None:
        """`seconds` are those of each request, to its last byte. Raises UsageError, NetworkError."""
        if not url.startswith(("http://", "https://")):
            raise UsageError(
                f"{hide_secrets(url)!r} is no URL of a server; it begins with http:// or https://."
            )
        if hide_secrets(url) != url:
            raise UsageError(
                f"The address of the server seems to hold a password or a token; {_MISPLACED}"
            )
        self.url = url.rstrip("/")
        self._seconds = seconds
        self._connections = Connections(self.url, {})
        self.through = self._connections.through

    def __enter__(self) -> AskedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.close()

    def get(self, path: str, headers: Mapping[str, str], *, first_line: bool = False) -> Answer:
        return self._ask("GET", path, headers=headers, first_line=first_line)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self._ask("POST", path, headers=headers, content=body)

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        return self._connections.ask(
            method, self.url + path, most_bytes=_MOST_READ, seconds=self._seconds, **more
        )


def document_in(answer: Answer) -> dict[str, Any]:
    """The document of an answer; empty when it is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
