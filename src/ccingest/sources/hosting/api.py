"""Talking to the API of GitHub and of GitHub Enterprise. The only part of the room that does."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPErrorProcessor, ProxyHandler, Request, build_opener

from ccingest import __version__
from ccingest.errors import (
    AccessError,
    CcingestError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UsageError,
)
from ccingest.hosts import PUBLIC_HOST, is_loopback
from ccingest.progress import Emit, Notice, discard
from ccingest.sources.hosting.answers import (
    Answer,
    HostedRepository,
    next_page,
    parse_repositories,
    pause_asked_for,
)

_PAGE_SIZE = 100  # repositories; GitHub gives no more at once
_LONGEST_PAUSE = 10.0  # seconds that a listing waits by itself until it may go on
_TIMEOUT = 30.0  # seconds without a byte
_LARGEST_ANSWER = 32 * 1024 * 1024  # bytes; a page has half a megabyte
_MOST_STEPS = 6  # redirects and pauses on the way to one answer

_VISIBLE = re.compile(r"[\x21-\x7e]+")  # ASCII, no blank


def api_url(scheme: str, host: str) -> str:
    """The base of a host's API: of GitHub, GitHub Enterprise Cloud (*.ghe.com) or Server.

    Raises UsageError for plain http, but on the loopback.
    """
    if scheme != "https" and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        raise UsageError(f"{scheme}://{host} is not encrypted; use https://{host}.")
    if host == PUBLIC_HOST or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"{scheme}://{host}/api/v3"


class GitHubApi:
    """The API of one host. Raises UsageError, AccessError, NetworkError, RateLimitedError."""

    def __init__(
        self, host: str, *, scheme: str = "https", token: str | None = None, emit: Emit = discard
    ) -> None:
        self.host = host
        self._base = api_url(scheme, host)
        self._emit = emit
        self._headers = {
            "Accept": "application/vnd.github+json",
            "User-Agent": f"ccingest/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._token = token
        if token:
            if not _VISIBLE.fullmatch(token):  # http.client would tell the token in its complaint
                raise AccessError("The token in GITHUB_TOKEN is malformed; copy it once more.")
            self._headers["Authorization"] = f"Bearer {token}"
        # Plain http stays on this machine: no proxy gets to see it.
        proxies = [ProxyHandler({})] if self._base.startswith("http:") else []
        self._opener = build_opener(_AsItIs, *proxies)

    def repositories(self, owner: str) -> Iterator[HostedRepository]:
        """What the token may see of an organisation, or what is public of a user, by name.

        Pages are asked for as they are needed. Raises NotFoundError when there is no such owner.
        """
        query = f"per_page={_PAGE_SIZE}&sort=full_name"
        name = quote(owner, safe="")
        url = f"{self._base}/orgs/{name}/repos?type=all&{query}"
        answer = self._get(url)
        if answer.status == 404:
            url = f"{self._base}/users/{name}/repos?type=owner&{query}"
            answer = self._get(url)
        if answer.status == 404:
            raise NotFoundError(
                f"{self.host} has no organisation or user {owner!r}, or hides it from this token.",
                hint="choose_host",
            )
        asked, told = {url}, set[str]()
        while True:
            for repository in self._page(answer):
                if repository.full_name not in told:  # pages shift when one is made meanwhile
                    told.add(repository.full_name)
                    yield repository
            following = next_page(answer.headers.get("Link", ""))
            if following is None:
                return
            url = self._same_host(url, following)
            if url in asked:
                raise NetworkError(f"{self.host} lists the same page over and over; try again.")
            asked.add(url)
            answer = self._get(url)

    def is_empty(self, repository: HostedRepository) -> bool:
        """Whether it has no commit. Asks the host only where its size leaves that open."""
        if repository.size > 0:
            return False
        url = f"{self._base}/repos/{repository.full_name}/commits?per_page=1"
        return self._get(url, expected=(403, 404, 409)).status == 409

    def _page(self, answer: Answer) -> list[HostedRepository]:
        try:
            if answer.status == 200:
                return parse_repositories(answer.body)
        except ValueError:
            pass
        raise NetworkError(
            f"{self.host} does not answer like GitHub's API; check the host, or try again later."
        )

    def _get(self, url: str, *, expected: tuple[int, ...] = (404,)) -> Answer:
        """The answer in the end: a good one, or one with an expected status."""
        for _ in range(_MOST_STEPS):
            answer = self._ask(url)
            pause = pause_asked_for(answer)
            if pause is not None:
                self._pause(pause)
            elif answer.status in (301, 302, 303, 307, 308):
                url = self._same_host(url, answer.headers.get("Location", ""))
            elif 200 <= answer.status < 300 or answer.status in expected:
                return answer
            else:
                raise self._failure(answer)
        raise NetworkError(f"{self.host} sends from one address to the next; try again later.")

    def _ask(self, url: str) -> Answer:
        try:
            with self._opener.open(Request(url, headers=self._headers), timeout=_TIMEOUT) as got:
                body = got.read(_LARGEST_ANSWER + 1)
                if len(body) > _LARGEST_ANSWER:
                    raise NetworkError(f"{self.host} answers with too much; check the host.")
                if got.length:  # what was promised and did not come
                    raise self._broken_off()
                return Answer(got.status, got.headers, body)
        except OSError as error:  # urllib's errors are such, and time-outs, and TLS
            why = getattr(error, "reason", None) or error
            text = getattr(why, "strerror", None) or str(why) or type(why).__name__
            raise NetworkError(
                f"Could not ask {self.host}: {text}; check the host and the network."
            ) from None
        except HTTPException:
            raise self._broken_off() from None

    def _broken_off(self) -> NetworkError:
        return NetworkError(f"{self.host} broke off its answer; try again.")

    def _same_host(self, url: str, reference: str) -> str:
        """Where a redirect or a next page leads, if that is the host itself."""
        try:
            target = urljoin(url, reference)
            there, here = urlsplit(target), urlsplit(self._base)
            stays = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        except ValueError:
            target, stays = "", False
        if reference and stays and _VISIBLE.fullmatch(target):
            return target
        where = f" to {there.netloc.rpartition('@')[2]}" if target and there.netloc else ""
        raise NetworkError(
            f"{self.host} leads elsewhere{where}, which is not followed.", hint="choose_host"
        )

    def _pause(self, seconds: float) -> None:
        until = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        if seconds > _LONGEST_PAUSE:
            hint = "" if self._token else ", or set GITHUB_TOKEN: with a token more is allowed"
            raise RateLimitedError(
                f"{self.host} takes no more requests until {until:%H:%M:%S} UTC, "
                f"{_span(seconds)} from now; try again then{hint}."
            )
        self._emit(Notice("info", f"{self.host} asks for a pause of {seconds:.0f} s"))
        time.sleep(seconds)

    def _failure(self, answer: Answer) -> CcingestError:
        if answer.headers.get("X-GitHub-SSO"):
            return AccessError(
                f"{self.host} wants the token to be authorised for the organisation's single "
                "sign-on; do so in the settings of the token."
            )
        if answer.status in (401, 403):
            if self._token:
                return AccessError(
                    f"{self.host} refuses the token; check that it is valid and may read the "
                    "organisation's repositories."
                )
            return AccessError(
                f"{self.host} wants a token; set GITHUB_TOKEN, and GH_HOST to the token's host."
            )
        return NetworkError(f"{self.host} answers with HTTP {answer.status}; try again later.")


class _AsItIs(HTTPErrorProcessor):
    """Gives back every answer: neither an error for its status, nor does it follow a redirect."""

    def http_response(self, request: Request, response: Any) -> Any:  # noqa: ARG002
        return response

    https_response = http_response


def _span(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
