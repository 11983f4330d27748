"""A server that answers the second request for its refs otherwise than the first."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import chain, count, repeat
from pathlib import Path

import pytest

from ccingest.errors import CcingestError, NetworkError, UnsupportedSourceError
from ccingest.sources.git import Access, access, watching
from ccingest.sources.git.fetching import fetch
from ccingest.sources.git.resolving import resolve
from ccingest.sources.references import parse_reference
from git_server import GitServer
from pack_server import BLOB, COMMIT, TREE, commit_of, id_of, pack_of, serving_pack, stored
from pack_server import packet as packet_of
from sources.test_asking import HEAD, ID, SERVICE, listing, packet, serving

REFS = (f"{ID} HEAD\0multi_ack symref=HEAD:refs/heads/main\n", f"{ID} refs/heads/main\n")


CHUNKED = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")


def chunk(data: bytes) -> bytes:
    """As HTTP has it: libgit2 reads no answer without a length."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def refused(second: Iterable[bytes], into: Path) -> CcingestError:
    """The error of a fetch from a server whose second answer is this one."""
    requests = count()
    with serving(lambda: second if next(requests) else [HEAD, listing(*REFS)]) as host:
        ref = parse_reference(f"http://{host}/o/r")
        found = resolve(ref, branch=None, revision=None, access=Access())
        with pytest.raises(CcingestError) as caught:
            fetch(ref, found, into=into, access=Access())
    return caught.value


def test_refs_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_BYTES", 3_000_000)
    block = b"".join(packet(f"{ID} refs/heads/{n:06}{'x' * 3000}\n") for n in range(300))
    error = refused(chain([CHUNKED, chunk(SERVICE)], repeat(chunk(block))), tmp_path)
    assert isinstance(error, UnsupportedSourceError)
    assert "can't be fetched: it lists over 2 MiB of refs" in error.message
    assert not error.retryable


def test_refs_that_trickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LONGEST_START", 1.0)

    def slowly() -> Iterator[bytes]:
        yield CHUNKED + chunk(SERVICE)
        for _ in range(300):
            time.sleep(0.1)
            yield chunk(packet(REFS[1]))

    start = time.monotonic()
    assert "nothing of use for 1 s" in refused(slowly(), tmp_path).message
    assert time.monotonic() - start < 25


def test_a_pack_without_end(
    git_server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MOST_RECEIVED", 10)
    git_server.add("o/r", {"a.py": "x = 1\n" * 1000})
    ref = parse_reference(f"{git_server.url}/o/r")
    found = resolve(ref, branch=None, revision=None, access=Access())
    with pytest.raises(UnsupportedSourceError, match="sends over"):
        fetch(ref, found, into=tmp_path, access=Access())


@pytest.mark.parametrize("says", ["counts", "sends"])
def test_a_pack_that_trickles(says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes long before libgit2's time-out, and none of them ends a message."""
    monkeypatch.setattr(watching, "LONGEST_COUNT", 1.0)
    monkeypatch.setattr(watching, "SLOWEST_SECONDS", 1.0)

    def slowly() -> Iterator[bytes]:
        yield packet_of(b"\x02Counting objects: 1\r")
        if says == "sends":
            yield packet_of(b"\x01" + pack_of([stored(BLOB, b"%d" % n) for n in range(9)])[:80])
        for _ in range(300):
            time.sleep(0.1)
            if says == "counts":
                yield packet_of(b"\x02Counting objects: 2\r")
            else:
                yield packet_of(b"\x01")

    head = id_of(COMMIT, commit_of(id_of(TREE, b"")))
    start = time.monotonic()
    with serving_pack(head, slowly()) as server:
        ref = parse_reference(server.url)
        found = resolve(ref, branch=None, revision=None, access=Access())
        with pytest.raises(NetworkError, match="less than 256 KiB in 1 s") as caught:
            fetch(ref, found, into=tmp_path, access=Access())
    assert caught.value.retryable
    assert time.monotonic() - start < 25
