"""Asking a host for pages: politely, again where that may help, and within bounds."""

from __future__ import annotations

import email.utils
import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone

import httpcore
import httpx

from ccingest import __version__
from ccingest.outgoing import Deadline
from ccingest.reasons import plain_reason
from ccingest.sources.web.addresses import is_at, normal
from ccingest.sources.web.answers import Answer, BodyError, BrokenOffError, beginning, unpacked
from ccingest.sources.web.hosts import PrivateAddressError, UnknownHostError
from ccingest.sources.web.limits import Limits
from ccingest.sources.web.transport import CheckedTransport

USER_AGENT = f"ccingest/{__version__.partition('+')[0]}"
_PASSING = (429, 500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
_PIECE = 64 * 1024
_LONGEST_SHOWN = 200  # characters of what a server says
# What pages are read from. Of anything else only the headers are read.
PAGE_TYPES = (
    "text/html", "application/xhtml+xml", "text/markdown", "text/x-markdown", "text/plain", ""
)  # fmt: skip


class FetchError(Exception):
    """A page that can't be read. The message says why, as the end of a sentence."""

    def __init__(self, message: str, *, status: int = 0, can_pass: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.can_pass = can_pass  # whether it may be read another time


class PrivateError(FetchError):
    """The host is at an address that may not be read."""


class LeavesSiteError(FetchError):
    """A redirect leads to another site."""

    def __init__(self, target: str) -> None:
        super().__init__(f"it redirects to another site, {target[:_LONGEST_SHOWN]}")
        self.target = target


class BusyError(FetchError):
    """The host asks to wait longer than this crawl does."""


@dataclass(frozen=True, slots=True)
class _Want:
    """What is asked for: further headers, the types whose body is read, and its most bytes.

    `is_cut`: whether the rest of a larger body is left out, instead of an error.
    """

    headers: Mapping[str, str]
    types: tuple[str, ...] | None
    most: int
    is_cut: bool


@dataclass(slots=True)
class Pace:
    """When the next request may start: after the delay of robots.txt, and after Retry-After."""

    delay: float = 0.0
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> float:
        """Seconds to wait for the turn that is hereby taken."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + self.delay
            return start - now

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Fetcher:
    """Fetches pages of one site. Any number of threads may use it; a context manager."""

    def __init__(self, limits: Limits, *, allow_private: bool, is_secure: bool = True) -> None:
        self.limits = limits
        self.pace = Pace()
        self.deadline = Deadline()
        self.sent_bytes = 0
        self._lock = threading.Lock()
        self._transport = CheckedTransport(
            limits, self.deadline, allow_private=allow_private, is_secure=is_secure
        )
        self._timeout = httpx.Timeout(limits.silence_seconds, connect=limits.connect_seconds)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.deadline.stopped.set()
        with suppress(
            RuntimeError
        ):  # requests of other threads are under way; they end by themselves
            self._transport.close()

    def get(
        self,
        address: str,
        *,
        origin: str,
        headers: Mapping[str, str] | None = None,
        types: tuple[str, ...] | None = PAGE_TYPES,
        most: int = 0,
        is_cut: bool = False,
    ) -> Answer:
        """The answer of a GET, with status 200 or 304. Follows redirects that stay at `origin`.

        `types` are the content types whose body is read; None for all. `most` is the most bytes of
        it, if it is not the usual; with `is_cut`, more are left out. Raises FetchError.
        """
        want = _Want(headers or {}, types, most or self.limits.page_bytes, is_cut)
        for left in reversed(range(self.limits.tries)):
            try:
                return self._once(address, origin, want)
            except FetchError as error:
                if not error.can_pass or not left or isinstance(error, BusyError):
                    raise
                number = self.limits.tries - 1 - left
                self._wait(self.limits.backoff_seconds * 2**number * random.uniform(0.8, 1.2))
        raise AssertionError("there is at least one try")

    def _once(self, address: str, origin: str, want: _Want) -> Answer:
        for _ in range(self.limits.redirects + 1):
            answer = self._request(address, want)
            if answer.status not in _REDIRECTS:
                return self._checked(answer)
            target = normal(answer.headers.get("location", ""), address)
            if target is None:
                raise FetchError("it redirects to what is no page of the web")
            if not is_at(target, origin):
                raise LeavesSiteError(target)
            address = target
        raise FetchError(f"it redirects more than {self.limits.redirects} times")

    def _request(self, address: str, want: _Want) -> Answer:
        self._wait(self.pace.turn())
        self.deadline.start(self.limits.request_seconds)
        try:
            response = self._transport.handle_request(self._request_for(address, want))
            try:
                return self._read(address, response, want)
            finally:
                response.close()
        except PrivateAddressError as error:
            raise PrivateError(f"its host is at a private address, {error}") from None
        except UnknownHostError as error:
            raise FetchError(f"its host can't be found: {error}", can_pass=True) from None
        except BodyError as error:
            raise FetchError(str(error), can_pass=isinstance(error, BrokenOffError)) from None
        except httpcore.TimeoutException:
            raise FetchError("it did not answer in time", can_pass=True) from None
        except httpcore.RemoteProtocolError as error:
            raise FetchError(f"its answer is no HTTP: {_short(error)}", can_pass=True) from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
        ) as error:
            raise FetchError(f"it can't be reached: {_short(error)}", can_pass=True) from None
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise FetchError(f"its address is malformed: {_short(error)}") from None

    def _request_for(self, address: str, want: _Want) -> httpx.Request:
        """Raises ValueError for an address that httpx does not take."""
        url = httpx.URL(address)
        return httpx.Request(
            "GET",
            url,
            headers={
                # By itself, httpx reads the name back from its ASCII form, which fails for some
                # names that there are, such as those with an emoji.
                "host": url.netloc.decode("ascii"),
                "user-agent": USER_AGENT,
                "accept": "text/html,text/markdown;q=0.9,text/plain;q=0.8,*/*;q=0.1",
                "accept-encoding": "gzip, deflate",
                **want.headers,
            },
            extensions={"timeout": self._timeout.as_dict()},
        )

    def _read(self, address: str, response: httpx.Response, want: _Want) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(address, response.status_code, headers)
        is_wanted = want.types is None or answer.content_type in want.types
        if response.status_code != 200 or not is_wanted:
            return answer
        pieces = response.iter_raw(_PIECE)
        encoding = headers.get("content-encoding", "")
        if want.is_cut:
            body = beginning(unpacked(pieces, encoding, 2 * want.most), want.most)
        else:
            body = b"".join(unpacked(pieces, encoding, want.most))
        sent = response.num_bytes_downloaded
        with self._lock:
            self.sent_bytes += sent
        return Answer(address, response.status_code, headers, body, sent)

    def _checked(self, answer: Answer) -> Answer:
        status = answer.status
        if status in (200, 304):
            return answer
        if status in _PASSING:
            wait = _retry_after(answer.headers.get("retry-after", ""))
            if wait is not None:
                if wait > self.limits.longest_wait:
                    raise BusyError(
                        f"its host asks to wait {wait:,.0f} s", status=status, can_pass=True
                    )
                self.pace.pause(wait)
        raise FetchError(f"the answer is HTTP {status}", status=status, can_pass=status in _PASSING)

    def _wait(self, seconds: float) -> None:
        if seconds > 0 and self.deadline.stopped.wait(seconds):
            raise FetchError("the crawl was stopped", can_pass=True)


def _retry_after(text: str) -> float | None:
    """Seconds, which the header gives as a number or as a date; None when it gives none."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    with suppress(ValueError, TypeError, OverflowError):
        date = email.utils.parsedate_to_datetime(text)
        date = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
        return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())
    return None


def _short(error: Exception) -> str:
    text = plain_reason(error) or type(error).__name__
    return text.splitlines()[0][:_LONGEST_SHOWN].rstrip(".")
