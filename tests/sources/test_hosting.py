"""The listing of an organisation, from a server on loopback that answers as GitHub does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from ccingest.errors import (
    AccessError,
    CcingestError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UsageError,
)
from ccingest.progress import Event
from ccingest.sources.hosting import (
    Answer,
    GitHubApi,
    HostedRepository,
    api_url,
    next_page,
    parse_repositories,
    pause_asked_for,
    why_skipped,
)
from github_api import GitHubServer, Reply, row

TOKEN = "ghp_averysecrettoken0123456789"


@pytest.fixture(scope="module")
def running() -> Iterator[GitHubServer]:
    with GitHubServer().running() as server:
        yield server


@pytest.fixture
def server(running: GitHubServer) -> GitHubServer:
    """The server with an organisation of five repositories, its knobs as they were."""
    running.organisations = {"org": [row(f"org/r{n}") for n in range(5)]}
    running.users = {"someone": [row("someone/dotfiles")]}
    running.empty = set()
    running.page_size, running.token, running.next_base = 100, None, None
    running.replies, running.requests = [], []
    return running


def api(server: GitHubServer, token: str | None = None, **more: object) -> GitHubApi:
    return GitHubApi(server.host, scheme="http", token=token, **more)  # type: ignore[arg-type]


def names(server: GitHubServer, owner: str = "org", token: str | None = None) -> list[str]:
    return [found.full_name for found in api(server, token).repositories(owner)]


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
    assert next(api(server).repositories("org")).full_name == "org/r0"
    assert len(server.requests) == 1


def test_a_repository_made_meanwhile_is_not_told_twice(server: GitHubServer) -> None:
    server.page_size = 2
    found = api(server).repositories("org")
    first = next(found).full_name
    server.organisations["org"] = [row("org/a"), *server.organisations["org"]]
    rest = [one.full_name for one in found]
    assert [first, *rest] == [f"org/r{n}" for n in range(5)]


def test_a_user_is_no_organisation(server: GitHubServer) -> None:
    assert names(server, "someone") == ["someone/dotfiles"]
    assert server.paths == ["/api/v3/orgs/someone/repos", "/api/v3/users/someone/repos"]
    with pytest.raises(NotFoundError, match="no organisation or user 'nobody'"):
        names(server, "nobody")


def test_only_size_zero_is_asked_about(server: GitHubServer) -> None:
    server.empty = {"org/void"}
    [small, void, large] = parse_repositories(
        json.dumps([row("org/small", size=0), row("org/void", size=0), row("org/large")]).encode()
    )
    asked = api(server)
    assert [asked.is_empty(one) for one in (small, void, large)] == [False, True, False]
    assert server.paths == [f"/api/v3/repos/org/{name}/commits" for name in ("small", "void")]
    server.replies = [Reply(403)]
    assert not asked.is_empty(void)  # who may not look takes it, and its job tells


def test_the_token_goes_to_its_host_alone(server: GitHubServer) -> None:
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
    """As of an organisation that has a new name."""
    server.token = TOKEN
    server.replies = [Reply(301, {"Location": "/api/v3/orgs/ORG/repos"})]
    assert len(names(server, "old", TOKEN)) == 5
    assert all(headers["Authorization"] == f"Bearer {TOKEN}" for _, headers in server.requests)


@pytest.mark.parametrize(
    "location", ["", "//evil.example/x", "https://127.0.0.1/", "http://[", "file:///etc/passwd"]
)
def test_a_redirect_to_nowhere_good(server: GitHubServer, location: str) -> None:
    server.replies = [Reply(302, {"Location": location})]
    assert isinstance(failure(server), NetworkError)
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
    ],
)  # fmt: skip
def test_what_goes_wrong_has_a_name(
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


def test_nobody_there() -> None:
    with pytest.raises(NetworkError, match=r"Could not ask 127\.0\.0\.1:9: Connection refused"):
        next(GitHubApi("127.0.0.1:9", scheme="http").repositories("org"))


def test_a_short_pause_is_waited_for(server: GitHubServer) -> None:
    told: list[Event] = []
    soon = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) - 5)}
    server.replies = [Reply(429, {"Retry-After": "0"}), Reply(403, {"Retry-After": "0"})]
    assert len(list(api(server, emit=told.append).repositories("org"))) == 5
    assert len(told) == 2
    assert pause_asked_for(Answer(403, soon, b"")) == 1.0
    server.replies = [Reply(429, {"Retry-After": "0"})] * 20
    assert isinstance(failure(server), NetworkError)


def test_a_pause_is_counted_by_the_clock_of_the_host() -> None:
    headers = {
        "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1767225630",  # 2026-01-01T00:00:30Z
    }
    assert pause_asked_for(Answer(403, headers, b"")) == 31.0
    assert pause_asked_for(Answer(200, headers, b"")) is None
    assert pause_asked_for(Answer(403, headers | {"X-RateLimit-Remaining": "9"}, b"")) is None
    assert pause_asked_for(Answer(429, headers | {"Retry-After": "9" * 15}, b"")) == 86_400.0
    assert pause_asked_for(Answer(429, {"Retry-After": "soon", "Date": "soon"}, b"")) == 60.0


def test_where_the_api_is() -> None:
    assert api_url("https", "github.com") == "https://api.github.com"
    assert api_url("https", "firm.ghe.com") == "https://api.firm.ghe.com"
    assert api_url("https", "git.firm.example:8443") == "https://git.firm.example:8443/api/v3"
    assert api_url("http", "localhost:3000") == "http://localhost:3000/api/v3"
    assert api_url("http", "[::1]:3000") == "http://[::1]:3000/api/v3"
    for host in ("github.com", "git.firm.example", "127.0.0.1.example"):
        with pytest.raises(UsageError, match="not encrypted"):
            api_url("http", host)


def test_the_link_header() -> None:
    one = '<https://api.github.com/x?a=1,2;b&page=2>; rel="next", <https://y>; rel="last"'
    assert next_page(one) == "https://api.github.com/x?a=1,2;b&page=2"
    assert next_page('<https://y>; rel="prev next"; title="x"') == "https://y"
    assert next_page("<https://y>; rel=next") == "https://y"
    assert next_page('<https://y>; rel="last"') is None
    assert next_page("") is None


@given(st.text(max_size=200), st.binary(max_size=200))
@bounded(max_examples=100, deadline=None)
def test_no_answer_breaks_the_readers(text: str, body: bytes) -> None:
    assert (next_page(text) or "") in text
    pause = pause_asked_for(Answer(429, {"Retry-After": text, "X-RateLimit-Reset": text}, body))
    assert pause is not None
    assert 0 <= pause <= 86_400
    with suppress(ValueError):
        assert parse_repositories(body) == []


def test_what_is_left_out() -> None:
    def why(match: str | None = None, **changes: bool) -> str | None:
        flags = {"is_archived": False, "is_fork": False, "is_disabled": False, **changes}
        one = HostedRepository("org/The-Shop", "main", 1, is_private=False, **flags)
        return why_skipped(one, archived=False, forks=False, match=match)

    assert why() is None
    assert why(is_archived=True) == "archived"
    assert why(is_fork=True) == "fork"
    assert why(is_disabled=True) == "disabled"
    assert why("the-*") is None
    assert why("org/*") == why("*cart*", is_fork=True) == "unmatched"
    both = HostedRepository("org/a", None, 1, True, True, False, True)
    assert why_skipped(both, archived=True, forks=True, match=None) is None
