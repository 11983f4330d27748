"""One request after another to one server: of bounded size and time, without redirects."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ccingest.outgoing.streams import BoundedBackend, Deadline
from ccingest.outgoing.texts import shown_text
from ccingest.proxies import https_proxy, through_proxy, unusable_proxy
from ccingest.reasons import plain_reason

_CONNECT = 10.0  # seconds
_LASTING = ("401", "403", "407")  # what a proxy says that another try does not change


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whatever its status is. `headers` ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswerError(Exception):
    """There is no answer. The message says why, as the end of a sentence about the server."""


class TooLargeError(NoAnswerError):
    """The answer is larger than such an answer can be."""


class TooLateError(NoAnswerError):
    """The answer takes longer than it may."""


class BrokenOffError(NoAnswerError):
    """The answer ends too early, or is no HTTP."""


class RefusingProxyError(NoAnswerError):
    """The proxy does not let this user, or anybody, pass."""


class Connections:
    """Connections to a server, for any number of threads."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        """Raises NetworkError for a proxy that can't be used."""
        self._deadline = Deadline()
        self._client = _client(base_url, headers, self._deadline)
        self.through = through_proxy(base_url) if https_proxy(base_url) else ""

    def close(self) -> None:
        """End all requests, also those of other threads."""
        self._client.close()

    def ask(
        self,
        method: str,
        url: str,
        *,
        most_bytes: int,
        seconds: float,
        silence: float | None = None,
        first_line: bool = False,
        **content: Any,
    ) -> Answer:
        """The answer: all of it within `seconds`, and each part of it within `silence`.

        Of one that has no end, only what comes until its first line is whole. `content` is what
        httpx takes, such as `json`. A redirect is not followed: what is sent is for one address.
        Raises NoAnswerError, and RuntimeError when they are closed.
        """
        self._deadline.start(seconds)
        body = bytearray()
        quiet = silence or seconds
        timeout = httpx.Timeout(quiet, connect=min(_CONNECT, quiet))
        try:
            with self._client.stream(method, url, timeout=timeout, **content) as response:
                for part in response.iter_raw():
                    body += part
                    if len(body) > most_bytes:
                        raise TooLargeError("answers with too much")
                    if first_line and b"\n" in part:
                        break
                return Answer(response.status_code, response.headers, bytes(body))
        except httpx.RemoteProtocolError as error:
            raise BrokenOffError(shown_text(str(error))) from None
        except httpx.ReadTimeout:
            if silence and self._deadline.has_passed:
                raise TooLateError(f"took over {seconds:.0f} s to answer") from None
            raise TooLateError(f"did not answer within {quiet:.0f} s") from None
        except httpx.ProxyError as error:
            text = shown_text(str(error))
            kind = RefusingProxyError if text.startswith(_LASTING) else NoAnswerError
            raise kind(text) from None
        # UnicodeError: a host name that IDNA does not allow.
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NoAnswerError(shown_text(plain_reason(error)) or type(error).__name__) from None


def _client(base_url: str, headers: Mapping[str, str], deadline: Deadline) -> httpx.Client:
    try:
        transport = httpx.HTTPTransport(
            # Trust the authorities of the system, as libgit2 does. By default, httpx trusts those of
            # certifi, which lacks a company's own authority.
            verify=ssl.create_default_context(),
            proxy=https_proxy(base_url),
            trust_env=False,
        )
    except (httpx.InvalidURL, ValueError, ImportError):  # ImportError: SOCKS needs a package
        raise unusable_proxy() from None
    # What the pool connects with. Tests in test_asking.py fail without it.
    transport._pool._network_backend = BoundedBackend(deadline)
    # Not compressed, because httpx unpacks an answer without a limit on its size.
    headers = {"Accept-Encoding": "identity", **headers}
    return httpx.Client(headers=dict(headers), transport=transport, trust_env=False)
