"""Asking a git server over HTTP for its refs, within bounds, and following where it redirects.

libgit2 connects only to what was found here: it bounds no list of refs and no time, it sends the
userinfo of a redirect's URL to where that leads, and tells of that URL in a decoded form, in which
the userinfo can pass for a host (so config/config lets it follow no redirect to another host).
"""

from __future__ import annotations

import base64
import os
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from ccingest.addresses import connect_public, public_addresses
from ccingest.errors import (
    AccessError,
    NetworkError,
    RepositoryNotFoundError,
    UnsupportedSourceError,
)
from ccingest.hosts import pause_asked_for
from ccingest.models import Reference
from ccingest.proxies import proxy_of, through_proxy
from ccingest.reasons import plain_reason
from ccingest.sources.git.access import DEFAULT_PORTS, Access, TokenUse
from ccingest.sources.git.advertisement import (
    Advertisement,
    MalformedAdvertisementError,
    OversizedAdvertisementError,
    parse_advertisement,
    server_text,
)
from ccingest.sources.git.failures import error_of_status, unsupported_format
from ccingest.sources.git.redirects import MOST_REDIRECTS, SERVICE, redirect_target

_TIMEOUT = 20.0  # seconds without a byte
# Of one answer, for a server that sends a byte now and then. GitHub's largest take some ten seconds.
LONGEST_ANSWER = 90.0
_PART = 64 * 1024
_CONTENT_TYPE = "application/x-git-upload-pack-advertisement"
_REDIRECTS = (301, 302, 303, 307, 308)
_PROXY_REFUSES = re.compile("Tunnel connection failed: 40[137]")  # as http.client says it


def ask_for_refs(ref: Reference, access: Access, wanted: str | None) -> tuple[str, Advertisement]:
    """The URL of the repository after redirects, and its refs, see `parse_advertisement`.

    Raises RepositoryNotFoundError, AccessError, NetworkError, RateLimitedError, and
    UnsupportedSourceError for a list of refs beyond all bounds, or of SHA-256 ids. No redirect
    is followed that a git server has no reason for, see redirects.py.
    """
    url = ref.location
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask_with_token(ref, url, access, wanted)
        if isinstance(answer, Advertisement):
            if answer.object_format != "sha1":
                raise unsupported_format(ref, answer.object_format)
            return url, answer
        url = redirect_target(url, answer)
    raise NetworkError(f"{ref.host} redirects too often; check the address.")


def _ask_with_token(
    ref: Reference, url: str, access: Access, wanted: str | None
) -> Advertisement | str:
    """The refs, or the Location of a redirect. The token is sent where one is asked for."""
    token = access.token_after_redirects(ref.location, url)
    answer = _ask(ref, url, None, wanted, public_only=access.public_only)
    use = TokenUse(bool(access.token), bool(token), False)
    if isinstance(answer, HTTPError) and answer.code == 401 and token:
        use = TokenUse(True, True, True)
        answer = _ask(ref, url, token, wanted, public_only=access.public_only)
    if isinstance(answer, HTTPError):
        pause = pause_asked_for(answer.code, answer.headers)
        raise error_of_status(ref, answer.code, use, pause)
    return answer


