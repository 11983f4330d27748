"""Requests to servers that send what they like, for as long as they like."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from ccingest.outgoing import (
    BrokenOffError,
    Connections,
    NoAnswerError,
    RefusingProxyError,
    TooLargeError,
    TooLateError,
    shown_text,
)

Say = Callable[[bytes], None]
_OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def saying(talk: Callable[[Say], None]) -> Iterator[str]:
    """The address of a server that says this to each client."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = listening.accept()
                    with taken, suppress(OSError):
                        taken.recv(65536)
                        talk(taken.sendall)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def ask(host: str, **more: object) -> bytes:
    bounds: dict[str, object] = {"most_bytes": 1000, "seconds": 0.8, **more}
    connections = Connections(f"http://{host}", {})
    try:
        return connections.ask("GET", f"http://{host}/", **bounds).body  # type: ignore[arg-type]
    finally:
        connections.close()


def dripping(beginning: bytes, drop: bytes) -> Callable[[Say], None]:
    def talk(say: Say) -> None:
        say(beginning)
        while True:
            say(drop)
            time.sleep(0.05)

    return talk


@pytest.mark.parametrize(
    "beginning",
    [_OK, _OK + b"Content-Length: 900\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["headers", "body", "again and again"],
)
def test_an_answer_that_comes_a_bit_at_a_time_has_an_end(beginning: bytes) -> None:
    drop = {_OK: b"X: y\r\n"}.get(beginning, beginning if b"100" in beginning else b" ")
    start = time.monotonic()
    with saying(dripping(beginning, drop)) as host, pytest.raises(TooLateError, match="took over"):
        ask(host, silence=0.6)
    assert time.monotonic() - start < 10


def test_a_silent_server_is_waited_for_less_long_than_a_slow_one() -> None:
    with (
        saying(lambda _: time.sleep(3)) as host,
        pytest.raises(TooLateError, match="did not answer within"),
    ):
        ask(host, seconds=60, silence=0.3)


def test_an_answer_without_end_is_too_large() -> None:
    with saying(dripping(_OK + b"\r\n", b"x" * 300)) as host, pytest.raises(TooLargeError):
        ask(host, seconds=20)


def test_of_a_stream_the_first_line_is_read() -> None:
    with saying(dripping(_OK + b"\r\n", b"retry: 1\n")) as host:
        assert ask(host, seconds=20, first_line=True).startswith(b"retry: 1\n")


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-x\r\n", _OK + b"Content-Length: 900\r\n\r\nx", _OK + b"X: y\r\n" * 50_000, b""],
    ids=["other", "cut", "headers", "nothing"],
)
def test_what_is_no_whole_http(answer: bytes) -> None:
    with saying(lambda say: say(answer)) as host, pytest.raises((BrokenOffError, NoAnswerError)):
        ask(host, seconds=20)


@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses_is_named_without_its_password(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "")
    refusal = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status
    with saying(lambda say: say(refusal)) as host:
        monkeypatch.setenv("https_proxy", f"http://user:hunter2hunter2@{host}")
        connections = Connections("https://a.example", {})
        assert connections.through == f" through the proxy {host}"
        with pytest.raises(RefusingProxyError, match=f"{status} No"):
            connections.ask("GET", "https://a.example/", most_bytes=10, seconds=20)
        connections.close()


def test_a_text_of_a_server_is_cut_and_has_no_secret_and_one_line() -> None:
    text = shown_text("[Errno 111] a\x1b[2J\nb https://u:hunter2@h/x " + "y" * 5000)
    assert text.startswith("a?[2J?b https://...@h/x yyy")
    assert len(text) <= 200
