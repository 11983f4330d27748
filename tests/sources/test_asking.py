"""What a server says of its refs is read within bounds, whatever it sends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.errors import (
    AccessError,
    CcingestError,
    EmptyRepositoryError,
    NetworkError,
    RepositoryNotFoundError,
    UnsupportedSourceError,
)
from ccingest.sources.git import Access, advertisement, asking
from ccingest.sources.git.advertisement import (
    MalformedAdvertisementError,
    OversizedAdvertisementError,
    parse_advertisement,
    server_text,
    text_of_name,
)
from ccingest.sources.git.asking import ask_for_refs
from ccingest.sources.git.clones import temporary_clone
from ccingest.sources.git.resolving import resolve
from ccingest.sources.references import parse_reference
from git_server import GitServer, git
from values import snapshot_of

ID = "1" * 40
TOKEN = "ghp_averysecrettoken"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n"


def packet(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return b"%04x" % (len(data) + 4) + data


SERVICE = packet("# service=git-upload-pack\n") + b"0000"


def listing(*lines: str | bytes) -> bytes:
    return SERVICE + b"".join(map(packet, lines)) + b"0000"


@contextmanager
def serving(answer: Callable[[], Iterable[bytes]]) -> Iterator[str]:
    """The host of a server that answers each connection with these bytes, and then hangs up."""

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(10_000)
                for part in answer():
                    connection.sendall(part)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def ask(host: str, access: Access = Access()) -> None:  # noqa: B008 - frozen
    ask_for_refs(parse_reference(f"http://{host}/o/r"), access, None)


def test_a_listing() -> None:
    found = parse_advertisement(
        [
            listing(
                f"{ID} HEAD\0multi_ack symref=HEAD:refs/heads/main agent=git/2\n",
                f"{ID} refs/heads/main\n",
                f"{ID} refs/pull/7/head\n",
                f"{ID} refs/pull/8/head\n",
                f"{ID} refs/tags/v1\n",
                f"{'2' * 40} refs/tags/v1^{{}}",
                f"{ID} refs/heads/../x",
                ID.encode() + b" refs/heads/caf\xe9\n",
            )
        ],
        "refs/pull/7/head",
    )
    assert found.head == "refs/heads/main"
    assert dict(found.ids) == {
        "refs/heads/main": ID,
        "refs/pull/7/head": ID,
        "refs/tags/v1": ID,
        "refs/tags/v1^{}": "2" * 40,
        "refs/heads/caf\\xe9": ID,
    }


@given(st.lists(st.integers(1, 200), max_size=20))
def test_it_may_come_in_any_pieces(sizes: list[int]) -> None:
    whole = listing(f"{ID} HEAD\0symref=HEAD:refs/heads/m\n", f"{ID} refs/heads/m\n")
    pieces, start = [], 0
    for size in [*sizes, len(whole)]:
        pieces.append(whole[start : start + size])
        start += size
    assert parse_advertisement(pieces, None) == parse_advertisement([whole], None)


@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([SERVICE, b"0000", b"0001"]))))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    with suppress(MalformedAdvertisementError):
        assert parse_advertisement(pieces, None).ids is not None


def test_without_end_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    block = b"".join(packet(f"{ID} refs/pull/{n}/head") for n in range(1000))
    with pytest.raises(OversizedAdvertisementError, match="1,000,000 refs"):
        parse_advertisement(chain([SERVICE], repeat(block)), None)
    long = packet(f"{ID} refs/heads/{'x' * 60_000}")
    with pytest.raises(OversizedAdvertisementError, match="MiB"):
        parse_advertisement(chain([SERVICE], repeat(long)), None)
    monkeypatch.setattr(advertisement, "MOST_BYTES", 1_000_000)
    with serving(lambda: chain([HEAD, SERVICE], repeat(block))) as host:
        with pytest.raises(UnsupportedSourceError, match="MiB of refs") as caught:
            ask(host)
        assert not caught.value.retryable


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", HEAD + SERVICE],
    ids=["status", "header", "refs"],
)
def test_a_server_that_trickles(beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LONGEST_ANSWER", 1.0)

    def slowly() -> Iterator[bytes]:
        yield beginning
        while True:
            time.sleep(0.1)
            yield packet(f"{ID} refs/heads/x") if SERVICE in beginning else b"0"

    start = time.monotonic()
    with serving(slowly) as host, pytest.raises(NetworkError, match="took over 1 s"):
        ask(host)
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (HEAD + SERVICE + packet(f"{ID} HEAD\0\n"), NetworkError, "broke off"),
        (HEAD + b"<html>", NetworkError, "no list of refs"),
        (HEAD + listing("ERR " + "gone " * 9000), NetworkError, "gone gone"),
        (HEAD + listing("ERR https://u:hunter2hunter2@h.example/ is it"), NetworkError, "is it"),
        (b"HTTP/1.1 302 Found\r\n\r\n", NetworkError, "HTTP 302"),
        (b"SSH-2.0-OpenSSH\r\n", NetworkError, "Could not fetch"),
        (HEAD.replace(b"x-git", b"json"), CcingestError, "web page"),
        (HEAD + listing(f"{'a' * 64} HEAD\0object-format=sha256"), UnsupportedSourceError, "SHA256"),
        (HEAD + listing(f"{'a' * 64} refs/heads/x\0a"), UnsupportedSourceError, "SHA256"),
        (HEAD + listing(f"{'0' * 40} capabilities^{{}}\0object-format=sha256"),
         UnsupportedSourceError, "SHA256"),
    ],
)  # fmt: skip
def test_what_is_no_listing(answer: bytes, error: type[CcingestError], said: str) -> None:
    with serving(lambda: [answer]) as host, pytest.raises(error, match=said) as caught:
        ask(host)
    assert len(caught.value.message) < 500
    assert "hunter2" not in caught.value.message


def test_an_empty_repository_says_so_without_refs() -> None:
    empty = HEAD + listing(f"{'0' * 40} capabilities^{{}}\0multi_ack agent=x")
    with serving(lambda: [empty]) as host, pytest.raises(EmptyRepositoryError):
        resolve(parse_reference(f"http://{host}/o/r"), branch=None, revision=None, access=Access())


def test_why_there_is_no_connection_is_said_in_words(git_server: GitServer) -> None:
    host = git_server.host
    with pytest.raises(NetworkError, match=f"{host}/o/r: it does not speak TLS; check"):
        ask_for_refs(parse_reference(f"https://{host}/o/r"), Access(), None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/o/r"
        with pytest.raises(NetworkError, match="/o/r: Connection refused; check"):
            ask_for_refs(parse_reference(nobody), Access(), None)


@pytest.mark.parametrize(
    ("token", "said"), [(None, "or set GITHUB_TOKEN"), (TOKEN, "the token may not")]
)
def test_what_is_not_there_speaks_of_a_token_only_if_there_is_one(
    git_server: GitServer, token: str | None, said: str
) -> None:
    missing = parse_reference(f"{git_server.url}/o/missing")
    with pytest.raises(RepositoryNotFoundError, match=said):
        ask_for_refs(missing, Access(token, git_server.host), None)


def test_what_to_do_with_an_empty_repository(git_server: GitServer, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", str(git_server.root / "o" / "empty.git"), "--bare")
    for reference, verb in (
        (f"{git_server.url}/o/empty", "push"),
        (f"{git_server.root}/o/empty.git", "make"),
    ):
        with pytest.raises(EmptyRepositoryError, match=f"{verb} one and try again"):
            resolve(parse_reference(reference), branch=None, revision=None, access=Access())


def test_the_token_is_sent_only_when_it_is_wanted(git_server: GitServer) -> None:
    git_server.add("org/repo", {"a.py": "x = 1\n"})
    ref = parse_reference(f"{git_server.url}/org/repo")
    ask_for_refs(ref, Access(TOKEN, git_server.host), None)
    assert git_server.authorizations == [None]
    git_server.token = TOKEN
    ask_for_refs(ref, Access(TOKEN, git_server.host), None)
    assert [bool(one) for one in git_server.authorizations] == [False, False, True]
    with pytest.raises(AccessError, match="another host"):
        ask_for_refs(ref, Access(TOKEN, "127.0.0.1:9"), None)
    assert git_server.authorizations[3:] == [None]


def test_a_name_that_is_no_utf8(git_server: GitServer, tmp_path: Path) -> None:
    sha = git_server.add("org/repo", {"a.py": "x = 1\n"})
    folder = git_server.root / "org" / "repo.git"
    name = b"refs/heads/caf\xe9"
    (folder / "packed-refs").write_bytes(sha.encode() + b" " + name + b"\n")
    (folder / "HEAD").write_bytes(b"ref: " + name + b"\n")
    for serves_ids in ("true", "false"):
        git(folder, "config", "uploadpack.allowAnySHA1InWant", serves_ids)
        for location in (f"{git_server.url}/org/repo", str(folder)):
            ref = parse_reference(location)
            for branch in (None, "caf\\xe9", "refs/heads/caf\\xe9"):
                with temporary_clone(tmp_path / "clones") as clone:
                    found, snapshot = snapshot_of(ref, clone, branch=branch)
                    assert [entry.path for entry in snapshot.entries()] == [b"a.py"]
                assert found.branch == text_of_name(b"caf\xe9")


@given(st.text(max_size=2000))
def test_what_a_server_says_fits_a_message(text: str) -> None:
    shown = server_text(text)
    assert len(shown) <= 200
    assert not shown or shown.isprintable()


@pytest.fixture
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def failure_through(proxy: str, monkeypatch: pytest.MonkeyPatch) -> CcingestError:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises((AccessError, NetworkError)) as caught:
        ask_for_refs(parse_reference("https://github.com/o/r"), Access(), None)
    assert "hunter2" not in caught.value.message
    return caught.value


@pytest.mark.usefixtures("_no_proxies")
@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses_is_named(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status
    with serving(lambda: [refusal]) as host:
        error = failure_through(f"http://user:hunter2@{host}", monkeypatch)
    assert isinstance(error, AccessError)
    assert f"through the proxy {host}: Tunnel connection failed: {status} No" in error.message
    assert "check HTTPS_PROXY" in error.message


@pytest.mark.usefixtures("_no_proxies")
def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    error = failure_through("http://user:hunter2@127.0.0.1:9", monkeypatch)
    assert error.message == (
        "Could not fetch github.com/o/r through the proxy 127.0.0.1:9: Connection refused; check "
        "the network and HTTPS_PROXY, and try again."
    )


@pytest.mark.usefixtures("_no_proxies")
@pytest.mark.parametrize("proxy", ["http://user:hunter2", "http://user:hunter2@[bad:1", "://"])
def test_what_names_no_proxy_is_not_quoted(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "HTTPS_PROXY names no proxy" in failure_through(proxy, monkeypatch).message
