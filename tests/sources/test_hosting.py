"""Listing an organisation, from a server on the loopback address that answers like GitHub."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import sys
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from ccingest.errors import (
    AccessError,
    CcingestError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
)
from ccingest.progress import Progress
from ccingest.sources.hosting import (
    Answer,
    GitHubApi,
    parse_repositories,
    pause_of,
)
from github_api import GitHubServer, Reply, row

TOKEN = "ghp_averysecrettoken0123456789"


@pytest.fixture(scope="module")
def running() -> Iterator[GitHubServer]:
    with GitHubServer().running() as server:
        yield server


@pytest.fixture
def server(running: GitHubServer) -> GitHubServer:
    """The server, with an organisation of five repositories and its defaults."""
    running.organisations = {"org": [row(f"org/r{n}") for n in range(5)]}
    running.users = {"someone": [row("someone/dotfiles")]}
    running.empty = set()
    running.page_size, running.token, running.next_base = 100, None, None
    running.replies, running.requests = [], []
    return running


def api(server: GitHubServer, token: str | None = None, **more: object) -> GitHubApi:
    return GitHubApi(server.host, scheme="http", token=token, **more)  # type: ignore[arg-type]


def names(server: GitHubServer, owner: str = "org", token: str | None = None) -> list[str]:
    with api(server, token) as asked:
        return [found.full_name for found in asked.repositories(owner)]


def failure(server: GitHubServer, token: str | None = None) -> CcingestError:
    with pytest.raises(CcingestError) as caught:
        names(server, token=token)
    assert TOKEN not in str(caught.value) + repr(caught.value.__context__)
    return caught.value


def test_every_page_is_read_once(server: GitHubServer) -> None:
    server.page_size = 2
    assert names(server) == [f"org/r{n}" for n in range(5)]
    assert server.paths == ["/api/v3/orgs/org/repos"] * 3
    path, headers = server.requests[0]
    assert "type=all" in path
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["User-Agent"].startswith("ccingest/")
    assert "Authorization" not in headers


def test_pages_are_asked_for_as_they_are_needed(server: GitHubServer) -> None:
    server.page_size = 2
    with api(server) as asked:
        assert next(asked.repositories("org")).full_name == "org/r0"
    assert len(server.requests) == 1


def test_a_repository_that_is_created_meanwhile_is_not_listed_twice(server: GitHubServer) -> None:
    server.page_size = 2
    with api(server) as asked:
        found = asked.repositories("org")
        first = next(found).full_name
        server.organisations["org"] = [row("org/a"), *server.organisations["org"]]
        rest = [one.full_name for one in found]
    assert [first, *rest] == [f"org/r{n}" for n in range(5)]


def test_a_user_is_no_organisation(server: GitHubServer) -> None:
    assert names(server, "someone") == ["someone/dotfiles"]
    assert server.paths == ["/api/v3/orgs/someone/repos", "/api/v3/users/someone/repos"]
    with pytest.raises(NotFoundError, match="no organisation or user 'nobody'"):
        names(server, "nobody")


def test_only_a_size_of_zero_needs_a_request(
    server: GitHubServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.empty = {"org/void"}
    [small, void, large] = parse_repositories(
        json.dumps([row("org/small", size=0), row("org/void", size=0), row("org/large")]).encode()
    )
    with api(server) as asked:
        assert [asked.is_empty(one) for one in (small, void, large)] == [False, True, False]
        assert server.paths == [f"/api/v3/repos/org/{name}/commits" for name in ("small", "void")]
        server.replies = [Reply(403)]
        with caplog.at_level(logging.INFO, "ccingest.sources.hosting"):
            assert not asked.is_empty(void)  # it is taken as not empty, and its job will show
    assert "HTTP 403 whether org/void is empty" in caplog.text


def test_the_token_goes_to_its_host_only(server: GitHubServer) -> None:
    server.token = TOKEN
    assert len(names(server, token=TOKEN)) == 5
    with GitHubServer().running() as other:
        other.organisations = {"org": [row("org/theirs")]}
        for status in (301, 302, 303, 307, 308):
            server.replies = [Reply(status, {"Location": f"{other.url}/api/v3/orgs/org/repos"})]
            error = failure(server, TOKEN)
            assert isinstance(error, NetworkError)
            assert other.host in error.message
        server.page_size, server.next_base = 2, other.url
        assert isinstance(failure(server, TOKEN), NetworkError)
        assert other.requests == []


def test_a_redirect_on_the_host_is_followed(server: GitHubServer) -> None:
    """GitHub redirects like this when an organisation was renamed."""
    server.token = TOKEN
    server.replies = [Reply(301, {"Location": "/api/v3/orgs/ORG/repos"})]
    assert len(names(server, "old", TOKEN)) == 5
    assert all(headers["Authorization"] == f"Bearer {TOKEN}" for _, headers in server.requests)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "//evil.example/x",
        "https://127.0.0.1/",
        "http://[",
        "http://[zz]/",
        "http://h:port/",
        "file:///etc/passwd",
        "http://user:password@HOST/api/v3/orgs/org/repos",
        "http://HOST@evil.example/",
        "/\x07",
        "http://evil.example/" + "x" * 70_000,
        "http://" + "x" * 10_000,
    ],
    ids=range(12),
)
def test_bad_redirects_are_not_followed(server: GitHubServer, location: str) -> None:
    server.replies = [Reply(302, {"Location": location.replace("HOST", server.host)})]
    error = failure(server)
    assert isinstance(error, NetworkError)
    assert error.message.isprintable()
    assert len(error.message) < 400
    assert "password" not in error.message
    assert len(server.requests) == 1


def test_redirects_and_pages_in_a_circle_end(server: GitHubServer) -> None:
    server.replies = [Reply(302, {"Location": "/api/v3/orgs/org/repos"})] * 20
    assert isinstance(failure(server), NetworkError)
    assert len(server.requests) < 10
    again = f'<{server.url}/api/v3/orgs/org/repos?page=1>; rel="next"'
    server.replies = [Reply(200, {"Link": again}, b"[]") for _ in range(20)]
    assert "over and over" in failure(server).message


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (Reply(401), AccessError, "wants a token"),
        (Reply(403), AccessError, "wants a token"),
        (Reply(403, {"X-GitHub-SSO": "required; url=https://x"}), AccessError, "single sign-on"),
        (Reply(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}),
         RateLimitedError, "no more requests until"),
        (Reply(403, {"Retry-After": "3600"}), RateLimitedError, "60 minutes"),
        (Reply(403, body=b'{"message":"You have exceeded a secondary rate limit"}'),
         RateLimitedError, "60 seconds"),
        (Reply(429), RateLimitedError, "set GITHUB_TOKEN"),
        (Reply(502), NetworkError, "HTTP 502"),
        (Reply(418), NetworkError, "HTTP 418"),
        (Reply(200, body=b"<html>Sign in</html>"), NetworkError, "like GitHub's API"),
        (Reply(200, body=b"{}"), NetworkError, "like GitHub's API"),
        (Reply(200, body=b"[" * 100_000), NetworkError, "like GitHub's API"),
        (Reply(200, body=b'[{"full_name": "../../etc"}]'), NetworkError, "like GitHub's API"),
        (Reply(200, body=b"\xff\xfe"), NetworkError, "like GitHub's API"),
        (Reply(200, body=b"[]", cut=100), NetworkError, "broke off"),
        (Reply(200, {"X\x1b[31m": "x" * 1000}, b"[]"), NetworkError, "does not speak HTTP"),
        (Reply(200, {"X-Long": "x" * 200_000}, b"[]"), NetworkError, "does not speak HTTP"),
    ],
)  # fmt: skip
def test_failures_have_their_kinds(
    server: GitHubServer, reply: Reply, kind: type[CcingestError], says: str
) -> None:
    server.replies = [reply]
    error = failure(server)
    assert type(error) is kind
    assert says in error.message
    assert error.message.endswith(".")


def test_a_refused_token(server: GitHubServer) -> None:
    server.token = "another"
    assert "refuses the token" in failure(server, TOKEN).message
    for bad in (f"{TOKEN}\n", f"{TOKEN}é", "a b"):
        with pytest.raises(AccessError) as caught:
            api(server, bad)
        assert TOKEN not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
def test_a_compressed_answer_is_not_unpacked(server: GitHubServer, encoding: str) -> None:
    """A listing of 64 MiB, mostly blanks, which is 64 KiB or less when it is compressed."""
    body = b"[" + b" " * (64 * 1024 * 1024) + b"]"
    for _ in encoding.split(", "):
        body = gzip.compress(body, 1)
    server.replies = [Reply(200, {"Content-Encoding": encoding}, body)]
    tracemalloc.start()
    try:
        error = failure(server)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "like GitHub's API" in error.message
    assert peak < 8 * 1024 * 1024
    assert server.requests[0][1]["Accept-Encoding"] == "identity"


def test_an_answer_is_read_up_to_its_limit(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = json.dumps([row("org/app")]).encode()
    monkeypatch.setattr("ccingest.sources.hosting.api._LARGEST_ANSWER", len(page))
    server.replies = [Reply(200, body=page)]
    assert names(server) == ["org/app"]
    server.replies = [Reply(200, body=page + b" ")]
    assert "answers with too much" in failure(server).message
    server.replies = [Reply(200, body=page + b" ", cut=1 << 40)]
    assert "answers with too much" in failure(server).message


def test_what_a_host_lists_is_bounded(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.sources.hosting.api._MOST_LISTED", 1)
    server.replies = [Reply(200, body=json.dumps([row("org/app")]).encode())]
    assert names(server) == ["org/app"]
    server.replies = [Reply(200, body=json.dumps([row("org/app"), row("org/b")]).encode())]
    assert "lists over 1 repositories" in failure(server).message
    server.replies = [Reply(200, body=json.dumps([row(f"org/{'a' * 101}")]).encode())]
    assert "like GitHub's API" in failure(server).message


def test_an_answer_that_takes_too_long(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.sources.hosting.api._LONGEST_ANSWER", -1.0)
    server.replies = [Reply(200, body=json.dumps([row("org/app")]).encode())]
    assert "to answer" in failure(server).message


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """A proxy with a password, which the environment names for all hosts."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with GitHubServer().running() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://user:password@{server.host}")
        yield server


