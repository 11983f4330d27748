"""Redirects to where a repository has moved, which never send the token to another host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.errors import AccessError, NetworkError
from ccingest.sources.git import Access
from ccingest.sources.git.clones import temporary_clone
from ccingest.sources.git.resolving import resolve
from ccingest.sources.references import parse_reference
from git_server import GitServer
from values import snapshot_of

TOKEN = "ghp_averysecrettoken"
FILES = {"a.py": "x = 1\n"}
HOST = "github.com"


@pytest.fixture
def other(git_server: GitServer) -> Iterator[GitServer]:
    """Another server with the same repositories, which requires the token as well."""
    git_server.add("org/repo", FILES)
    with GitServer(git_server.root).running() as server:
        server.token = TOKEN
        yield server


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    return tmp_path / "clones"


def paths_at(server: GitServer, clones: Path, access: Access) -> set[bytes]:
    ref = parse_reference(f"{server.url}/org/repo")
    with temporary_clone(clones) as folder:
        _, snapshot = snapshot_of(ref, folder, access=access)
        return {entry.path for entry in snapshot.entries()}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_repository_that_was_renamed_is_cloned_from_its_new_place(
    git_server: GitServer, clones: Path, status: int
) -> None:
    git_server.add("org/repo", FILES)
    git_server.token, git_server.redirect_status = TOKEN, status
    git_server.redirect = f"{git_server.url}/moved"
    assert paths_at(git_server, clones, Access(TOKEN, git_server.host)) == {b"a.py"}


def test_a_redirect_only_for_requests_with_the_token(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", FILES)
    git_server.token, git_server.redirect_only_with_token = TOKEN, True
    git_server.redirect = f"{git_server.url}/moved"
    assert paths_at(git_server, clones, Access(TOKEN, git_server.host)) == {b"a.py"}


def test_a_public_repository_on_another_host_is_found(
    git_server: GitServer, other: GitServer, clones: Path
) -> None:
    other.token = None
    git_server.redirect = other.url
    assert paths_at(git_server, clones, Access(TOKEN, git_server.host)) == {b"a.py"}
    assert set(other.authorizations) == {None}


@pytest.mark.parametrize("only_with_token", [False, True])
def test_the_token_does_not_follow_to_another_host(
    git_server: GitServer, other: GitServer, clones: Path, only_with_token: bool
) -> None:
    git_server.token = TOKEN if only_with_token else None
    git_server.redirect_only_with_token = only_with_token
    git_server.redirect = other.url.replace("127.0.0.1", "localhost")
    with pytest.raises((AccessError, NetworkError)):
        paths_at(git_server, clones, Access(TOKEN, git_server.host))
    assert set(other.authorizations) <= {None}


def test_a_foreign_server_gets_no_token_by_leading_to_its_host(
    git_server: GitServer, other: GitServer, clones: Path
) -> None:
    git_server.redirect = other.url
    with pytest.raises(AccessError, match="another host"):
        paths_at(git_server, clones, Access(TOKEN, other.host))
    assert set(git_server.authorizations) | set(other.authorizations) == {None}


@pytest.mark.parametrize(
    "between", ["%2f", "%2F", "/", "#", "%23", "?", "%3f", "\\", "%5c", ":x", ""]
)
@pytest.mark.parametrize("has_token", [True, False])
def test_a_redirect_with_a_user_is_not_followed(
    git_server: GitServer, clones: Path, between: str, has_token: bool
) -> None:
    """The URL has the token's host as its user, but leads to another server."""
    git_server.add("org/repo", FILES)
    git_server.token = TOKEN
    git_server.redirect = f"http://127.0.0.1:9{between}@{git_server.host}/moved"
    with pytest.raises((AccessError, NetworkError)):
        paths_at(git_server, clones, Access(TOKEN if has_token else None, "127.0.0.1:9"))
    assert set(git_server.authorizations) == {None}


def ask(server: GitServer) -> None:
    resolve(parse_reference(f"{server.url}/org/repo"), branch=None, revision=None, access=Access())


def test_a_redirect_in_a_circle_ends(git_server: GitServer) -> None:
    git_server.redirect = git_server.url
    with pytest.raises(NetworkError, match="too often"):
        ask(git_server)


@pytest.mark.parametrize(
    "location", ["ftp://example.org", "file:///etc", "//", "http://", "http:// "]
)
def test_a_redirect_that_leads_to_no_repository(git_server: GitServer, location: str) -> None:
    git_server.redirect = location
    with pytest.raises(NetworkError, match="redirect"):
        ask(git_server)


def test_which_urls_get_a_token() -> None:
    access = Access(TOKEN, HOST)
    for url in (
        "https://github.com/a/b.git",
        "https://GitHub.com/a/b",
        "https://github.com/a-b/~c_.d/",
    ):
        assert access.token_for(url) == TOKEN, url
    for url in (
        "http://github.com/a/b",
        "https://github.com",
        "https://github.com.evil.example/a/b",
        "https://evil.example/github.com",
        "https://github.com:8443/a/b",
        "https://sub.github.com/a/b",
        "https://me@github.com/a/b",
        "https://github.com/@evil.example/a/b",
        "https://github.com/a%2f@evil.example",
        "ssh://github.com/a/b",
    ):
        assert access.token_for(url) is None, url
    assert TOKEN not in repr(access)


def test_without_tls_only_this_machine_gets_the_token() -> None:
    for host in ("127.0.0.1:8080", "localhost:3000", "[::1]:80", "localhost"):
        assert Access(TOKEN, host).token_for(f"http://{host}/a/b") == TOKEN, host
        assert Access(TOKEN, host).token_for(f"https://{host}/a/b") == TOKEN, host
    for host in ("localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "127.0.0.1@evil"):
        assert Access(TOKEN, host).token_for(f"http://{host}/a/b") is None, host


SEPARATORS = st.sampled_from(
    ["/", "@", ":", "?", "#", "\\", "%2f", "%40", "%23", "%00", "\n", " ", "."]
)


@given(
    scheme=st.sampled_from(["https://", "http://", "HTTPS://", "https:/", "//", "git://", ""]),
    parts=st.lists(
        st.one_of(SEPARATORS, st.just(HOST), st.just("evil.example"), st.text(max_size=5))
    ),
)
def test_no_url_of_another_host_gets_the_token(scheme: str, parts: list[str]) -> None:
    """A URL that gets the token has only the token's host before its first slash."""
    url = scheme + "".join(parts)
    if Access(TOKEN, HOST).token_for(url) is None:
        return
    beginning, host, path = url[:8].lower(), url[8:].split("/")[0].lower(), url[8 + len(HOST) :]
    assert (beginning, host) == ("https://", HOST)
    assert path.startswith("/")
    assert path == quote(path, safe="/+~")
