"""Requests to the API of GitHub and GitHub Enterprise. Only this module uses the network."""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlsplit

import httpx

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
from ccingest.models import HostedRepository
from ccingest.progress import Emit, Notice, discard
from ccingest.proxies import https_proxy, unusable_proxy
from ccingest.reasons import plain_reason
from ccingest.secrets import hide_secrets
from ccingest.sources.hosting.answers import (
    Answer,
    next_page,
    parse_repositories,
    pause_of,
)

_PAGE_SIZE = 100  # repositories; the most that GitHub allows
_LONGEST_PAUSE = 10.0  # seconds; for a longer pause, the listing fails instead of waiting
_TIMEOUT = 30.0  # seconds without a byte
# Bytes; a page has half a megabyte. As JSON of the smallest objects they take 25 times as much memory.
_LARGEST_ANSWER = 8 * 1024 * 1024
_LONGEST_ANSWER = 120.0  # seconds, of a server that sends a byte now and then
_MOST_LISTED = 200_000  # repositories; the largest organisations on GitHub have under 20,000
_MOST_STEPS = 6  # redirects and pauses on the way to one answer

_LONGEST_TEXT = 200  # characters of a host's text in an error message
_LONGEST_READ = 10_000  # characters of which those are taken

_VISIBLE = re.compile(r"[\x21-\x7e]+")  # ASCII, no blank

_log = logging.getLogger(__name__)


def api_url(scheme: str, host: str) -> str:
    """The base URL of a host's API: of GitHub, GitHub Enterprise Cloud (*.ghe.com) or Server.

    Raises UsageError for plain http, except to this machine.
    """
    if scheme != "https" and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        raise UsageError(f"{scheme}://{host} is not encrypted; use https://{host}.")
    if host == PUBLIC_HOST or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"{scheme}://{host}/api/v3"


class GitHubApi:
    """The API of one host. A context manager: its connections are closed at the end.

    Raises UsageError, AccessError, NetworkError, RateLimitedError.
    """

    def __init__(
        self, host: str, *, scheme: str = "https", token: str | None = None, emit: Emit = discard
    ) -> None:
        self.host = host
        self._base = api_url(scheme, host)
        self._emit = emit
        self._token = token
        headers = {
            "Accept": "application/vnd.github+json",
            # Not compressed, because httpx unpacks an answer without a limit on its size.
            "Accept-Encoding": "identity",
            "User-Agent": f"ccingest/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if token:
            if not _VISIBLE.fullmatch(token):  # the error of h11 would quote it
                raise AccessError("The token in GITHUB_TOKEN is malformed; copy it once more.")
            headers["Authorization"] = f"Bearer {token}"
        self._client = _client(self._base, headers)

    def __enter__(self) -> GitHubApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. No request is possible after that."""
        self._client.close()

    def repositories(self, owner: str) -> Iterator[HostedRepository]:
        """The repositories of an organisation that the token may see, or the public ones of a user.

        They are ordered by name. Pages are requested when they are needed. Raises NotFoundError when there is no such owner.
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
        asked, listed = {url}, set[str]()
        while True:
            for repository in self._page(answer):
                # Pages shift when a repository is created or deleted between two requests.
                if repository.full_name not in listed:
                    if len(listed) == _MOST_LISTED:
                        raise NetworkError(
                            f"{self.host} lists over {_MOST_LISTED:,} repositories; check the host."
                        )
                    listed.add(repository.full_name)
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
        """Whether a repository has no commit. Asks the host only if its size is 0."""
        if repository.size > 0:
            return False
        url = f"{self._base}/repos/{repository.full_name}/commits?per_page=1"
        status = self._get(url, expected=(403, 404, 409)).status
        if status in (403, 404):
            _log.info(
                "%s answers with HTTP %d whether %s is empty: it counts as not empty",
                self.host, status, repository.full_name,
            )  # fmt: skip
        return status == 409

    def _page(self, answer: Answer) -> list[HostedRepository]:
        try:
            if answer.status == 200:
                return parse_repositories(answer.body)
        except ValueError as error:
            _log.info("%s sends no page of a listing: %s", self.host, error)
        raise NetworkError(
            f"{self.host} does not answer like GitHub's API; check the host, or try again later."
        )

    def _get(self, url: str, *, expected: tuple[int, ...] = (404,)) -> Answer:
        """The answer after redirects and pauses: a successful one, or one with an expected status."""
        for _ in range(_MOST_STEPS):
            answer = self._ask(url)
            pause = pause_of(answer)
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
        """Make one request. Translates errors of the network to ours."""
        body = bytearray()
        end = time.monotonic() + _LONGEST_ANSWER
        try:
            with self._client.stream("GET", url) as response:
                for part in response.iter_raw():
                    body += part
                    if len(body) > _LARGEST_ANSWER:
                        raise NetworkError(f"{self.host} answers with too much; check the host.")
                    if time.monotonic() > end:
                        raise NetworkError(
                            f"{self.host} took over {_LONGEST_ANSWER:.0f} s to answer; try again later."
                        )
                return Answer(response.status_code, response.headers, bytes(body))
        except httpx.RemoteProtocolError as error:
            _log.info("The answer of %s: %s", self.host, _printable(str(error)))
            raise NetworkError(
                f"{self.host} broke off its answer, or does not speak HTTP; try again."
            ) from None
        # UnicodeError: a host name that IDNA does not allow.
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            text = _printable(plain_reason(error)) or type(error).__name__
            raise NetworkError(
                f"Could not ask {self.host}: {text}; check the host and the network."
            ) from None

    def _same_host(self, url: str, reference: str) -> str:
        """The URL of a redirect or a next page. Raises NetworkError when it is on another host."""
        here, where = httpx.URL(self._base), ""
        try:
            target = httpx.URL(url).join(reference)
            where = f" to {_printable(target.netloc.decode())}" if target.host else ""
            stays = (target.scheme, target.netloc) == (here.scheme, here.netloc)
            # httpx would send a user in the URL in place of the token.
            if reference and stays and not target.userinfo:
                return str(target)
        except (httpx.InvalidURL, ValueError) as error:
            _log.info("%s leads to no URL: %s", self.host, _printable(str(error)))
        raise NetworkError(
            f"{self.host} leads elsewhere{where}, which is not followed.", hint="choose_host"
        )

    def _pause(self, seconds: float) -> None:
        until = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        if seconds > _LONGEST_PAUSE:
            hint = "" if self._token else ", or set GITHUB_TOKEN: with a token more is allowed"
            raise RateLimitedError(
                f"{self.host} takes no more requests until {until:%H:%M:%S} UTC, "
                f"{_span(seconds)} from now; try again then{hint}.",
                host=self.host,
                pause=seconds,
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


def _client(base: str, headers: dict[str, str]) -> httpx.Client:
    """A client that follows no redirects. Raises NetworkError for an unusable proxy."""
    try:
        return httpx.Client(
            headers=headers,
            timeout=_TIMEOUT,
            proxy=https_proxy(base),
            # Trust the authorities of the system, as libgit2 does. By default, httpx trusts those of
            # certifi, which lacks a company's own authority.
            verify=ssl.create_default_context(),
            trust_env=False,
        )
    except (httpx.InvalidURL, ValueError, ImportError):  # ImportError: SOCKS needs a package
        raise unusable_proxy() from None


def _printable(text: str) -> str:
    text = hide_secrets(text[:_LONGEST_READ])[:_LONGEST_TEXT]
    return "".join(char if char.isprintable() else "?" for char in text)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
