"""A source that may reach public addresses only: names, redirects, proxies, and libgit2 itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ccingest import addresses
from ccingest.errors import DamagedSourceError, ForbiddenAddressError, NetworkError
from ccingest.models import Reference
from ccingest.sources.git import Access, check_public
from ccingest.sources.git.fetching import fetch
from ccingest.sources.git.relay import PublicRelay
from ccingest.sources.git.resolving import GitRevision, resolve
from ccingest.sources.references import parse_reference
from git_server import GitServer, git, make_repository

ACCESS = Access(public_only=True)


@pytest.fixture
def ref(git_server: GitServer) -> Reference:
    git_server.add("org/repo", {"a.py": "A = 1\n"})
    return parse_reference(f"{git_server.url}/org/repo")


def test_a_private_host_is_not_asked(ref: Reference, git_server: GitServer) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_public(ref)
    with pytest.raises(ForbiddenAddressError):
        resolve(ref, branch=None, revision=None, access=ACCESS)
    assert git_server.authorizations == []  # nothing arrived there


def test_a_redirect_to_a_private_host_is_not_followed(
    ref: Reference, git_server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first host counts as public here, as the only one that a test can reach."""
    git_server.redirect = f"http://127.0.0.2:{git_server.host.rpartition(':')[2]}/moved"
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.2"):
        resolve(ref, branch=None, revision=None, access=ACCESS)
    assert len(git_server.authorizations) == 1


def test_libgit2_does_not_connect_by_itself(
    ref: Reference, git_server: GitServer, tmp_path: Path
) -> None:
    """Also when a name was public when its refs were asked for, and is not any more."""
    revision = resolve(ref, branch=None, revision=None, access=Access())
    asked = len(git_server.authorizations)
    for url in (revision.url, revision.url.replace("http:", "https:")):
        with pytest.raises(ForbiddenAddressError):
            fetch(ref, replace(revision, url=url), into=tmp_path, access=ACCESS)
    assert len(git_server.authorizations) == asked


def test_http_is_not_fetched(
    ref: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay passes TLS on, and nothing else."""
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    revision = resolve(ref, branch=None, revision=None, access=ACCESS)
    with pytest.raises(ForbiddenAddressError, match="https"):
        fetch(ref, revision, into=tmp_path, access=ACCESS)


def test_libgit2_goes_through_the_relay(
    echo: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its TLS arrives at the server, which is none and sends it back."""
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    host, port = echo
    ref = parse_reference(f"https://{host}:{port}/org/repo")
    revision = GitRevision("a" * 40, "main", ref.location, "refs/heads/main")
    with pytest.raises(NetworkError, match=r"SSL|TLS"):
        fetch(ref, revision, into=tmp_path, access=ACCESS)


def test_the_remote_of_a_partial_clone_is_not_asked(git_server: GitServer, tmp_path: Path) -> None:
    """Its URL is the choice of whoever wrote the clone's configuration."""
    git_server.add("org/whole", {"a.py": "A = 1\n"})
    git(git_server.root / "org/whole.git", "config", "uploadpack.allowFilter", "true")
    url = f"{git_server.url}/org/whole"
    clone = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", url, str(clone))
    ref = parse_reference(str(clone))
    revision = resolve(ref, branch=None, revision=None, access=ACCESS)
    asked = len(git_server.authorizations)
    with pytest.raises(DamagedSourceError, match="not asked"):
        fetch(ref, revision, into=tmp_path / "into", access=ACCESS)
    assert len(git_server.authorizations) == asked


def test_a_local_repository_needs_no_address(tmp_path: Path) -> None:
    make_repository(tmp_path / "repo.git", {"a.py": "A = 1\n"})
    ref = parse_reference(str(tmp_path / "repo.git"))
    assert resolve(ref, branch=None, revision=None, access=ACCESS).branch == "main"


# The relay


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        yield "127.0.0.1", server.getsockname()[1]


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, suppress(ConnectionResetError):
            while part := connection.recv(1000):
                connection.sendall(part)


def ask(relay: PublicRelay, head: str, then: bytes = b"") -> bytes:
    host, _, port = relay.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n")
        answer = connection.recv(1000)
        if then:
            connection.sendall(then)
            answer += connection.recv(1000)
        return answer


def test_the_relay_connects(echo: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    host, port = echo
    with PublicRelay(host, port) as relay:
        answer = ask(relay, f"CONNECT {host}:{port} HTTP/1.1\r\nHost: x", b"hello")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"hello")


def test_the_relay_refuses_private_addresses(echo: tuple[str, int]) -> None:
    host, port = echo
    with PublicRelay(host, port) as relay:
        assert ask(relay, f"CONNECT {host}:{port} HTTP/1.1").startswith(b"HTTP/1.1 403")
        assert isinstance(relay.refused, ForbiddenAddressError)


@pytest.mark.parametrize(
    "head", ["CONNECT other.example:443 HTTP/1.1", "GET http://x/ HTTP/1.1", "CONNECT x", ""]
)
def test_the_relay_knows_one_host(head: str) -> None:
    """Else everybody on this machine could use it."""
    with PublicRelay("one.example", 443) as relay:
        assert ask(relay, head).startswith(b"HTTP/1.1 403")
        assert relay.refused is None
