"""Checking a server from outside, as its clients see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ccingest import __version__
from ccingest.app.server_asking import AskedServer, document_in
from ccingest.errors import AccessError
from ccingest.models import Check
from ccingest.outgoing import Answer, NoAnswerError, shown_text
from ccingest.plurals import number_of

_VISIBLE = re.compile(r"[\x21-\x7e]+")  # ASCII, no blank
_TIMEOUT = 10.0  # seconds
_ADVICE = {
    401: "Set CCINGEST_TOKEN to the server's token.",
    403: "The server takes no requests of this page, or of this client.",
    421: "The server does not know this name; its operator has to allow it.",
}
_NO_SERVER = "Check the address, and that the server runs."


class _RefusedError(Exception):
    """The server answers with another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answers with HTTP {status}")
        self.status = status


class _OtherServerError(Exception):
    """The answer is none of ours."""


@dataclass(frozen=True, slots=True)
class _Server:
    asked: AskedServer
    token: str | None

    @property
    def url(self) -> str:
        return self.asked.url

    def read(self, path: str, *, first_line: bool = False) -> Answer:
        """Raises NoAnswerError, _RefusedError."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.asked.get(path, headers, first_line=first_line)
        if answer.status != 200:
            raise _RefusedError(answer.status)
        return answer

    def member(self, path: str, name: str, kind: type) -> Any:
        """A member of the document at a path. Raises _OtherServerError, too."""
        found = document_in(self.read(path)).get(name)
        if not isinstance(found, kind):
            raise _OtherServerError("does not answer like a server of ccingest")
        return found


def check_server(url: str, token: str | None) -> list[Check]:
    """Whether a server answers, takes the token, and tells of events.

    Raises UsageError, and AccessError for a token that can't be one.
    """
    token = (token or "").strip() or None
    if token and not _VISIBLE.fullmatch(token):  # the error of h11 would quote it
        raise AccessError("The token in CCINGEST_TOKEN is malformed; copy it once more.")
    with AskedServer(url, _TIMEOUT) as asked:
        server = _Server(asked, token)
        checks = [_run("server", _health, server)]
        if checks[0].ok:
            checks += [_run("api", _api, server), _run("events", _events, server)]
        return checks


def _run(name: str, check: Callable[[_Server], str], server: _Server) -> Check:
    try:
        return Check(name, True, check(server))
    except _RefusedError as error:
        advice = _ADVICE.get(error.status, "See the server's log.")
        return Check(name, False, f"{server.url} {error}", advice)
    except _OtherServerError as error:
        return Check(name, False, f"{server.url} {error}", _NO_SERVER)
    except NoAnswerError as error:
        return Check(name, False, f"{server.url}{server.asked.through}: {error}", _NO_SERVER)


def _health(server: _Server) -> str:
    version = shown_text(server.member("/health", "version", str))
    same = "" if version == __version__ else f", and this is {__version__}"
    return f"{server.url} runs ccingest {version}{same}"


def _api(server: _Server) -> str:
    count = len(server.member("/projects", "projects", list))
    how = "with the token" if server.token else "without a token"
    return f"answers {how}; {number_of(count, 'project')} {'has' if count == 1 else 'have'} jobs"


def _events(server: _Server) -> str:
    answer = server.read("/events", first_line=True)
    if not answer.body.startswith(b"retry:"):
        raise _OtherServerError("has no stream of events")
    return "the stream of events is open"