def _ask(
    ref: Reference, url: str, token: str | None, wanted: str | None, *, public_only: bool
) -> Advertisement | str | HTTPError:
    """The refs, the Location of a redirect, or a refusal. One request.

    The only place where errors of the network become ours.
    """
    request = Request(url.rstrip("/") + SERVICE, headers={"User-Agent": "git/2.0 (ccingest)"})
    if token:
        login = os.fsencode(f"x-access-token:{token}")  # a token from the environment is any bytes
        credentials = base64.b64encode(login).decode()
        request.add_unredirected_header("Authorization", f"Basic {credentials}")
    name = f"{ref.host}/{ref.name}"
    proxy_of(url)  # raises for a text that names none, in which a password may be misplaced
    through = through_proxy(url)
    with _Deadline(LONGEST_ANSWER) as deadline:
        try:
            with _opened(request, deadline, public_only=public_only) as answer:
                is_listing = answer.headers.get_content_type() == _CONTENT_TYPE
                if not is_listing and not deadline.has_passed:  # which cuts headers off, too
                    raise RepositoryNotFoundError(
                        f"{name} is no git repository: {ref.host} answers with a web page; check "
                        "the address."
                    )
                return parse_advertisement(_parts(answer), wanted)
        except HTTPError as answer:
            with answer:
                location = answer.headers.get("Location")
                return location if answer.code in _REDIRECTS and location else answer
        except OversizedAdvertisementError as error:
            raise UnsupportedSourceError(
                f"{name} lists {error}; ccingest takes no repository of that size."
            ) from None
        except MalformedAdvertisementError as error:
            text = server_text(str(error))
        # ValueError: a header that is none, a host that IDNA does not allow.
        except (OSError, HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            text = server_text(plain_reason(reason)) or type(reason).__name__
            if through and _PROXY_REFUSES.match(text):
                raise AccessError(
                    f"Could not fetch {name}{through}: {text}; check {_proxy_variable(url)}."
                ) from None
        if deadline.has_passed:
            text = f"its list of refs took over {LONGEST_ANSWER:.0f} s"
    check = f"the network and {_proxy_variable(url)}," if through else "the network"
    raise NetworkError(f"Could not fetch {name}{through}: {text}; check {check} and try again.")


def _proxy_variable(url: str) -> str:
    return f"{urlsplit(url).scheme.upper()}_PROXY"


def _opened(request: Request, deadline: _Deadline, *, public_only: bool) -> Any:
    """The answer, to be read. Proxies come from the environment."""
    opener = build_opener(_NoRedirects, _Http(deadline, public_only), _Https(deadline, public_only))
    return opener.open(request, timeout=_TIMEOUT)


def _parts(answer: Any) -> Iterator[bytes]:
    while part := answer.read1(_PART):
        yield part


class _Deadline:
    """Shuts the connections down that it watches when its time is over, whatever they wait for."""

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._watched:
                one.close()
            self._watched.clear()

    def watch(self, connected: socket.socket) -> None:
        with self._lock:
            self._watched.append(connected.dup())  # TLS takes the socket itself over
            if self.has_passed:
                self._shut()

    def _pass(self) -> None:
        with self._lock:
            self.has_passed = True
            self._shut()

    def _shut(self) -> None:
        for one in self._watched:
            with suppress(OSError):  # the server was quicker
                one.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    deadline: _Deadline

    def connect(self) -> None:
        super().connect()
        self.deadline.watch(self.sock)


class _TlsConnection(HTTPSConnection, _Connection):
    """Watched from before the handshake on: HTTPSConnection connects as the next class does."""


def _watched(
    kind: type[_Connection], deadline: _Deadline, public_only: bool, host: str, **named: Any
) -> _Connection:
    made = kind(host, **named)
    made.deadline = deadline
    if public_only:
        # What HTTPConnection calls to connect. A test in test_public.py fails without it.
        made._create_connection = _connect_public  # type: ignore[attr-defined]
    return made


def _connect_public(address: tuple[str, int], timeout: float, *_: object) -> socket.socket:
    return connect_public(*address, timeout)


def _is_direct(request: Request) -> bool:
    """Whether no proxy of the environment is asked instead, whose address is the operator's choice.

    What a proxy connects to it decides itself. All that can be checked here is the name.
    """
    parts = urlsplit(request.full_url)
    if request.host == parts.netloc:
        return True
    public_addresses(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
    return False


class _Http(HTTPHandler):
    def __init__(self, deadline: _Deadline, public_only: bool) -> None:
        super().__init__()
        self._deadline = deadline
        self._public_only = public_only

    def http_open(self, request: Request) -> Any:
        checks = self._public_only and _is_direct(request)
        connection = partial(_watched, _Connection, self._deadline, checks)
        return self.do_open(connection, request)


class _Https(HTTPSHandler):
    def __init__(self, deadline: _Deadline, public_only: bool) -> None:
        super().__init__()
        self._deadline = deadline
        self._public_only = public_only

    def https_open(self, request: Request) -> Any:
        checks = self._public_only and _is_direct(request)
        connection = partial(_watched, _TlsConnection, self._deadline, checks)
        context = ssl.create_default_context()
        return self.do_open(connection, request, context=context)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """The answer with the redirect is the answer."""