def test_plain_http_goes_through_no_proxy(server: GitHubServer, proxy: GitHubServer) -> None:
    server.token = TOKEN
    assert len(names(server, token=TOKEN)) == 5
    assert proxy.requests == []


def test_https_goes_through_the_proxy(proxy: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (f"http://user:password@{proxy.host}", f"user:password@{proxy.host}"):
        monkeypatch.setenv("https_proxy", url)
        with (
            GitHubApi("firm.ghe.com", token=TOKEN) as asked,
            pytest.raises(AccessError, match="407 Proxy Authentication Required") as caught,
        ):
            next(asked.repositories("org"))
        assert "password" not in caught.value.message
        assert f"through the proxy {proxy.host}: " in caught.value.message
        assert "check HTTPS_PROXY" in caught.value.message
    assert [path for path, _ in proxy.requests] == ["api.firm.ghe.com:443"] * 2
    assert all("Proxy-Authorization" in headers for _, headers in proxy.requests)
    assert TOKEN not in str(proxy.requests)


def test_no_proxy_for_a_host_that_the_environment_names(
    proxy: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "::1/128,[::1],10.0.0.0/8,127.0.0.1")
    with (
        GitHubApi("127.0.0.1:9") as asked,
        pytest.raises(NetworkError, match="Connection refused"),
    ):
        next(asked.repositories("org"))
    assert proxy.requests == []


@pytest.mark.parametrize(
    "url", ["socks5://user:password@h:1", "ftp://user:password@h", "http://user:password@h:p"]
)
def test_a_proxy_that_can_not_be_used(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # with it, SOCKS would work
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", url)
    with pytest.raises(NetworkError, match="HTTPS_PROXY names no proxy") as caught:
        GitHubApi("firm.ghe.com")
    assert "password" not in caught.value.message


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("127.0.0.1:9", r"Could not ask 127\.0\.0\.1:9: Connection refused;"),
        ("127.0.0.1:99999", "Could not ask"),
        (f"{'a' * 64}.localhost", "label empty or too long"),
        ("xn--zz.localhost", "Invalid A-label"),
    ],
)
def test_a_host_that_can_not_be_reached(
    monkeypatch: pytest.MonkeyPatch, host: str, says: str
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with GitHubApi(host) as asked, pytest.raises(NetworkError, match=says):
        next(asked.repositories("org"))


def test_a_host_that_stays_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccingest.sources.hosting.api._TIMEOUT", 0.2)
    start = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            GitHubApi(host, scheme="http") as asked,
            pytest.raises(NetworkError, match="did not answer within"),
        ):
            next(asked.repositories("org"))
    assert time.monotonic() - start < 20


def test_connections_are_kept_and_closed(server: GitHubServer) -> None:
    server.page_size, server.connections = 1, 0
    with api(server) as asked:
        assert len(list(asked.repositories("org"))) == 5
    assert (len(server.requests), server.connections) == (5, 1)
    with pytest.raises(RuntimeError, match="closed"):
        next(asked.repositories("org"))


def test_a_short_pause_is_waited_for(server: GitHubServer) -> None:
    events: list[Progress] = []
    soon = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) - 5)}
    server.replies = [Reply(429, {"Retry-After": "0"}), Reply(403, {"Retry-After": "0"})]
    with api(server, emit=events.append) as asked:
        assert len(list(asked.repositories("org"))) == 5
    assert len(events) == 2
    assert pause_of(Answer(403, soon, b"")) == 1.0
    server.replies = [Reply(429, {"Retry-After": "0"})] * 20
    assert isinstance(failure(server), NetworkError)
